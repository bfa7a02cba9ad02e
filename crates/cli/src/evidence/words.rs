//! What a check of evidence says.

use std::{fmt, path::PathBuf};

use backstop_core::{evidence::Checked, text::for_terminal};
use backstop_terminal::Exit;
use serde::Serialize;

use crate::command::CommandOutput;

/// A folder of evidence, checked.
#[derive(Debug, Serialize)]
pub(super) struct Evidence {
    /// Where it is.
    pub(super) folder: PathBuf,
    /// Whether everything is as it was kept.
    pub(super) whole: bool,
    /// Whether the manifest is the one that the incident's log names; absent where nobody looked into the log.
    pub(super) as_the_log_says: Option<bool>,
    #[serde(flatten)]
    pub(super) checked: Checked,
}

impl Evidence {
    pub(super) fn of(folder: PathBuf, checked: Checked, as_the_log_says: Option<bool>) -> Self {
        Self {
            folder,
            whole: checked.problems.is_empty() && as_the_log_says != Some(false),
            as_the_log_says,
            checked,
        }
    }
}

impl CommandOutput for Evidence {
    fn exit(&self) -> Exit {
        if self.whole { Exit::Done } else { Exit::Altered }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = self
            .checked
            .incident
            .as_ref()
            .map(|incident| format!(" of incident {}", for_terminal(incident.as_str())))
            .unwrap_or_default();
        let folder = self.folder.display().to_string();
        writeln!(f, "evidence{of} in {}", for_terminal(&folder))?;
        for entry in &self.checked.entries {
            writeln!(
                f,
                "  {}  {} bytes  {}",
                for_terminal(&entry.name),
                entry.size,
                entry.at
            )?;
        }
        self.verdict(f)
    }
}

impl Evidence {
    fn verdict(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.checked.problems {
            writeln!(
                f,
                "✘ {}: {}",
                for_terminal(&problem.item),
                for_terminal(&problem.what)
            )?;
        }
        match self.as_the_log_says {
            Some(false) => writeln!(f, "✘ the manifest isn't the one that the incident's log names")?,
            Some(true) => writeln!(f, "✔ the manifest is the one that the incident's log names")?,
            None => {}
        }
        if !self.whole {
            return write!(
                f,
                "NOT as it was kept: don't rely on it; earlier versions are in the bucket"
            );
        }
        write!(f, "✔ {} items, all as they were kept", self.checked.entries.len())?;
        if let (None, Some(head), Some(incident)) =
            (self.as_the_log_says, &self.checked.head, &self.checked.incident)
        {
            write!(
                f,
                "\nthe manifest ends with {head}: hold it against the incident's log, which names it as \
                 well: backstop incidents show {incident} --output json"
            )?;
        }
        Ok(())
    }
}

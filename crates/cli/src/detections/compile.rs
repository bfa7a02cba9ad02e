//! `backstop detections compile`: writes the template, or says whether it is up to date.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use backstop_core::text::for_terminal;
use backstop_detections::{
    change::{Change, changes, parse},
    compile::{CompileError, compile},
    outputs::{self, OutputError, TEMPLATE},
};
use backstop_terminal::Exit;
use clap::Args;
use serde::Serialize;
use serde_json::Value;

use crate::command::{CliError, CommandError, CommandOutput};

/// Options of `backstop detections compile`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Write nothing; fail if what is there differs
    #[arg(long)]
    check: bool,
}

/// What compiling did, or would do.
#[derive(Serialize)]
pub(super) struct Answer {
    files: usize,
    changed: Vec<PathBuf>,
    left_over: Vec<PathBuf>,
    expired: Vec<String>,
    ends_soon: Vec<String>,
    /// What a deployment changes, if what was compiled before was deployed.
    changes: Vec<Change>,
    #[serde(skip)]
    is_check: bool,
}

impl CommandError for OutputError {
    fn exit(&self) -> Exit {
        match self {
            Self::Compile(CompileError::NoSettings) => Exit::NotFound,
            Self::Compile(CompileError::Yaml(_)) | Self::Read(_) | Self::Write { .. } => Exit::Failed,
        }
    }
}

impl CommandOutput for Answer {
    fn exit(&self) -> Exit {
        match self.is_check && self.is_stale() {
            true => Exit::Invalid,
            false => Exit::Done,
        }
    }
}

impl Answer {
    fn is_stale(&self) -> bool {
        !self.changed.is_empty() || !self.left_over.is_empty()
    }
}

pub(super) fn run(project: &Path, arguments: &Arguments) -> Result<Answer, CliError> {
    let report = super::linted(project)?;
    if !report.is_compilable() {
        return Err(super::NotInOrder(report.summary()).into());
    }
    let compiled = compile(&report).map_err(OutputError::Compile)?;
    let before = outputs::read(&project.join(TEMPLATE))?;
    let stale = match arguments.check {
        true => outputs::check(project, &compiled)?,
        false => outputs::write(project, &compiled)?,
    };
    // What can't be read, such as a merge that isn't finished, is written anew: all of it is new.
    let before = before.and_then(|text| parse(&text).ok()).unwrap_or(Value::Null);
    Ok(Answer {
        files: stale.files,
        changed: stale.changed,
        left_over: stale.left_over,
        expired: report.expired(),
        ends_soon: report.ends_soon(),
        changes: changes(&before, &compiled.template),
        is_check: arguments.check,
    })
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ended in &self.expired {
            writeln!(f, "left out: {}", for_terminal(ended))?;
        }
        for soon in &self.ends_soon {
            writeln!(f, "left out soon: {}", for_terminal(soon))?;
        }
        show(
            &self.changes,
            "a deployment changes, if what was there is deployed:",
            f,
        )?;
        if !self.is_stale() {
            return write!(f, "{} compiled files are up to date", self.files);
        }
        let (differing, left_over) = match self.is_check {
            true => ("differs", "nothing names"),
            false => ("wrote", "removed"),
        };
        for path in &self.changed {
            writeln!(f, "{differing}: {}", path.display())?;
        }
        for path in &self.left_over {
            writeln!(f, "{left_over}: {}", path.display())?;
        }
        match self.is_check {
            true => write!(f, "write them: backstop detections compile"),
            false => write!(f, "{} compiled files are up to date now", self.files),
        }
    }
}

/// Changes, a line each.
pub(super) fn show(changes: &[Change], head: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if changes.is_empty() {
        return Ok(());
    }
    writeln!(f, "{head}")?;
    for change in changes {
        writeln!(f, "  {change}")?;
    }
    writeln!(f)
}

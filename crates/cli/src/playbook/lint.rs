//! `backstop playbook lint`: for people on a terminal the mistakes in their place, elsewhere a line each.

use std::{fmt, path::Path};

use backstop_playbook::LintReport;
use backstop_terminal::Exit;
use serde::Serialize;

use super::PlaybookError;
use crate::{
    command::{CliError, CommandOutput},
    mistakes::in_place,
};

#[derive(Serialize)]
pub(super) struct Linted {
    #[serde(flatten)]
    report: LintReport,
    #[serde(skip)]
    is_terminal: bool,
}

impl CommandOutput for Linted {
    fn exit(&self) -> Exit {
        if self.report.is_clean() {
            Exit::Done
        } else {
            Exit::Invalid
        }
    }
}

impl fmt::Display for Linted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_terminal {
            return self.report.fmt(f);
        }
        in_place(f, &self.report.invalid)?;
        match self.report.invalid.len() {
            0 => self.report.fmt(f),
            files => write!(
                f,
                "{files} of {} playbooks have problems",
                self.report.playbooks.len()
            ),
        }
    }
}

pub(super) fn lint(playbooks: &Path, is_terminal: bool) -> Result<Linted, CliError> {
    let report = backstop_playbook::lint(playbooks).map_err(PlaybookError::from)?;
    Ok(Linted { report, is_terminal })
}

//! `backstop detections lint`: for people on a terminal what is wrong in its place, elsewhere a line each.

use std::{fmt, path::Path};

use backstop_detections::lint::LintReport;
use backstop_terminal::Exit;
use serde::Serialize;

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
        let report = &self.report;
        if !self.is_terminal {
            return report.fmt(f);
        }
        if !report.refused.is_empty() {
            writeln!(f, "Refused:\n")?;
            in_place(f, &report.refused)?;
        }
        if !report.warned.is_empty() {
            writeln!(f, "To think about:\n")?;
            in_place(f, &report.warned)?;
        }
        for stray in &report.strays {
            writeln!(f, "Refused: nothing reads `{stray}`")?;
        }
        write!(f, "{}", report.summary())
    }
}

pub(super) fn lint(project: &Path, is_terminal: bool) -> Result<Linted, CliError> {
    Ok(Linted {
        report: super::linted(project)?,
        is_terminal,
    })
}

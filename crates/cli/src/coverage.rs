//! `backstop coverage`: which playbook answers what. Needs no AWS.

use std::{fmt, path::PathBuf};

use backstop_playbook::{Coverage, coverage};
use backstop_terminal::Exit;
use clap::Args;
use serde::Serialize;

use crate::{
    command::{CliError, CommandOutput},
    playbook::catalog,
};

/// Options of `backstop coverage`.
#[derive(Debug, Args)]
#[command(after_help = "`--output markdown` prints the table as docs/coverage.md has it.")]
pub(crate) struct Arguments {
    /// The folder that holds `playbooks/`; without one there, the playbooks this program was built with
    #[arg(long, default_value = ".", value_name = "FOLDER")]
    project: PathBuf,
}

/// The table.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Covered(Coverage);

impl CommandOutput for Covered {
    /// A hole in the playbooks is a mistake in them.
    fn exit(&self) -> Exit {
        if self.0.unanswered == 0 {
            Exit::Done
        } else {
            Exit::Invalid
        }
    }

    fn markdown(&self) -> Option<String> {
        Some(self.0.to_markdown())
    }
}

impl fmt::Display for Covered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Runs `backstop coverage`.
pub(crate) fn run(arguments: &Arguments) -> Result<Covered, CliError> {
    Ok(Covered(coverage(&catalog(&arguments.project)?)))
}

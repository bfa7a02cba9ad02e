//! What a command gives back: one value with two faces, or an error that knows its exit code.

use std::{error::Error, fmt};

use backstop_core::words::with_causes;
use serde::Serialize;

use crate::exit::Exit;

/// A command's result: `Display` is for people, `Serialize` for programs.
pub(crate) trait Answer: Serialize + fmt::Display {
    /// With which code the process ends, now that the command worked.
    fn exit(&self) -> Exit {
        Exit::Done
    }

    /// The answer as a document; of the commands that [`crate::cli::Command::has_markdown`] names.
    fn markdown(&self) -> Option<String> {
        None
    }
}

/// A command's own error.
pub(crate) trait CommandError: Error + Send + Sync + 'static {
    /// With which code the process ends.
    fn exit(&self) -> Exit {
        Exit::Failed
    }

    /// What a person reads: the error and its causes, innermost last.
    fn report(&self) -> String {
        with_causes(self)
    }
}

/// Any command's error, made by `?`.
#[derive(Debug)]
pub(crate) struct CliError(Box<dyn CommandError>);

impl CliError {
    pub(crate) fn exit(&self) -> Exit {
        self.0.exit()
    }

    pub(crate) fn report(&self) -> String {
        self.0.report()
    }
}

impl<E: CommandError> From<E> for CliError {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

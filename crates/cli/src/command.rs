//! What a command gives back: one value with two faces, or an error that knows its exit code.

use std::{error::Error, fmt};

use backstop_core::words::with_causes;
use backstop_terminal::{Exit, Format, Printer};
use serde::Serialize;

/// A command's result: `Display` is for people, `Serialize` for programs.
pub(crate) trait CommandOutput: Serialize + fmt::Display {
    /// With which code the process ends, now that the command worked.
    fn exit(&self) -> Exit {
        Exit::Done
    }

    /// The result as a document; of the commands that [`crate::cli::Command::has_markdown`] names.
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

    /// What a person reads: the error and its causes, innermost last; none where another program that was started
    /// has said it already.
    fn report(&self) -> Option<String> {
        Some(with_causes(self))
    }
}

/// Any command's error, made by `?`.
#[derive(Debug)]
pub(crate) struct CliError(Box<dyn CommandError>);

impl CliError {
    pub(crate) fn exit(&self) -> Exit {
        self.0.exit()
    }

    pub(crate) fn report(&self) -> Option<String> {
        self.0.report()
    }
}

impl<E: CommandError> From<E> for CliError {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

/// Ends a command by what it gives back.
pub(crate) trait End {
    /// Its result on stdout, or its error on stderr.
    fn end<O: CommandOutput>(&self, result: Result<O, CliError>) -> Exit;
    /// Of a command that has shown its result by itself.
    fn close(&self, result: Result<Exit, CliError>) -> Exit;
    /// Shows a result of a command that goes on afterwards; gives the code to end with.
    fn put(&self, output: &impl CommandOutput) -> Exit;
    /// Shows a result in place of the one before; only on a terminal.
    fn redraw(&self, output: &impl CommandOutput) -> Exit;
}

impl End for Printer {
    fn end<O: CommandOutput>(&self, result: Result<O, CliError>) -> Exit {
        match result {
            Ok(output) => self.put(&output),
            Err(error) => self.close(Err(error)),
        }
    }

    fn close(&self, result: Result<Exit, CliError>) -> Exit {
        result.unwrap_or_else(|error| match error.report() {
            Some(report) => self.fail(&report, error.exit()),
            None => error.exit(),
        })
    }

    fn put(&self, output: &impl CommandOutput) -> Exit {
        let document = (self.format() == Format::Markdown)
            .then(|| output.markdown())
            .flatten();
        match document {
            Some(document) => self.show_text(&document, output.exit()),
            None => self.show(output, output.exit()),
        }
    }

    fn redraw(&self, output: &impl CommandOutput) -> Exit {
        self.clear();
        self.put(output)
    }
}

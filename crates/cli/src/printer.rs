//! The only place that prints: data on stdout, everything else on stderr.

use std::{
    env,
    io::{self, IsTerminal, Write},
};

use clap::ValueEnum;
use console::Term;

use crate::{
    answer::{Answer, CliError},
    exit::Exit,
};

/// How data is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// A document for this project's `docs/`; of few commands.
    #[value(hide = true)]
    Markdown,
}

/// Writes a command's answer and what it says meanwhile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Printer {
    format: Format,
    colour: bool,
}

impl Printer {
    /// Colours errors only on a terminal and without `NO_COLOR` (<https://no-color.org>: any text but none).
    pub(crate) fn new(format: Format) -> Self {
        let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            format,
            colour: !refused && io::stderr().is_terminal(),
        }
    }

    /// How data is written.
    pub(crate) const fn format(&self) -> Format {
        self.format
    }

    /// Whether people read the answer at once, so that it may be redrawn.
    pub(crate) fn is_terminal(&self) -> bool {
        self.format == Format::Text && io::stdout().is_terminal()
    }

    /// Shows an answer in place of the one before; only on a terminal.
    pub(crate) fn redraw(&self, answer: &impl Answer) -> Exit {
        if let Err(error) = Term::stdout().clear_screen() {
            self.error(&format!("clearing the screen: {error}"));
        }
        self.show(answer)
    }

    /// Ends a command: its answer on stdout, or its error on stderr.
    pub(crate) fn end<A: Answer>(&self, result: Result<A, CliError>) -> Exit {
        match result {
            Ok(answer) => self.show(&answer),
            Err(error) => self.close(Err(error)),
        }
    }

    /// Ends a command that has shown its answer by itself.
    pub(crate) fn close(&self, result: Result<Exit, CliError>) -> Exit {
        result.unwrap_or_else(|error| {
            self.error(&error.report());
            error.exit()
        })
    }

    /// Shows an answer of a command that goes on afterwards; gives the code to end with.
    pub(crate) fn show(&self, answer: &impl Answer) -> Exit {
        let text = match self.format {
            Format::Text => Ok(answer.to_string()),
            Format::Json => serde_json::to_string_pretty(answer),
            Format::Markdown => Ok(answer.markdown().unwrap_or_else(|| answer.to_string())),
        };
        match text {
            Ok(text) => match write_out(&text) {
                Ok(()) => answer.exit(),
                // Whoever reads has gone away (`| head`): nothing is left to tell them.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => answer.exit(),
                Err(error) => {
                    self.error(&format!("writing the answer to stdout: {error}"));
                    Exit::Failed
                }
            },
            Err(error) => {
                self.error(&format!("writing the answer as JSON: {error}"));
                Exit::Failed
            }
        }
    }

    /// One line for people, on stderr. Where nobody reads it any more, that is no reason to fail.
    pub(crate) fn note(&self, text: &str) {
        drop(writeln!(io::stderr().lock(), "{text}"));
    }

    /// An error for people, on stderr.
    fn error(&self, text: &str) {
        if self.colour {
            self.note(&format!("\u{1b}[1;31merror:\u{1b}[0m {text}"));
        } else {
            self.note(&format!("error: {text}"));
        }
    }
}

fn write_out(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}", text.trim_end())?;
    stdout.flush()
}

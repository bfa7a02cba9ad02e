//! The only place that prints: data on stdout, everything else on stderr.

use std::{
    env, fmt,
    io::{self, IsTerminal, Write},
};

use clap::ValueEnum;
use console::Term;
use serde::Serialize;

use crate::Exit;

/// How data is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
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
pub struct Printer {
    format: Format,
    colour: bool,
}

impl Printer {
    /// Colours errors only on a terminal and without `NO_COLOR` (<https://no-color.org>: any text but none).
    pub fn new(format: Format) -> Self {
        let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            format,
            colour: !refused && io::stderr().is_terminal(),
        }
    }

    /// How data is written.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Whether people read the answer at once, so that it may be redrawn.
    pub fn is_terminal(&self) -> bool {
        self.format == Format::Text && io::stdout().is_terminal()
    }

    /// Clears the screen for what is shown next; for an answer that is redrawn.
    pub fn clear(&self) {
        if let Err(error) = Term::stdout().clear_screen() {
            self.error(&format!("clearing the screen: {error}"));
        }
    }

    /// Writes an answer to stdout; gives `exit`, unless it can't be written.
    pub fn show<T: Serialize + fmt::Display>(&self, answer: &T, exit: Exit) -> Exit {
        match self.format {
            Format::Text | Format::Markdown => self.show_text(&answer.to_string(), exit),
            Format::Json => match serde_json::to_string_pretty(answer) {
                Ok(text) => self.show_text(&text, exit),
                Err(error) => self.fail(&format!("writing the answer as JSON: {error}"), Exit::Failed),
            },
        }
    }

    /// Writes a text to stdout, in whatever format; gives `exit`, unless it can't be written.
    pub fn show_text(&self, text: &str, exit: Exit) -> Exit {
        match write_out(text) {
            Ok(()) => exit,
            // Whoever reads has gone away (`| head`): nothing is left to tell them.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => exit,
            Err(error) => self.fail(&format!("writing the answer to stdout: {error}"), Exit::Failed),
        }
    }

    /// Writes an error to stderr; gives `exit`.
    pub fn fail(&self, text: &str, exit: Exit) -> Exit {
        self.error(text);
        exit
    }

    /// One line for people, on stderr. Where nobody reads it any more, that is no reason to fail.
    pub fn note(&self, text: &str) {
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

//! `backstop detections`: suppression rules and address lists as files. Needs no AWS.

mod lint;
mod new;
mod trial;

use std::path::{Path, PathBuf};

use backstop_detections::{
    address_list,
    load::{Unreadable, load},
    suppression,
};
use backstop_terminal::{Exit, Printer};
use clap::{Args, Subcommand, ValueEnum};
use jiff::{civil::Date, tz::TimeZone};

use crate::{
    api::now,
    command::{CliError, CommandError, End as _},
    playbook::{Schema, catalog},
};

/// Options of `backstop detections`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The folder that holds `detections/` and `playbooks/`
    #[arg(long, global = true, default_value = ".", value_name = "FOLDER")]
    project: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Find rules and list entries that hide attacks, never match, or that nobody answers for
    Lint,
    /// Say what each suppression rule hides: of findings that you saved, and of the attacks that GuardDuty knows
    Test(trial::Arguments),
    /// Begin a suppression rule: a file that passes lint
    New {
        /// Its name, which is the filter's as well: lower-case words joined by `-`
        name: String,
    },
    /// Print the JSON Schema of a file, for editors
    Schema {
        /// Of which
        file: FileKind,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FileKind {
    /// `detections/suppressions/<name>.yaml`
    Suppression,
    /// `detections/address-lists/<name>.yaml`
    AddressList,
}

impl CommandError for Unreadable {}

/// Runs `backstop detections`.
pub(crate) fn run(arguments: Arguments, printer: &Printer) -> Exit {
    let project = arguments.project.as_path();
    match arguments.command {
        Command::Lint => printer.end(lint::lint(project, printer.is_terminal())),
        Command::Test(arguments) => printer.end(trial::run(project, &arguments)),
        Command::New { name } => printer.end(new::create(project, &name)),
        Command::Schema { file } => printer.end(Ok(Schema::new(match file {
            FileKind::Suppression => suppression::schema(),
            FileKind::AddressList => address_list::schema(),
        }))),
    }
}

/// Where the files are.
fn folder(project: &Path) -> PathBuf {
    project.join("detections")
}

/// The day on this machine, by UTC as in AWS.
fn today() -> Date {
    now().to_zoned(TimeZone::UTC).date()
}

/// What the linter says of the project's files.
fn linted(project: &Path) -> Result<backstop_detections::lint::LintReport, CliError> {
    let sources = load(&folder(project))?;
    Ok(backstop_detections::lint::lint(
        &sources,
        today(),
        &catalog(project)?,
    ))
}

//! `backstop detections`: what is detected, hidden and trusted, as files. Only `plan` asks AWS.

mod compile;
mod convert;
mod deployed;
mod lint;
mod new;
mod plan;
mod rollback;
mod trial;

use std::path::{Path, PathBuf};

use backstop_detections::{
    address_list, automation_rule, event_rule,
    load::{Unreadable, load},
    settings, suppression,
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
    /// Write the template that follows from the files; what has ended is left out
    Compile(compile::Arguments),
    /// Say what is deployed otherwise than the files say, and what of it finds less
    Plan(plan::Arguments),
    /// Print how the version before is deployed, and what that changes
    Rollback(rollback::Arguments),
    /// Print the exemptions that are better than a suppression rule about single resources
    Convert(convert::Arguments),
    /// Begin: with a name a suppression rule, without one the files of a project that has none
    New {
        /// The rule's name, which is the filter's as well: lower-case words joined by `-`
        name: Option<String>,
    },
    /// Print the JSON Schema of a file, for editors
    Schema {
        /// Of which
        file: FileKind,
    },
}

impl Command {
    const fn reads_project(&self) -> bool {
        !matches!(self, Self::New { .. } | Self::Schema { .. })
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FileKind {
    /// `detections/suppressions/<name>.yaml`
    Suppression,
    /// `detections/address-lists/<name>.yaml`
    AddressList,
    /// `detections/automation-rules/<name>.yaml`
    AutomationRule,
    /// `detections/event-rules/<name>.yaml`
    EventRule,
    /// `detections/settings.yaml`
    Settings,
}

impl CommandError for Unreadable {}

/// A mistyped folder has no files that could be wrong.
#[derive(Debug, thiserror::Error)]
#[error("there is no folder `{}`: name the one that holds `detections/` with `--project`", .0.display())]
struct NoProject(PathBuf);

impl CommandError for NoProject {
    fn exit(&self) -> Exit {
        Exit::NotFound
    }
}

/// Runs `backstop detections`.
pub(crate) async fn run(arguments: Arguments, printer: &Printer) -> Exit {
    let project = arguments.project.as_path();
    if arguments.command.reads_project() && !project.is_dir() {
        return printer.close(Err(NoProject(project.to_owned()).into()));
    }
    match arguments.command {
        Command::Lint => printer.end(lint::lint(project, printer.is_terminal())),
        Command::Test(arguments) => printer.end(trial::run(project, &arguments)),
        Command::Compile(arguments) => printer.end(compile::run(project, &arguments)),
        Command::Plan(arguments) => printer.end(plan::run(project, &arguments).await),
        Command::Rollback(arguments) => printer.end(rollback::run(project, &arguments)),
        Command::Convert(arguments) => printer.end(convert::run(project, &arguments)),
        Command::New { name } => printer.end(new::create(project, name.as_deref())),
        Command::Schema { file } => printer.end(Ok(Schema::new(match file {
            FileKind::Suppression => suppression::schema(),
            FileKind::AddressList => address_list::schema(),
            FileKind::AutomationRule => automation_rule::schema(),
            FileKind::EventRule => event_rule::schema(),
            FileKind::Settings => settings::schema(),
        }))),
    }
}

/// The files aren't in order, so that what follows from them says nothing.
#[derive(Debug, thiserror::Error)]
#[error("{0}\ncheck the files first: backstop detections lint")]
struct NotInOrder(String);

impl CommandError for NotInOrder {
    fn exit(&self) -> Exit {
        Exit::Invalid
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

//! `backstop detections convert`: a suppression rule about single resources, as exemptions.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use backstop_detections::{
    exemption::{Converted, convert},
    load::SUPPRESSIONS,
};
use backstop_terminal::Exit;
use clap::Args;
use serde::Serialize;

use crate::command::{CliError, CommandError, CommandOutput};

/// Options of `backstop detections convert`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The rule's name
    name: String,
    /// Remove the rule's file as well: once the exemptions are there
    #[arg(long)]
    remove: bool,
}

/// Why there is nothing to print.
#[derive(Debug, thiserror::Error)]
enum ConvertError {
    #[error("no suppression rule `{0}` is in order: backstop detections lint")]
    None(String),
    #[error(
        "rule `{0}` names no resources one by one, by an id or an ARN: an exemption would leave alone more than it hides"
    )]
    NoResource(String),
    #[error("removing `{}`", path.display())]
    Remove { path: PathBuf, source: io::Error },
}

impl CommandError for ConvertError {
    fn exit(&self) -> Exit {
        match self {
            Self::None(_) => Exit::NotFound,
            Self::NoResource(_) => Exit::Refused,
            Self::Remove { .. } => Exit::Failed,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Answer {
    #[serde(flatten)]
    converted: Converted,
    file: PathBuf,
    removed: bool,
}

impl CommandOutput for Answer {}

pub(super) fn run(project: &Path, arguments: &Arguments) -> Result<Answer, CliError> {
    let report = super::linted(project)?;
    let mut rules = report.suppressions.iter();
    let rule = rules
        .find(|rule| rule.name == arguments.name)
        .ok_or_else(|| ConvertError::None(arguments.name.clone()))?;
    let converted = convert(rule).ok_or_else(|| ConvertError::NoResource(rule.name.clone()))?;
    let file = super::folder(project)
        .join(SUPPRESSIONS)
        .join(format!("{}.yaml", rule.name));
    if arguments.remove {
        fs::remove_file(&file).map_err(|source| ConvertError::Remove {
            path: file.clone(),
            source,
        })?;
    }
    Ok(Answer {
        converted,
        file,
        removed: arguments.remove,
    })
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Backstop leaves alone what is exempt, and its findings still reach people:\n"
        )?;
        for command in &self.converted.commands {
            writeln!(f, "  {command}")?;
        }
        if !self.converted.dropped.is_empty() {
            writeln!(
                f,
                "\nAn exemption holds for findings of every type; the rule also asked for {}.",
                self.converted.dropped.join(", ")
            )?;
        }
        match self.removed {
            true => write!(f, "removed {}", self.file.display()),
            false => write!(
                f,
                "once they are there, remove the rule: backstop detections convert {} --remove",
                self.converted.rule
            ),
        }
    }
}

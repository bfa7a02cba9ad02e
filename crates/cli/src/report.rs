//! `backstop report`: the report on an incident, from its log as it is now.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use backstop_core::{IncidentId, api::ReportAnswer};
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::{
    api::{ApiOptions, connect},
    command::{CliError, CommandError, CommandOutput},
    incidents::find,
};

/// Options of `backstop report`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The incident's id, or at least four characters of its beginning or end
    incident: String,
    /// As what
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// Into this file; without it, to stdout
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Show the page in a browser; without `--to` it goes into a temporary file
    #[arg(long, conflicts_with = "format")]
    open: bool,
    #[command(flatten)]
    api: ApiOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For tickets and wikis
    Markdown,
    /// One file that needs nothing else
    Html,
}

/// The report, or where it was written.
#[derive(Debug, Serialize)]
pub(crate) struct Written {
    /// The file, if it went into one.
    file: Option<PathBuf>,
    report: serde_json::Value,
    #[serde(skip)]
    text: String,
}

impl CommandOutput for Written {}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "wrote {}", file.display()),
            None => f.write_str(&self.text),
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum ReportError {
    #[error("writing `{}`", .0.display())]
    Unwritable(PathBuf, #[source] io::Error),
    #[error("opening `{}`: open it yourself", .0.display())]
    Unopened(PathBuf, #[source] io::Error),
}

impl CommandError for ReportError {}

/// Runs `backstop report`.
pub(crate) async fn run(arguments: Arguments) -> Result<Written, CliError> {
    let api = connect(&arguments.api).await?;
    let id = find(&api, &arguments.incident).await?;
    let to = to(&arguments, &id);
    let format = match format(&arguments, to.as_deref()) {
        Format::Markdown => "markdown",
        Format::Html => "html",
    };
    let path = ["incidents", id.as_str(), "report"];
    let answer: ReportAnswer = api.get(&path, &[("format", format)]).await?;
    Ok(write(&arguments, to, answer)?)
}

fn to(arguments: &Arguments, id: &IncidentId) -> Option<PathBuf> {
    match &arguments.to {
        None if arguments.open => Some(std::env::temp_dir().join(format!("backstop-report-{id}.html"))),
        to => to.clone(),
    }
}

fn write(arguments: &Arguments, file: Option<PathBuf>, answer: ReportAnswer) -> Result<Written, ReportError> {
    let ReportAnswer { report, text } = answer;
    if let Some(file) = &file {
        fs::write(file, &text).map_err(|error| ReportError::Unwritable(file.clone(), error))?;
        if arguments.open {
            open::that_detached(file).map_err(|error| ReportError::Unopened(file.clone(), error))?;
        }
    }
    Ok(Written { file, report, text })
}

/// As asked, else as the file's name says, else Markdown.
fn format(arguments: &Arguments, to: Option<&Path>) -> Format {
    let is_page = to
        .and_then(Path::extension)
        .is_some_and(|end| end.eq_ignore_ascii_case("html") || end.eq_ignore_ascii_case("htm"));
    match arguments.format {
        Some(format) => format,
        None if arguments.open || is_page => Format::Html,
        None => Format::Markdown,
    }
}

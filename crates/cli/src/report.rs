//! `backstop report`: the report on an incident, from its log as it is now.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use backstop_core::{IncidentId, incident::IllegalTransition};
use backstop_report::{HtmlError, Report};
use backstop_runtime::{LedgerError, playbooks};
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::{
    answer::{Answer, CliError, CommandError},
    aws::{Deployment, StackOptions},
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
    stack: StackOptions,
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
    report: Report,
    #[serde(skip)]
    text: String,
}

impl Answer for Written {}

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
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("the log can't be read")]
    Log(#[from] IllegalTransition),
    #[error("making the page")]
    Html(#[from] HtmlError),
    #[error("writing `{}`", .0.display())]
    Unwritable(PathBuf, #[source] io::Error),
    #[error("opening `{}`: open it yourself", .0.display())]
    Unopened(PathBuf, #[source] io::Error),
}

impl CommandError for ReportError {}

/// Runs `backstop report`.
pub(crate) async fn run(arguments: Arguments) -> Result<Written, CliError> {
    let deployment = Deployment::find(&arguments.stack).await?;
    let id = find(&deployment.ledger, &arguments.incident).await?;
    let log = deployment.ledger.log(&id).await.map_err(ReportError::from)?;
    let kept = log.incident().map_err(ReportError::from)?.evidence.entries;
    let report = Report::of(&id, log.records(), &kept, playbooks()).map_err(ReportError::from)?;
    Ok(write(&arguments, &id, report)?)
}

fn write(arguments: &Arguments, id: &IncidentId, report: Report) -> Result<Written, ReportError> {
    let to = match &arguments.to {
        None if arguments.open => Some(std::env::temp_dir().join(format!("backstop-report-{id}.html"))),
        to => to.clone(),
    };
    let text = match format(arguments, to.as_deref()) {
        Format::Markdown => report.markdown(),
        Format::Html => report.html()?,
    };
    if let Some(file) = &to {
        fs::write(file, &text).map_err(|error| ReportError::Unwritable(file.clone(), error))?;
        if arguments.open {
            open::that_detached(file).map_err(|error| ReportError::Unopened(file.clone(), error))?;
        }
    }
    Ok(Written {
        file: to,
        report,
        text,
    })
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

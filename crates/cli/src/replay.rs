//! `backstop replay`: what would be done with saved events, decided by the code that decides in AWS. Needs no AWS,
//! unless it is asked for the plan in an account.

mod against;
mod folder;
mod guard;
mod input;
mod reading;
mod text;

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use backstop_core::{Finding, finding::parse_saved};
use backstop_playbook::{Catalog, Decided, Match};
use backstop_terminal::Exit;
use clap::Args;
use serde::Serialize;

use self::{
    against::{Against, Planned, plans_in_account, plans_in_sandbox},
    folder::Folder,
    reading::Reading,
};
use crate::{
    api::ApiOptions,
    command::{CliError, CommandError, CommandOutput},
    playbook::catalog,
};

/// Options of `backstop replay`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// A saved event, finding or answer of GetFindings, or GuardDuty's export to S3 (.jsonl, .jsonl.gz); `-` for
    /// standard input; or a folder of such files
    #[arg(value_name = "FILE|-|FOLDER")]
    input: PathBuf,
    /// The folder that holds `playbooks/`; without one there, the playbooks this program was built with
    #[arg(long, default_value = ".", value_name = "FOLDER")]
    project: PathBuf,
    /// Also show the plan of each step, made there in observe mode
    #[arg(long, value_enum, value_name = "sandbox|account")]
    against: Option<Against>,
    #[command(flatten)]
    api: ApiOptions,
}

/// What would be done.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Replayed {
    /// With one message.
    One(Box<Message>),
    /// With each file of a folder.
    Folder(Folder),
}

/// One message, and where it was read.
#[derive(Debug, Serialize)]
pub(crate) struct Message {
    file: String,
    #[serde(flatten)]
    reading: Reading,
    #[serde(skip_serializing_if = "Option::is_none")]
    plans: Option<Vec<Planned>>,
}

impl Message {
    fn read(file: String, bytes: &[u8], catalog: &Catalog) -> Self {
        Self {
            file,
            reading: Reading::of(bytes, catalog),
            plans: None,
        }
    }
}

impl CommandOutput for Replayed {
    fn exit(&self) -> Exit {
        let messages = match self {
            Self::One(message) => std::slice::from_ref(message.as_ref()),
            Self::Folder(folder) => folder.messages(),
        };
        if !messages.iter().all(|message| message.reading.is_wholly_read()) {
            return Exit::Unreadable;
        }
        if messages.iter().any(|message| message.reading.is_answered()) {
            Exit::Done
        } else {
            Exit::Unanswered
        }
    }
}

impl fmt::Display for Replayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(message) => message.fmt(f),
            Self::Folder(folder) => folder.fmt(f),
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum ReplayError {
    #[error("reading standard input")]
    Stdin(#[source] io::Error),
    #[error("reading `{}`", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error(
        "there is no .json, .jsonl or .gz file in `{}` or below: name another folder, or one file",
        .0.display()
    )]
    NoFiles(PathBuf),
    #[error("`--against` plans one message at a time: name a file instead of a folder")]
    FolderAgainst,
}

impl CommandError for ReplayError {
    fn exit(&self) -> Exit {
        match self {
            Self::File { source, .. } if source.kind() == io::ErrorKind::NotFound => Exit::NotFound,
            Self::NoFiles(_) => Exit::NotFound,
            Self::FolderAgainst => Exit::Refused,
            Self::File { .. } | Self::Stdin(_) => Exit::Failed,
        }
    }
}

/// Runs `backstop replay`.
pub(crate) async fn run(arguments: &Arguments) -> Result<Replayed, CliError> {
    let catalog = catalog(&arguments.project)?;
    let input = arguments.input.as_path();
    if input == Path::new("-") {
        let bytes = input::read(io::stdin().lock()).map_err(ReplayError::Stdin)?;
        return one("standard input".to_owned(), &bytes, &catalog, arguments).await;
    }
    if input.is_dir() && arguments.against.is_some() {
        return Err(ReplayError::FolderAgainst.into());
    }
    if input.is_dir() {
        return Ok(Replayed::Folder(folder::replay(input, &catalog)?));
    }
    let file = input.display().to_string();
    one(file, &input::file(input)?, &catalog, arguments).await
}

async fn one(
    file: String,
    bytes: &[u8],
    catalog: &Catalog,
    arguments: &Arguments,
) -> Result<Replayed, CliError> {
    let mut message = Message::read(file, bytes, catalog);
    if let Some(against) = arguments.against {
        let findings = parse_saved(bytes)
            .map(|parsed| parsed.findings)
            .unwrap_or_default();
        let answers = answers(catalog, &findings);
        message.plans = Some(match against {
            Against::Account if answers.is_empty() => Vec::new(),
            Against::Account => plans_in_account(&answers, &arguments.api).await?,
            Against::Sandbox => plans_in_sandbox(&answers).await?,
        });
    }
    Ok(Replayed::One(Box::new(message)))
}

/// What would be answered: an inactive finding has no plan.
fn answers<'a>(catalog: &'a Catalog, findings: &'a [Finding]) -> Vec<Match<'a>> {
    let decided = findings.iter().map(|finding| catalog.decide(finding));
    decided
        .filter_map(|decided| match decided {
            Decided::Answered(answers) => Some(answers),
            Decided::Inactive { .. } | Decided::Unanswered { .. } => None,
        })
        .flatten()
        .collect()
}

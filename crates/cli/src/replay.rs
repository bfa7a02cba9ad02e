//! `backstop replay`: what would be done with saved events, decided by the code that decides in AWS. Needs no AWS.

mod folder;
mod guard;
mod reading;
mod text;

use std::{
    fmt, fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use backstop_playbook::Catalog;
use clap::Args;
use serde::Serialize;

use self::{folder::Folder, reading::Reading};
use crate::{
    answer::{Answer, CliError, CommandError},
    exit::Exit,
    playbook::catalog,
};

/// Options of `backstop replay`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// A saved event, finding or answer of GetFindings; `-` for standard input; or a folder of .json files
    #[arg(value_name = "FILE|-|FOLDER")]
    input: PathBuf,
    /// The folder that holds `playbooks/`; without one there, the playbooks this program was built with
    #[arg(long, default_value = ".", value_name = "FOLDER")]
    project: PathBuf,
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
}

impl Message {
    fn read(file: String, bytes: &[u8], catalog: &Catalog) -> Self {
        Self {
            file,
            reading: Reading::of(bytes, catalog),
        }
    }
}

impl Answer for Replayed {
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
        "there is no .json file in `{}` or below: name another folder, or one file",
        .0.display()
    )]
    NoFiles(PathBuf),
}

impl CommandError for ReplayError {
    fn exit(&self) -> Exit {
        match self {
            Self::File { source, .. } if source.kind() == io::ErrorKind::NotFound => Exit::NotFound,
            Self::NoFiles(_) => Exit::NotFound,
            Self::File { .. } | Self::Stdin(_) => Exit::Failed,
        }
    }
}

/// Runs `backstop replay`.
pub(crate) fn run(arguments: &Arguments) -> Result<Replayed, CliError> {
    let catalog = catalog(&arguments.project)?;
    let input = arguments.input.as_path();
    if input == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map_err(ReplayError::Stdin)?;
        let message = Message::read("standard input".to_owned(), &bytes, &catalog);
        return Ok(Replayed::One(Box::new(message)));
    }
    if input.is_dir() {
        return Ok(Replayed::Folder(folder::replay(input, &catalog)?));
    }
    let message = Message::read(input.display().to_string(), &read(input)?, &catalog);
    Ok(Replayed::One(Box::new(message)))
}

fn read(path: &Path) -> Result<Vec<u8>, ReplayError> {
    fs::read(path).map_err(|source| ReplayError::File {
        path: path.to_owned(),
        source,
    })
}

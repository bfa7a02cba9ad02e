//! `backstop playbook new`: writes the files that a playbook begins with.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use backstop_playbook::{NewError, NewFile, new_playbook};
use backstop_terminal::Exit;
use serde::Serialize;

use crate::command::{CliError, CommandError, CommandOutput};

#[derive(Serialize)]
pub(super) struct Created {
    playbook: String,
    files: Vec<PathBuf>,
}

impl CommandOutput for Created {}

impl fmt::Display for Created {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "began playbook {}:", self.playbook)?;
        for file in &self.files {
            writeln!(f, "  {}", file.display())?;
        }
        write!(
            f,
            "\nedit them, then check: backstop playbook lint\ncompile it: backstop playbook compile\n\
             prove it: backstop drill {}",
            self.playbook
        )
    }
}

#[derive(Debug, thiserror::Error)]
enum CreateError {
    #[error("{0}")]
    New(#[from] NewError),
    #[error("writing `{}`", path.display())]
    Write { path: PathBuf, source: io::Error },
}

impl CommandError for CreateError {
    fn exit(&self) -> Exit {
        match self {
            Self::New(NewError::Name(_) | NewError::Exists(_)) => Exit::Refused,
            Self::Write { .. } => Exit::Failed,
        }
    }
}

pub(super) fn create(playbooks: &Path, name: &str) -> Result<Created, CliError> {
    let files = new_playbook(playbooks, name).map_err(CreateError::from)?;
    for file in &files {
        write(file).map_err(|source| CreateError::Write {
            path: file.path.clone(),
            source,
        })?;
    }
    Ok(Created {
        playbook: name.to_owned(),
        files: files.into_iter().map(|file| file.path).collect(),
    })
}

fn write(file: &NewFile) -> io::Result<()> {
    if let Some(folder) = file.path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&file.path, &file.text)
}

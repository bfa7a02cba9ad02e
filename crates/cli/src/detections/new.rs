//! `backstop detections new`: writes a suppression rule to start from.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use backstop_detections::{
    skeleton::{NewError, new_suppression},
    suppression,
};
use backstop_terminal::Exit;
use serde::Serialize;

use crate::command::{CliError, CommandError, CommandOutput};

#[derive(Serialize)]
pub(super) struct Created {
    file: PathBuf,
    schema: PathBuf,
}

impl CommandOutput for Created {}

impl fmt::Display for Created {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "began {}\n\nedit it, then check: backstop detections lint\nsee what it hides: backstop detections test",
            self.file.display()
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

pub(super) fn create(project: &Path, name: &str) -> Result<Created, CliError> {
    let folder = super::folder(project);
    let (file, text) = new_suppression(&folder, name, super::today()).map_err(CreateError::from)?;
    let schema = folder.join("suppression.schema.json");
    write(&file, &text)?;
    // For editors: the rule's first line names it.
    write(&schema, &suppression::schema_text())?;
    Ok(Created { file, schema })
}

fn write(path: &Path, text: &str) -> Result<(), CreateError> {
    let write = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text)
    };
    write().map_err(|source| CreateError::Write {
        path: path.to_owned(),
        source,
    })
}

//! Files that a command begins for a person.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::command::CommandError;

/// It can't be written.
#[derive(Debug, thiserror::Error)]
#[error("writing `{}`", path.display())]
pub(crate) struct WriteError {
    path: PathBuf,
    source: io::Error,
}

impl CommandError for WriteError {}

/// Writes it, and the folders above it.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), WriteError> {
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder
        .and_then(|()| fs::write(path, text))
        .map_err(|source| WriteError {
            path: path.to_owned(),
            source,
        })
}

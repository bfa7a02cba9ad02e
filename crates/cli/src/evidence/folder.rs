//! A folder of evidence on this machine: read whole, checked without AWS.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use backstop_core::evidence::{Problem, check, check_head};

use super::words::Evidence;
use crate::command::{CliError, CommandError};
use backstop_terminal::Exit;

/// The folder can't be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum FolderError {
    #[error("there is no folder `{}`: type `backstop evidence fetch <incident>` to get one", .0.display())]
    None(PathBuf),
    #[error("reading `{}`", .0.display())]
    Unreadable(PathBuf, #[source] io::Error),
    #[error("writing `{}`", .0.display())]
    Unwritable(PathBuf, #[source] io::Error),
    #[error("`{}` isn't empty, and what is in it would look like evidence: name another folder with `--to`", .0.display())]
    NotEmpty(PathBuf),
}

impl CommandError for FolderError {
    fn exit(&self) -> Exit {
        match self {
            Self::None(_) => Exit::NotFound,
            Self::NotEmpty(_) => Exit::Refused,
            Self::Unreadable(..) | Self::Unwritable(..) => Exit::Failed,
        }
    }
}

/// Checks a folder, and whether it holds the log whose head people were notified of.
pub(super) fn verify(folder: &Path, head: Option<&str>) -> Result<Evidence, CliError> {
    if !folder.is_dir() {
        return Err(FolderError::None(folder.to_owned()).into());
    }
    let mut found = Found::default();
    found.read(folder, "")?;
    let mut checked = check(&found.files);
    checked.problems.extend(found.strange);
    checked
        .problems
        .extend(head.and_then(|head| check_head(&found.files, head)));
    Ok(Evidence::of(folder.to_owned(), checked, None))
}

#[derive(Default)]
struct Found {
    files: BTreeMap<String, Vec<u8>>,
    strange: Vec<Problem>,
}

impl Found {
    /// Reads everything below `folder`, under its name from there. Links lead elsewhere, so they aren't followed.
    fn read(&mut self, folder: &Path, prefix: &str) -> Result<(), FolderError> {
        let unreadable = |error| FolderError::Unreadable(folder.to_owned(), error);
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().map_err(unreadable)?;
            if kind.is_dir() {
                self.read(&entry.path(), &format!("{name}/"))?;
            } else if kind.is_file() {
                let path = entry.path();
                let bytes = fs::read(&path).map_err(|error| FolderError::Unreadable(path, error))?;
                self.files.insert(name, bytes);
            } else {
                self.strange.push(Problem {
                    item: name,
                    what: "it is neither a file nor a folder".to_owned(),
                });
            }
        }
        Ok(())
    }
}

/// Makes an empty folder, or takes one that is empty.
pub(super) fn empty(folder: &Path) -> Result<(), FolderError> {
    fs::create_dir_all(folder).map_err(|error| FolderError::Unwritable(folder.to_owned(), error))?;
    let mut entries =
        fs::read_dir(folder).map_err(|error| FolderError::Unreadable(folder.to_owned(), error))?;
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(FolderError::NotEmpty(folder.to_owned())),
    }
}

/// Writes one item below the folder. The name was checked by [`is_plain`].
pub(super) fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), FolderError> {
    let path = folder.join(name);
    let unwritable = |error| FolderError::Unwritable(path.clone(), error);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(unwritable)?;
    }
    fs::write(&path, bytes).map_err(unwritable)
}

/// Whether a name stays below the folder that it is joined to, on any system.
pub(super) fn is_plain(name: &str) -> bool {
    name.split('/').all(|part| {
        !part.is_empty()
            && !part.starts_with('.')
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_below_their_folder() {
        for name in ["manifest.json", "before/deny-user.json", "log-000014.json"] {
            assert!(is_plain(name), "{name}");
        }
        for name in [
            "",
            "/etc/passwd",
            "../x",
            "a/../../x",
            "a//b",
            "a\\..\\b",
            "C:x",
            ".ssh/x",
            "a/",
        ] {
            assert!(!is_plain(name), "{name}");
        }
    }
}

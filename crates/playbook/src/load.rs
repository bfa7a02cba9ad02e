//! Reading playbooks from their folders; the only place of this crate that touches files.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use backstop_core::PlaybookName;
use miette::Diagnostic;

use crate::{catalog::Catalog, parse, playbook::Playbook, problem::InvalidFile};

/// The file that makes a folder a playbook.
pub const FILE: &str = "playbook.yaml";

/// Why playbooks can't be loaded.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum LoadError {
    /// A file or folder can't be read.
    #[error("reading `{}`", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Playbooks have mistakes.
    #[error("{}", describe(.0))]
    Invalid(#[related] Vec<InvalidFile>),
}

/// Every mistake on a line of its own, for places that print only the message, such as a build script.
fn describe(files: &[InvalidFile]) -> String {
    let mut text = String::from("playbooks have problems; `backstop playbook lint` shows them in place");
    for file in files {
        for problem in &file.problems {
            text.push_str(&format!("\n{}: {problem}", file.place(problem)));
        }
    }
    text
}

/// Loads every playbook below a folder, in the order of their names. All mistakes are reported together.
pub fn load_dir(playbooks: &Path) -> Result<Catalog, LoadError> {
    let mut loaded: Vec<Playbook> = Vec::new();
    let mut invalid = Vec::new();
    for folder in folders(playbooks)? {
        match load(&folder) {
            Ok(playbook) => loaded.push(playbook),
            Err(LoadError::Invalid(files)) => invalid.extend(files),
            Err(error) => return Err(error),
        }
    }
    if invalid.is_empty() {
        Ok(Catalog::new(loaded))
    } else {
        Err(LoadError::Invalid(invalid))
    }
}

/// Loads the playbook in one folder.
pub fn load(folder: &Path) -> Result<Playbook, LoadError> {
    let path = folder.join(FILE);
    let text = read(&path)?;
    let name = folder
        .file_name()
        .map(|name| name.to_string_lossy())
        .unwrap_or_default();
    parse(&PlaybookName::new(name), &path.to_string_lossy(), &text)
        .map_err(|invalid| LoadError::Invalid(vec![invalid]))
}

/// The lines a build script prints so that it runs again when a playbook changes, comes or goes.
pub fn rerun_if_changed(playbooks: &Path) -> Result<Vec<String>, LoadError> {
    let line = |path: &Path| format!("cargo:rerun-if-changed={}", path.display());
    let mut lines = vec![line(playbooks)];
    lines.extend(folders(playbooks)?.iter().map(|folder| line(&folder.join(FILE))));
    Ok(lines)
}

/// The folders that hold a playbook, sorted.
pub(crate) fn folders(playbooks: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let unreadable = |source| LoadError::Unreadable {
        path: playbooks.to_owned(),
        source,
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(playbooks).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.join(FILE).is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

pub(crate) fn read(path: &Path) -> Result<String, LoadError> {
    fs::read_to_string(path).map_err(|source| LoadError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

//! The compiled files: whether they are up to date, and writing those that aren't.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::{
    compile::{self, CompileError, Compiled},
    load::{self, COMPILED_LISTS, Unreadable},
};

/// What is deployed.
pub const TEMPLATE: &str = "detections.template.yaml";
/// What is imported before, where it is there already.
pub const IMPORT: &str = "detections.import.template.yaml";

/// Why files can't be compiled.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// There is nothing to compile, or no text of it.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// A file can't be read.
    #[error(transparent)]
    Read(#[from] Unreadable),
    /// A file can't be written or removed.
    #[error("writing `{}`", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// What differed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stale {
    /// How many files are compiled.
    pub files: usize,
    /// Those that differ, below the project's folder.
    pub changed: Vec<PathBuf>,
    /// Lists that nothing names any more.
    pub left_over: Vec<PathBuf>,
}

impl Stale {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.left_over.is_empty()
    }
}

/// Every compiled file below the project's folder, with its text.
pub fn files(compiled: &Compiled) -> Result<Vec<(PathBuf, String)>, CompileError> {
    let mut files = vec![
        (PathBuf::from(TEMPLATE), compile::text(&compiled.template)?),
        (PathBuf::from(IMPORT), compile::text(&compiled.import)?),
    ];
    let lists = compiled.lists.iter();
    files.extend(lists.map(|list| (lists_folder().join(&list.file), list.text.clone())));
    Ok(files)
}

fn lists_folder() -> PathBuf {
    Path::new("detections").join(COMPILED_LISTS)
}

/// What differs from the compiled files; writes nothing.
pub fn check(project: &Path, compiled: &Compiled) -> Result<Stale, OutputError> {
    let files = files(compiled)?;
    let mut stale = Stale {
        files: files.len(),
        ..Stale::default()
    };
    for (path, text) in &files {
        if read(&project.join(path))?.as_deref() != Some(text) {
            stale.changed.push(path.clone());
        }
    }
    for path in load::entries(&project.join(lists_folder()))? {
        let path = path.strip_prefix(project).map(Path::to_owned).unwrap_or(path);
        if !files.iter().any(|(file, _)| *file == path) {
            stale.left_over.push(path);
        }
    }
    Ok(stale)
}

/// Writes what differs, and removes lists that nothing names.
pub fn write(project: &Path, compiled: &Compiled) -> Result<Stale, OutputError> {
    let stale = check(project, compiled)?;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| OutputError::Write { path, source }
    };
    for (path, text) in files(compiled)? {
        if stale.changed.contains(&path) {
            let path = project.join(path);
            let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
            folder
                .and_then(|()| fs::write(&path, text))
                .map_err(failed(&path))?;
        }
    }
    for path in &stale.left_over {
        let path = project.join(path);
        fs::remove_file(&path).map_err(failed(&path))?;
    }
    Ok(stale)
}

/// A file's text; none if it isn't there.
pub fn read(path: &Path) -> Result<Option<String>, Unreadable> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Unreadable::at(path)(error)),
    }
}

//! The files below `detections/`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Where suppression rules are.
pub const SUPPRESSIONS: &str = "suppressions";
/// Where lists of addresses are.
pub const ADDRESS_LISTS: &str = "address-lists";

/// Where automation rules of Security Hub are.
pub const AUTOMATION_RULES: &str = "automation-rules";
/// Where detections over CloudTrail are.
pub const EVENT_RULES: &str = "event-rules";
/// Where compiling puts lists, as they are uploaded.
pub const COMPILED_LISTS: &str = "compiled-lists";
/// The detector, its plans, and Security Hub.
pub const SETTINGS: &str = "settings.yaml";

/// A file, not looked into yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name without its ending.
    pub name: String,
    /// What messages call it.
    pub label: String,
    /// What it holds.
    pub text: String,
}

/// All files of detection as code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// Suppression rules, by name.
    pub suppressions: Vec<Source>,
    /// Lists of addresses, by name.
    pub address_lists: Vec<Source>,
    /// Automation rules of Security Hub, by name.
    pub automation_rules: Vec<Source>,
    /// Detections over CloudTrail, by name.
    pub event_rules: Vec<Source>,
    /// The detector, its plans, and Security Hub.
    pub settings: Option<Source>,
    /// What lies there and is nothing that is read.
    pub strays: Vec<PathBuf>,
}

/// A file or folder that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("reading `{}`", path.display())]
pub struct Unreadable {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

impl Unreadable {
    pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { path, source }
    }
}

/// Reads them. A folder that isn't there holds nothing.
pub fn load(detections: &Path) -> Result<Sources, Unreadable> {
    let mut sources = Sources::default();
    for path in entries(detections)? {
        if path.ends_with(SETTINGS) && path.is_file() {
            sources.settings = Some(source(&path)?);
            continue;
        }
        let is_known = [
            SUPPRESSIONS,
            ADDRESS_LISTS,
            AUTOMATION_RULES,
            EVENT_RULES,
            COMPILED_LISTS,
        ]
        .iter()
        .any(|known| path.ends_with(known));
        // Schemas for editors, and whatever people write for people.
        let is_beside = [".schema.json", ".md"]
            .iter()
            .any(|end| path.to_string_lossy().ends_with(end));
        if !is_known && !is_beside {
            sources.strays.push(path);
        }
    }
    for (folder, into) in [
        (SUPPRESSIONS, &mut sources.suppressions),
        (ADDRESS_LISTS, &mut sources.address_lists),
        (AUTOMATION_RULES, &mut sources.automation_rules),
        (EVENT_RULES, &mut sources.event_rules),
    ] {
        for path in entries(&detections.join(folder))? {
            match path.extension().is_some_and(|ending| ending == "yaml") && path.is_file() {
                true => into.push(source(&path)?),
                false => sources.strays.push(path),
            }
        }
    }
    Ok(sources)
}

fn source(path: &Path) -> Result<Source, Unreadable> {
    Ok(Source {
        name: path
            .file_stem()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
        label: path.to_string_lossy().into_owned(),
        text: fs::read_to_string(path).map_err(Unreadable::at(path))?,
    })
}

/// What is in a folder, sorted, but for hidden files.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, Unreadable> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(Unreadable::at(folder))? {
        let entry = entry.map_err(Unreadable::at(folder))?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

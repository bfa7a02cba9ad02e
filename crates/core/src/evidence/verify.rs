//! Checks a folder of evidence against its manifest, and the logs in it against themselves and the manifest.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Entry, MANIFEST, Manifest, log_name};
use crate::{
    canonical,
    ids::{Hash, IncidentId},
    incident::Incident,
    log::{self, Record, check_chain},
    words::with_causes,
};

/// The folder of what was written over an item later.
const LATER: &str = "later-versions/";

/// Where a later version of an item stands in a folder of evidence.
pub fn later_version(name: &str, version: u32) -> String {
    format!("{LATER}{version}/{name}")
}

/// Something that isn't as it was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The item's name.
    pub item: String,
    /// What is wrong with it.
    pub what: String,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// The incident that the manifest names; absent if it can't be trusted to name one.
    pub incident: Option<IncidentId>,
    /// The manifest's entries.
    pub entries: Vec<Entry>,
    /// The hash of the last entry, to compare with what the incident's log says.
    pub head: Option<Hash>,
    /// What is wrong, the first of it first; empty if all is as it was kept.
    pub problems: Vec<Problem>,
}

/// Checks everything below an incident's folder, by name. A manifest that can't be trusted ends the check: it is what
/// everything else is held against.
pub fn check(files: &BTreeMap<String, Vec<u8>>) -> Checked {
    let mut checked = Checked {
        incident: None,
        entries: Vec::new(),
        head: None,
        problems: Vec::new(),
    };
    let manifest = match files.get(MANIFEST) {
        None => Err("it is missing, so nothing here can be checked".to_owned()),
        Some(bytes) => Manifest::read(bytes).map_err(|error| with_causes(&error)),
    };
    let manifest = match manifest {
        Ok(manifest) => manifest,
        Err(what) => {
            checked.note(MANIFEST, what);
            return checked;
        }
    };
    for entry in &manifest.entries {
        check_item(entry, files.get(&entry.name), &mut checked);
    }
    for name in files.keys().filter(|name| *name != MANIFEST) {
        if let Some((version, name)) = name.strip_prefix(LATER).and_then(|rest| rest.split_once('/')) {
            checked.note(
                name,
                format!("it has a version {version}: somebody wrote it again after it was kept"),
            );
        } else if !manifest.entries.iter().any(|entry| &entry.name == name) {
            checked.note(name, "it isn't in the manifest: somebody added it".to_owned());
        }
    }
    check_logs(&manifest, files, &mut checked);
    checked.incident = Some(manifest.incident);
    checked.entries = manifest.entries;
    checked.head = Some(manifest.head);
    checked
}

impl Checked {
    fn note(&mut self, item: &str, what: String) {
        self.problems.push(Problem {
            item: item.to_owned(),
            what,
        });
    }
}

fn check_item(entry: &Entry, bytes: Option<&Vec<u8>>, checked: &mut Checked) {
    let Some(bytes) = bytes else {
        checked.note(&entry.name, "it is missing".to_owned());
        return;
    };
    if bytes.len() as u64 != entry.size {
        checked.note(
            &entry.name,
            format!("it has {} bytes, but {} were kept", bytes.len(), entry.size),
        );
        return;
    }
    let found = canonical::sha256(bytes);
    if found != entry.sha256 {
        checked.note(
            &entry.name,
            format!(
                "its SHA-256 is {}…, but {}… was kept: it was altered",
                found.short(),
                entry.sha256.short()
            ),
        );
    }
}

/// The logs' own chains, and that the last one is the one that the manifest names.
fn check_logs(manifest: &Manifest, files: &BTreeMap<String, Vec<u8>>, checked: &mut Checked) {
    let is_log = |entry: &&Entry| entry.name.starts_with("log-");
    for entry in manifest.entries.iter().filter(is_log) {
        // Missing and altered ones are named already.
        let Some(bytes) = files.get(&entry.name) else {
            continue;
        };
        if let Err(what) = check_log(&entry.name, bytes, manifest) {
            checked.note(&entry.name, what);
        }
    }
    let newest = log_name(manifest.log.records);
    for (name, hash) in records_that_are_gone(manifest, files, &newest) {
        checked.note(
            &newest,
            format!("it lacks record {hash} of `{name}`: the log was written anew since"),
        );
    }
    if !manifest.entries.iter().any(|entry| entry.name == newest) {
        checked.note(
            &newest,
            "the manifest names this log, but has no entry for it".to_owned(),
        );
    }
}

/// Of each log that was kept before, the first record that isn't in the newest: a log only grows.
fn records_that_are_gone(
    manifest: &Manifest,
    files: &BTreeMap<String, Vec<u8>>,
    newest: &str,
) -> Vec<(String, String)> {
    // What can't be read is named already.
    let hashes = |name: &str| -> Option<BTreeSet<Hash>> {
        let log: Vec<Record> = serde_json::from_slice(files.get(name)?).ok()?;
        Some(log.into_iter().map(|record| record.hash).collect())
    };
    let Some(kept) = hashes(newest) else {
        return Vec::new();
    };
    let earlier = manifest.entries.iter().map(|entry| entry.name.as_str());
    let earlier = earlier.filter(|name| name.starts_with("log-") && *name != newest);
    earlier
        .filter_map(|name| {
            let gone = hashes(name)?.difference(&kept).next()?.short().to_owned();
            Some((name.to_owned(), gone))
        })
        .collect()
}

fn check_log(name: &str, bytes: &[u8], manifest: &Manifest) -> Result<(), String> {
    let log: Vec<Record> =
        serde_json::from_slice(bytes).map_err(|error| format!("it can't be read as a log: {error}"))?;
    check_chain(&log).map_err(|error| error.to_string())?;
    let incident = Incident::replay(&log).map_err(|error| error.to_string())?;
    if !manifest.entries.starts_with(&incident.evidence.entries) {
        return Err("what it says was kept isn't what the manifest says".to_owned());
    }
    let is_newest = name == log_name(manifest.log.records);
    if is_newest && log::head(&log) != manifest.log {
        return Err("its last records aren't the ones that the manifest names".to_owned());
    }
    Ok(())
}

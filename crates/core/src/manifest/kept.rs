//! What is kept: one piece of it, its line in the manifest, and what a log says of both.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::Hash;

/// One thing to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its name below the incident's folder.
    pub name: String,
    /// When it came to be.
    pub at: Timestamp,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// One line of the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// 1, 2, 3, … without gaps.
    pub number: u32,
    /// Its name below the incident's folder.
    pub name: String,
    /// SHA-256 of what it holds.
    pub sha256: Hash,
    /// How many bytes it has.
    pub size: u64,
    /// When it came to be.
    pub at: Timestamp,
    /// The hash of the entry before; for the first one a hash that names the incident.
    pub prev: Hash,
    /// SHA-256 over the canonical JSON of all of the above.
    pub hash: Hash,
}

/// The end of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogHead {
    /// How many records it has.
    pub records: u32,
    /// The hash of the last one.
    pub head: Hash,
}

/// What an incident's log says about its evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// The manifest's entries.
    pub entries: Vec<Entry>,
    /// How far the log went that was kept last.
    pub log: Option<LogHead>,
    /// Why evidence couldn't be kept, the last time; absent once it was.
    pub failure: Option<String>,
}

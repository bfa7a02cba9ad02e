//! What is kept: one piece of it, its line in the manifest, and what a log says of both.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    head::Head,
    ids::{Hash, StepId},
};

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
    /// The hash of the last one; where its steps have chains of their own, of the last one of the incident's.
    pub head: Hash,
    /// How far the steps' chains go.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lanes: BTreeMap<StepId, Head>,
}

impl LogHead {
    /// Whether a log that goes this far has the record with this number of this chain.
    pub fn holds(&self, lane: Option<&StepId>, seq: u32) -> bool {
        let of_steps = self.lanes.values().map(|head| head.seq).sum();
        let reached = match lane {
            None => self.records.saturating_sub(of_steps),
            Some(step) => self.lanes.get(step).map_or(0, |head| head.seq),
        };
        seq <= reached
    }
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

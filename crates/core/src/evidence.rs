//! The evidence of an incident: what is kept of it, under which names, hashed and chained, and how that is checked.
//!
//! | folder | holds |
//! | --- | --- |
//! | `findings/` | each finding as it was received |
//! | `before/` | what was there before a step changed it, and the receipt that undo uses |
//! | `captured/` | what a step read to be kept |
//! | `investigation/` | what steps of the phase `investigate` read |
//! | `notices/` | what people were told, as it was sent |
//! | `log-000014.json` | the log up to its record 14 |
//! | `report-000014.md`, `.html` | the report made from it |
//! | `manifest.json` | name, SHA-256, size and time of each of them; each entry's hash covers the one before |

mod items;
mod manifest;
mod verify;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use items::{RawFinding, items, log_name, report_name};
pub use manifest::{MANIFEST, Manifest, ManifestError, continues, extend};
pub use verify::{Checked, Problem, check};

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

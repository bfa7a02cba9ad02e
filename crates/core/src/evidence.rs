//! The evidence of an incident: what is kept of it, under which names, hashed and chained, and how that is checked.
//!
//! | folder | holds |
//! | --- | --- |
//! | `findings/` | each finding as it was received |
//! | `before/` | what was there before a step changed it, and the receipt that undo uses |
//! | `captured/` | what a step read to be kept |
//! | `investigation/` | what steps of the phase `investigate` read |
//! | `notices/` | what people were told, as it was sent |
//! | `log-000014.json` | the log, when it had 14 records |
//! | `report-000014.md`, `.html` | the report made from it |
//! | `later-versions/` | in a copy only: what was written over one of them later |
//! | `manifest.json` | name, SHA-256, size and time of each of them; each entry's hash covers the one before |

mod items;
mod told;
mod verify;

pub use items::{RawFinding, items, log_name, report_name};
pub use told::check_head;
pub use verify::{Checked, Problem, check, later_version};

pub use crate::manifest::{Entry, Item, Kept, LogHead, MANIFEST, Manifest, ManifestError, continues, extend};

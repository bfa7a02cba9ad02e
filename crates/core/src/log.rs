//! The append-only log of an incident: events, chained by hash, from which everything else follows.
//!
//! The incident has a chain of records, and so has each step ("lane"): steps that run side by side don't wait for each
//! other's writes. What binds the chains together: the first record of a step's chain follows the incident's first; each record of a
//! step names how much of the incident's chain its writer had read, each of the incident's how much of every step's. So the records have
//! [one order](order), and what is [removed or altered](chain) is found. Logs that earlier versions opened are one chain for all, and stay so.
//!
//! A record's hash is over the canonical JSON of its typed event, so the types may only grow in ways that leave the
//! JSON of old records as it was: new kinds of events, and new fields that are `Option`s, empty lists or `false` by
//! default and that `skip_serializing_if` leaves out. A field that is renamed, removed, reordered in meaning or written
//! where it was absent makes every log from before fail its chain; `tests/recorded-logs/` holds logs of earlier versions
//! that must stay readable.

mod chain;
mod event;
mod opened;
mod order;
mod record;
mod whole;

pub use chain::{ChainError, check_chain};
pub use event::Event;
pub use opened::{FindingRef, Opened, Origin, OriginKind};
pub use record::{Record, RecordName};
pub use whole::{Log, head};

pub use crate::step::{Options, Phase, StepRef};
use crate::{ids::StepId, plan::Receipt};

/// The receipt that the log holds for a step: that of its first [`Event::Acting`], which was saved before
/// anything was changed.
pub fn receipt<'log>(records: &'log [Record], step: &StepId) -> Option<&'log Receipt> {
    records.iter().find_map(|record| match &record.event {
        Event::Acting { plan } if &plan.step == step => Some(&plan.receipt),
        _ => None,
    })
}

//! An event with its number, its time and its hash.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ChainError, Event};
use crate::{canonical, ids::Hash};

/// An event in its place in the chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// 1, 2, 3, … without gaps.
    pub seq: u32,
    /// When it was written, by the writer's clock.
    pub at: Timestamp,
    /// The writer's own id for this append, so that a repeated write is told from a competing one.
    pub id: String,
    /// The hash of the record before; empty for the first.
    pub prev: Hash,
    /// What happened.
    pub event: Event,
    /// SHA-256 over the canonical JSON of all of the above.
    pub hash: Hash,
}

impl Record {
    /// The record that follows `previous` (the last one of the log, if any).
    pub fn next(
        previous: Option<&Self>,
        at: Timestamp,
        id: String,
        event: Event,
    ) -> Result<Self, ChainError> {
        let seq = previous.map_or(1, |record| record.seq + 1);
        let prev = previous.map(|record| record.hash.clone()).unwrap_or_default();
        let mut record = Self {
            seq,
            at,
            id,
            prev,
            event,
            hash: Hash::default(),
        };
        record.hash = record.computed_hash()?;
        Ok(record)
    }

    pub(super) fn computed_hash(&self) -> Result<Hash, ChainError> {
        canonical::hash(&(&self.seq, &self.at, &self.id, &self.prev, &self.event)).map_err(|source| {
            ChainError::Unhashable {
                seq: self.seq,
                source,
            }
        })
    }
}

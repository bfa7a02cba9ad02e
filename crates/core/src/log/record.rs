//! An event with its place in a chain, what its writer had read of the others, its time and its hash.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ChainError, Event};
use crate::{
    canonical::{self, CanonicalError},
    head::Head,
    ids::{Hash, StepId},
};

/// An event in its place in a chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// 1, 2, 3, … without gaps, in its chain.
    pub seq: u32,
    /// When it was written, by the writer's clock.
    pub at: Timestamp,
    /// The writer's own id for this append, so that a repeated write is told from a competing one.
    pub id: String,
    /// The hash of the record before. Empty for the first of the incident's chain; the hash of that one for the first
    /// of a step's.
    pub prev: Hash,
    /// What happened.
    pub event: Event,
    /// The step whose chain it stands in; absent in the incident's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<StepId>,
    /// In a step's chain: how much of the incident's the writer had read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Head>,
    /// In the incident's chain: how much of each step's the writer had read. Absent only where the log is one chain for
    /// all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heads: Option<BTreeMap<StepId, Head>>,
    /// SHA-256 over the canonical JSON of all of the above.
    pub hash: Hash,
}

/// A record's name, for people: `log record 3`, or `record 2 of step deny-user`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordName {
    /// The step whose chain it stands in.
    pub lane: Option<StepId>,
    /// Its number there.
    pub seq: u32,
}

impl fmt::Display for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.lane {
            None => write!(f, "log record {}", self.seq),
            Some(step) => write!(f, "log record {} of step `{step}`", self.seq),
        }
    }
}

/// Where a record stands in its chain, and what its writer knew.
#[derive(Clone, Debug, Default)]
pub(super) struct ChainPosition {
    pub(super) seq: u32,
    pub(super) prev: Hash,
    pub(super) lane: Option<StepId>,
    pub(super) seen: Option<Head>,
    pub(super) heads: Option<BTreeMap<StepId, Head>>,
}

impl Record {
    /// The first record of a log whose steps have chains of their own.
    pub fn first(at: Timestamp, id: String, opened: Event) -> Result<Self, ChainError> {
        let position = ChainPosition {
            seq: 1,
            heads: Some(BTreeMap::new()),
            ..ChainPosition::default()
        };
        Self::at(position, at, id, opened)
    }

    /// The record that follows `previous` (the last one, if any) in a log that is one chain for all, as earlier
    /// versions opened them.
    pub fn next(
        previous: Option<&Self>,
        at: Timestamp,
        id: String,
        event: Event,
    ) -> Result<Self, ChainError> {
        let position = ChainPosition {
            seq: previous.map_or(1, |record| record.seq + 1),
            prev: previous.map(|record| record.hash.clone()).unwrap_or_default(),
            ..ChainPosition::default()
        };
        Self::at(position, at, id, event)
    }

    pub(super) fn at(
        position: ChainPosition,
        at: Timestamp,
        id: String,
        event: Event,
    ) -> Result<Self, ChainError> {
        let mut record = Self {
            seq: position.seq,
            at,
            id,
            prev: position.prev,
            event,
            lane: position.lane,
            seen: position.seen,
            heads: position.heads,
            hash: Hash::default(),
        };
        record.hash = record.computed_hash()?;
        Ok(record)
    }

    /// Its name.
    pub fn name(&self) -> RecordName {
        RecordName {
            lane: self.lane.clone(),
            seq: self.seq,
        }
    }

    /// The end of its chain, were it the last.
    pub fn head(&self) -> Head {
        Head {
            seq: self.seq,
            hash: self.hash.clone(),
        }
    }

    pub(super) fn computed_hash(&self) -> Result<Hash, ChainError> {
        let unhashable = |source: CanonicalError| ChainError::Unhashable {
            record: self.name(),
            source,
        };
        if self.lane.is_none() && self.seen.is_none() && self.heads.is_none() {
            // As it was hashed before there was more than one chain.
            return canonical::hash(&(&self.seq, &self.at, &self.id, &self.prev, &self.event))
                .map_err(unhashable);
        }
        canonical::hash(&(
            &self.seq,
            &self.at,
            &self.id,
            &self.prev,
            &self.event,
            &self.lane,
            &self.seen,
            &self.heads,
        ))
        .map_err(unhashable)
    }
}

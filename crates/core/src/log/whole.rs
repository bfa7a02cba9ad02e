//! A whole log: what is read, asked and appended to.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    ChainError, Event, Record,
    chain::{self, Lanes},
    order::merge,
    record::ChainPosition,
};
use crate::{head::Head, ids::StepId, manifest::LogHead};

/// The log of one incident: whole, unaltered, and in order.
#[derive(Clone, Debug)]
pub struct Log {
    records: Vec<Record>,
}

impl Log {
    /// Checks records that were read in any order.
    pub fn read(records: Vec<Record>) -> Result<Self, ChainError> {
        Ok(Self {
            records: chain::whole(records)?,
        })
    }

    /// The records, in their one order.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The record that an event would be, written now by somebody who has read this log. Where steps have chains of
    /// their own, what concerns one step stands in that step's.
    pub fn next(&self, at: Timestamp, id: String, event: Event) -> Result<Record, ChainError> {
        let lanes = Lanes::of(&self.records);
        let (Some(first), Some(last)) = (lanes.incident.first(), lanes.last(None)) else {
            return Err(ChainError::Empty);
        };
        let step = event.step().filter(|_| first.heads.is_some());
        let position = match step {
            None => ChainPosition {
                seq: last.seq + 1,
                prev: last.hash.clone(),
                heads: first.heads.as_ref().map(|_| heads(&lanes)),
                ..ChainPosition::default()
            },
            Some(step) => {
                let before = lanes.last(Some(step));
                ChainPosition {
                    seq: before.map_or(1, |record| record.seq + 1),
                    prev: before.unwrap_or(first).hash.clone(),
                    lane: Some(step.clone()),
                    seen: Some(last.head()),
                    ..ChainPosition::default()
                }
            }
        };
        Record::at(position, at, id, event)
    }

    /// The log with one more record at the end of its chain: one's own, or one that somebody else wrote.
    pub fn with(&self, record: Record) -> Result<Self, ChainError> {
        let lanes = Lanes::of(&self.records);
        let first = lanes.incident.first().ok_or(ChainError::Empty)?;
        chain::check_lane(&record, first.heads.is_some())?;
        chain::check_next(&lanes, first, &record)?;
        let mut records = self.records.clone();
        records.push(record);
        Ok(Self {
            records: merge(records)?,
        })
    }

    /// Whether its steps have chains of their own.
    pub fn has_lanes(&self) -> bool {
        self.records.first().is_some_and(|first| first.heads.is_some())
    }

    /// How far the incident's own chain goes.
    pub fn incident_head(&self) -> Head {
        Lanes::of(&self.records)
            .last(None)
            .map(Record::head)
            .unwrap_or_default()
    }
}

/// How far a log goes, whose records are in whatever order.
pub fn head(records: &[Record]) -> LogHead {
    let lanes = Lanes::of(records);
    let end = lanes.last(None).map(Record::head).unwrap_or_default();
    let steps = heads(&lanes);
    LogHead {
        records: end.seq + steps.values().map(|head| head.seq).sum::<u32>(),
        head: end.hash,
        lanes: steps,
    }
}

fn heads(lanes: &Lanes<'_>) -> BTreeMap<StepId, Head> {
    lanes
        .steps
        .iter()
        .filter_map(|(step, chain)| Some(((*step).clone(), chain.last()?.head())))
        .collect()
}

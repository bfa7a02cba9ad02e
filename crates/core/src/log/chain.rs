//! Whether a log is whole: nothing removed, altered or put elsewhere.
//!
//! Found is any record that was altered, put elsewhere, or removed from before another of its chain; and the removal of
//! the last records of a chain, down to the last one that a record of another chain names: the incident's records name
//! the heads of all steps' chains, a step's records the head of the incident's. Not found in the log alone is the removal of what
//! nothing names: the last records of a chain, written after everything else that is left was. (Of the one chain of earlier logs, too, the last
//! records could go unnoticed.) The manifest of the evidence names all heads of the log that was kept.

use std::collections::BTreeMap;

use super::{Record, RecordName, order::merge};
use crate::{
    canonical::CanonicalError,
    head::Head,
    ids::{Hash, StepId},
};

/// The log isn't whole, or a record can't be hashed.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// There is no record.
    #[error("the log is empty")]
    Empty,
    /// A record is missing or out of order.
    #[error("{expected} is missing: found {found}")]
    Gap {
        /// The record that should come.
        expected: RecordName,
        /// The number found.
        found: u32,
    },
    /// A record doesn't follow the one before it.
    #[error("{record} doesn't follow the record before it: the log was altered")]
    WrongPrevious {
        /// Which.
        record: RecordName,
    },
    /// A record's content doesn't match its hash.
    #[error("{record} doesn't match its hash: the log was altered")]
    WrongHash {
        /// Which.
        record: RecordName,
    },
    /// A record stands in a chain that isn't its own.
    #[error("{record} is in a chain that isn't its own: the log was altered")]
    WrongLane {
        /// Which.
        record: RecordName,
    },
    /// A record names one that isn't there: it was removed, or written while the log was being read.
    #[error("{missing} is missing, which {by} names")]
    Unseen {
        /// The record that names it.
        by: RecordName,
        /// The one that isn't there.
        missing: RecordName,
    },
    /// A record names another one than the one that is there.
    #[error("{by} names another {named} than is there: the log was altered")]
    WrongHead {
        /// The record that names it.
        by: RecordName,
        /// The one that is another.
        named: RecordName,
    },
    /// The records don't stand in the one order that they have.
    #[error("{record} stands elsewhere in the order of the log: the log was altered")]
    OutOfOrder {
        /// The first that does.
        record: RecordName,
    },
    /// The record can't be written as JSON.
    #[error("hashing {record}")]
    Unhashable {
        /// Which.
        record: RecordName,
        /// Why.
        source: CanonicalError,
    },
}

/// Checks that the records are a whole, unaltered log, in the order in which [`super::Log::records`] has them.
pub fn check_chain(records: &[Record]) -> Result<(), ChainError> {
    let ordered = whole(records.to_vec())?;
    match records.iter().zip(&ordered).find(|(found, right)| found != right) {
        Some((found, _)) => Err(ChainError::OutOfOrder { record: found.name() }),
        None => Ok(()),
    }
}

/// Checks records in any order, and puts them into theirs.
pub(super) fn whole(records: Vec<Record>) -> Result<Vec<Record>, ChainError> {
    let lanes = Lanes::of(&records);
    let first = *lanes.incident.first().ok_or(ChainError::Empty)?;
    check_links(&lanes.incident, None)?;
    for record in &records {
        check_lane(record, first.heads.is_some())?;
    }
    for chain in lanes.steps.values() {
        check_links(chain, Some(first))?;
    }
    for record in &records {
        lanes.check_named(record)?;
    }
    merge(records)
}

/// The records by chain, each in the order of its numbers.
pub(super) struct Lanes<'log> {
    pub(super) incident: Vec<&'log Record>,
    pub(super) steps: BTreeMap<&'log StepId, Vec<&'log Record>>,
}

impl<'log> Lanes<'log> {
    pub(super) fn of(records: &'log [Record]) -> Self {
        let mut lanes = Self {
            incident: Vec::new(),
            steps: BTreeMap::new(),
        };
        for record in records {
            match &record.lane {
                None => lanes.incident.push(record),
                Some(step) => lanes.steps.entry(step).or_default().push(record),
            }
        }
        lanes.incident.sort_by_key(|record| record.seq);
        for chain in lanes.steps.values_mut() {
            chain.sort_by_key(|record| record.seq);
        }
        lanes
    }

    fn chain(&self, lane: Option<&StepId>) -> &[&'log Record] {
        match lane {
            None => &self.incident,
            Some(step) => self.steps.get(step).map_or(&[], Vec::as_slice),
        }
    }

    /// The last record of a chain.
    pub(super) fn last(&self, lane: Option<&StepId>) -> Option<&'log Record> {
        self.chain(lane).last().copied()
    }

    /// Checks that what a record says it had seen of the other chains is there.
    pub(super) fn check_named(&self, record: &Record) -> Result<(), ChainError> {
        let of_incident = record.seen.iter().map(|head| (None, head));
        let of_steps = record.heads.iter().flatten();
        let named = of_incident.chain(of_steps.map(|(step, head)| (Some(step), head)));
        for (lane, head) in named {
            self.check_head(record, lane, head)?;
        }
        Ok(())
    }

    fn check_head(&self, by: &Record, lane: Option<&StepId>, head: &Head) -> Result<(), ChainError> {
        let name = RecordName {
            lane: lane.cloned(),
            seq: head.seq,
        };
        let chain = self.chain(lane);
        let found = chain.iter().find(|record| record.seq == head.seq);
        match found {
            Some(found) if found.hash == head.hash => Ok(()),
            Some(_) => Err(ChainError::WrongHead {
                by: by.name(),
                named: name,
            }),
            None => Err(ChainError::Unseen {
                by: by.name(),
                missing: name,
            }),
        }
    }
}

/// Checks that a record follows the last of its chain, and that what it names is there.
pub(super) fn check_next(lanes: &Lanes<'_>, first: &Record, record: &Record) -> Result<(), ChainError> {
    let last = lanes.last(record.lane.as_ref());
    check_link(
        record,
        last.map_or(1, |before| before.seq + 1),
        &last.unwrap_or(first).hash,
    )?;
    lanes.check_named(record)
}

/// Numbers without gaps, each record after the one before it, each hash that of its content.
fn check_links(chain: &[&Record], opened: Option<&Record>) -> Result<(), ChainError> {
    let mut prev = opened.map(|record| record.hash.clone()).unwrap_or_default();
    for (expected, record) in (1..).zip(chain) {
        check_link(record, expected, &prev)?;
        prev = record.hash.clone();
    }
    Ok(())
}

fn check_link(record: &Record, expected: u32, prev: &Hash) -> Result<(), ChainError> {
    if record.seq != expected {
        return Err(ChainError::Gap {
            expected: RecordName {
                lane: record.lane.clone(),
                seq: expected,
            },
            found: record.seq,
        });
    }
    if &record.prev != prev {
        return Err(ChainError::WrongPrevious {
            record: record.name(),
        });
    }
    if record.hash != record.computed_hash()? {
        return Err(ChainError::WrongHash {
            record: record.name(),
        });
    }
    Ok(())
}

/// Whether a record stands where its event belongs, and says what a record there says.
pub(super) fn check_lane(record: &Record, has_lanes: bool) -> Result<(), ChainError> {
    let fits = match (&record.lane, has_lanes) {
        (None, false) => record.seen.is_none() && record.heads.is_none(),
        (Some(_), false) => false,
        (None, true) => record.event.step().is_none() && record.seen.is_none() && record.heads.is_some(),
        (Some(lane), true) => {
            record.event.step() == Some(lane) && record.seen.is_some() && record.heads.is_none()
        }
    };
    if fits {
        Ok(())
    } else {
        Err(ChainError::WrongLane {
            record: record.name(),
        })
    }
}

//! The one order that the records of a log have, whoever reads them in whatever order.
//!
//! A record comes after all that its writer had read. Of records that knew nothing of each other the earlier comes
//! first; of those of the same time the incident's, then the steps' by name.

use std::{
    collections::{BTreeMap, VecDeque},
    iter,
};

use super::{ChainError, Record, RecordName};
use crate::ids::StepId;

/// A chain of which some records have found their place.
#[derive(Default)]
struct Queue {
    placed: u32,
    waiting: VecDeque<Record>,
}

/// Puts records whose chains are whole into their order.
pub(super) fn merge(mut records: Vec<Record>) -> Result<Vec<Record>, ChainError> {
    records.sort_by_key(|record| record.seq);
    let mut lanes: BTreeMap<Option<StepId>, Queue> = BTreeMap::new();
    let mut ordered = Vec::with_capacity(records.len());
    for record in records {
        lanes
            .entry(record.lane.clone())
            .or_default()
            .waiting
            .push_back(record);
    }
    while let Some(lane) = next_lane(&lanes)? {
        let queue = lanes.entry(lane).or_default();
        queue.placed += 1;
        ordered.extend(queue.waiting.pop_front());
    }
    Ok(ordered)
}

/// The chain whose next record comes next; `None` once all have found their place.
fn next_lane(lanes: &BTreeMap<Option<StepId>, Queue>) -> Result<Option<Option<StepId>>, ChainError> {
    let placed = |lane: &Option<StepId>| lanes.get(lane).map_or(0, |queue| queue.placed);
    let is_free = |record: &&Record| {
        let of_incident = record.seen.iter().map(|head| (None, head.seq));
        let of_steps = record.heads.iter().flatten();
        let mut named = of_incident.chain(of_steps.map(|(step, head)| (Some(step.clone()), head.seq)));
        named.all(|(lane, seq)| placed(&lane) >= seq)
    };
    let waiting = || lanes.values().filter_map(|queue| queue.waiting.front());
    let next = waiting()
        .filter(is_free)
        .min_by(|one, other| (one.at, &one.lane).cmp(&(other.at, &other.lane)));
    match (next, waiting().next()) {
        (Some(record), _) => Ok(Some(record.lane.clone())),
        (None, None) => Ok(None),
        // Each waits for another: hashes can't name each other in a circle, so one that is named isn't there.
        (None, Some(stuck)) => Err(ChainError::Unseen {
            by: stuck.name(),
            missing: first_missing(stuck, placed),
        }),
    }
}

fn first_missing(record: &Record, placed: impl Fn(&Option<StepId>) -> u32) -> RecordName {
    let of_steps = record.heads.iter().flatten();
    let missing = of_steps
        .map(|(step, head)| (Some(step.clone()), head.seq))
        .find(|(lane, seq)| placed(lane) < *seq);
    let of_incident = iter::once((None, record.seen.as_ref().map_or(0, |head| head.seq)));
    let (lane, seq) = missing.into_iter().chain(of_incident).next().unwrap_or_default();
    RecordName { lane, seq }
}

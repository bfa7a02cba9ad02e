//! Which contained incidents the sweep reads back, in which order, and for how long. What was contained can be changed back at
//! any time: by whoever was contained, by a second identity of theirs, or by a pipeline that knows nothing of it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::SWEEP_SOURCE;
use crate::{
    ids::IncidentId,
    incident::{Incident, Verdict},
    status::Status,
};

/// The statuses of incidents that are watched, as lists show them; an incident's log has the last word.
pub const WATCHED: [Status; 3] = [Status::Contained, Status::Confirmed, Status::Reopened];

/// Incidents that one run reads back. More than these take several runs: whichever was read the longest ago comes first.
pub const MOST_WATCHED: usize = 100;

/// Incidents that one request to a responder names.
pub const MOST_AT_ONCE: usize = 10;

/// The second reading is the machine's, and may be late by this before the sweep takes over.
const LATE: SignedDuration = SignedDuration::from_mins(15);

/// From opening to closing: a question waits for a week at most, one about a plan that has drifted as long again, and stubborn
/// containment and evidence take hours, a day at most each. What was opened this much longer ago than it is watched needn't be
/// looked at.
const LONGEST_OPEN: SignedDuration = SignedDuration::from_hours(16 * 24);

/// What lists know of a watched incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchRow {
    /// Which.
    pub incident: IncidentId,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When the sweep read it back last.
    pub read_at: Option<Timestamp>,
}

/// What is done about a watched incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchAction {
    /// Nothing yet: its machine reads it a second time.
    Wait,
    /// It is read back.
    Read,
    /// Its log says that it doesn't hold: intake and people are told once, and it is watched no more.
    HandOver,
    /// Its days are over: that is written down, and people are told.
    End,
    /// Nothing any more: it was undone, released, or its days ended before.
    Over,
}

/// How long it is watched, as the stack's parameters say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchTimes {
    /// How long after containing the second reading comes.
    pub confirm_after: SignedDuration,
    /// For how many days after the end.
    pub days: u32,
}

impl WatchTimes {
    /// The earliest opening of an incident that may still be watched.
    pub fn opened_since(self, now: Timestamp) -> Timestamp {
        now.checked_sub(self.span() + LONGEST_OPEN)
            .unwrap_or(Timestamp::MIN)
    }

    fn span(self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.days) * 24)
    }
}

/// The rows to look at in this run: whichever was read the longest ago first, and what was never read by when it was opened, so
/// that a burst of new ones doesn't keep the old from being read.
pub fn watch_order(mut rows: Vec<WatchRow>) -> Vec<WatchRow> {
    rows.sort_by(|one, other| {
        let key = |row: &WatchRow| row.read_at.unwrap_or(row.opened_at);
        key(one)
            .cmp(&key(other))
            .then_with(|| one.incident.as_str().cmp(other.incident.as_str()))
    });
    rows
}

/// Decides on one incident.
pub fn watch_action(incident: &Incident, times: WatchTimes, now: Timestamp) -> WatchAction {
    let Some((_, closed_at)) = incident.closed.filter(|_| incident.can_be_read_again()) else {
        return WatchAction::Over;
    };
    if incident.watch_ended.is_some() {
        return WatchAction::Over;
    }
    let verdict = incident.confirmation.as_ref().map(|it| &it.verdict);
    if matches!(verdict, Some(Verdict::Reopened { .. })) {
        return WatchAction::HandOver;
    }
    if now.duration_since(closed_at) >= times.span() {
        return WatchAction::End;
    }
    let contained_at = incident.contained_at().unwrap_or(closed_at);
    let is_late = now.duration_since(contained_at) >= times.confirm_after + LATE;
    if incident.awaits_second_reading() && !is_late {
        return WatchAction::Wait;
    }
    WatchAction::Read
}

/// What the sweep sends to intake of a containment that doesn't hold any more. It names an incident and claims nothing: intake
/// reads back by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainmentReverted {
    source: String,
    #[serde(rename = "detail-type")]
    detail_type: String,
    detail: Detail,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Detail {
    incident: IncidentId,
}

const CONTAINMENT_REVERTED: &str = "Backstop Containment Reverted";

impl ContainmentReverted {
    /// About this incident.
    pub fn of(incident: IncidentId) -> Self {
        Self {
            source: SWEEP_SOURCE.to_owned(),
            detail_type: CONTAINMENT_REVERTED.to_owned(),
            detail: Detail { incident },
        }
    }

    /// The incident that a message names, if it is one of these.
    pub fn read(body: &str) -> Option<IncidentId> {
        let message: Self = serde_json::from_str(body).ok()?;
        let is_one = message.source == SWEEP_SOURCE && message.detail_type == CONTAINMENT_REVERTED;
        is_one.then_some(message.detail.incident)
    }
}

#[cfg(test)]
mod tests;

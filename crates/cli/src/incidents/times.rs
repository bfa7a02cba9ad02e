//! When what happened: the moments of an incident that people ask for afterwards.

use backstop_core::log::{Event, FindingRef, Record};
use jiff::Timestamp;
use serde::Serialize;

use crate::span::between;

/// One moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Moment {
    /// What.
    pub(super) what: &'static str,
    /// When.
    pub(super) at: Timestamp,
    /// Milliseconds since the incident was opened.
    pub(super) after_opening_ms: i64,
}

impl Moment {
    /// `+1.2s`, `+4m 10s`.
    pub(super) fn after(&self, opened: Timestamp) -> String {
        if self.after_opening_ms < 60_000 {
            let tenths = self.after_opening_ms / 100;
            return format!("+{}.{}s", tenths / 10, tenths % 10);
        }
        format!("+{}", between(opened, self.at))
    }
}

/// The moments, in the order in which they usually come; those that never came are left out.
pub(super) fn moments(log: &[Record]) -> Vec<Moment> {
    let Some(opened) = log.first() else {
        return Vec::new();
    };
    let first = |is: fn(&Event) -> bool| log.iter().find(|record| is(&record.event));
    let last = |is: fn(&Event) -> bool| log.iter().rev().find(|record| is(&record.event));
    [
        (
            "asked for a decision",
            last(|event| matches!(event, Event::ApprovalRequested { .. })),
        ),
        ("approved", last(|event| matches!(event, Event::Approved { .. }))),
        ("denied", last(|event| matches!(event, Event::Denied { .. }))),
        ("expired", last(|event| matches!(event, Event::ApprovalExpired))),
        (
            "first change",
            first(|event| matches!(event, Event::Acting { plan } if !plan.changes.is_empty())),
        ),
        (
            "last step ended",
            last(|event| matches!(event, Event::StepEnded { .. })),
        ),
        (
            "last read back",
            last(|event| matches!(event, Event::Verified { .. })),
        ),
        (
            "people told",
            first(|event| matches!(event, Event::Notified { .. })),
        ),
        ("closed", last(|event| matches!(event, Event::Closed { .. }))),
        (
            "undo asked for",
            last(|event| matches!(event, Event::UndoRequested { .. })),
        ),
        (
            "undo ended",
            last(|event| matches!(event, Event::UndoEnded { .. })),
        ),
    ]
    .into_iter()
    .filter_map(|(what, record)| {
        let at = record?.at;
        let after_opening_ms = at.as_millisecond() - opened.at.as_millisecond();
        Some(Moment {
            what,
            at,
            after_opening_ms,
        })
    })
    .collect()
}

/// How long the finding took to come: "12s after GuardDuty last changed the finding".
pub(super) fn way_of(finding: &FindingRef, opened: Timestamp) -> Option<String> {
    let (at, what) = finding
        .updated_at
        .map(|at| (at, "was last changed"))
        .or_else(|| finding.created_at.map(|at| (at, "was made")))?;
    Some(format!("{} after the finding {what} ({at})", between(at, opened)))
}

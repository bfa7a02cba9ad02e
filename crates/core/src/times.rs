//! When what happened: the moments of an incident that people ask for afterwards, from its log alone.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    about::About,
    incident::Incident,
    log::{Event, FindingRef, Record},
    status::Status,
    step::Phase,
};

/// The moments of an incident and the times between them. What the log doesn't know, or what never came, is absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Times {
    /// The earliest activity that any of its findings names.
    pub first_seen: Option<Timestamp>,
    /// When the product made the first of its findings.
    pub detected: Option<Timestamp>,
    /// When the incident was opened.
    pub opened: Timestamp,
    /// When the first containing change began: its receipt was saved, the call came next.
    pub first_change: Option<Timestamp>,
    /// When the last containing step was proven; only if the incident was closed as contained.
    pub contained: Option<Timestamp>,
    /// When people were notified first how it ended.
    pub notified: Option<Timestamp>,
    /// When it was closed.
    pub closed: Option<Timestamp>,
    /// When a person last asked for undo.
    pub undo_asked: Option<Timestamp>,
    /// When the last step of that undo ended; absent while it is under way.
    pub undo_ended: Option<Timestamp>,
    /// From the first activity to the finding.
    pub to_detect_ms: Option<i64>,
    /// From the finding to the opened incident.
    pub to_open_ms: Option<i64>,
    /// From the opened incident to the first containing change.
    pub to_first_change_ms: Option<i64>,
    /// From the opened incident to the proof that it is contained.
    pub to_contain_ms: Option<i64>,
    /// From the request to undo to its end.
    pub to_recover_ms: Option<i64>,
}

impl Times {
    /// Reads them from the log, of which `incident` is the fold.
    pub fn of(log: &[Record], incident: &Incident) -> Self {
        let first = |is: fn(&Event) -> bool| log.iter().find(|record| is(&record.event)).map(|it| it.at);
        let last = |is: fn(&Event) -> bool| log.iter().rev().find(|record| is(&record.event)).map(|it| it.at);
        let opened = incident.opened_at;
        let first_seen = findings(log).filter_map(|finding| finding.first_seen).min();
        let detected = findings(log).filter_map(|finding| finding.created_at).min();
        let first_change = log
            .iter()
            .find(|it| is_containing(&it.event, incident))
            .map(|it| it.at);
        let contained = contained(log, incident);
        let undo_asked = last(|event| matches!(event, Event::UndoRequested { .. }));
        let undo_ended = last(|event| matches!(event, Event::UndoEnded { .. }))
            .filter(|ended| incident.undo == crate::incident::Undo::Ended && Some(*ended) >= undo_asked);
        Self {
            first_seen,
            detected,
            opened,
            first_change,
            contained,
            notified: first(is_end_notified),
            closed: incident.closed.map(|(_, at)| at),
            undo_asked,
            undo_ended,
            to_detect_ms: span(first_seen, detected),
            to_open_ms: span(detected, Some(opened)),
            to_first_change_ms: span(Some(opened), first_change),
            to_contain_ms: span(Some(opened), contained),
            to_recover_ms: span(undo_asked, undo_ended),
        }
    }
}

/// A notice of what came of it. Older logs say nothing of those that ask.
const fn is_end_notified(event: &Event) -> bool {
    matches!(
        event,
        Event::Notified {
            about: About::Outcome | About::Undo | About::Investigation,
            ..
        }
    )
}

/// Milliseconds from one to the other. Products' clocks and ours differ: what would be negative is unknown.
fn span(from: Option<Timestamp>, to: Option<Timestamp>) -> Option<i64> {
    let span = to?.as_millisecond() - from?.as_millisecond();
    (span >= 0).then_some(span)
}

fn findings(log: &[Record]) -> impl Iterator<Item = &FindingRef> {
    log.iter().filter_map(|record| match &record.event {
        Event::Opened(opened) => Some(&opened.finding),
        Event::FindingJoined(finding) => Some(finding),
        _ => None,
    })
}

fn is_containing(event: &Event, incident: &Incident) -> bool {
    let Event::Acting { plan } = event else {
        return false;
    };
    let is_contain_step = incident
        .step(&plan.step)
        .is_some_and(|state| state.step.phase == Phase::Contain);
    is_contain_step && !plan.changes.is_empty()
}

fn contained(log: &[Record], incident: &Incident) -> Option<Timestamp> {
    if !matches!(incident.closed, Some((Status::Contained, _))) {
        return None;
    }
    log.iter()
        .take_while(|record| !matches!(record.event, Event::Closed { .. }))
        .filter(|record| match &record.event {
            Event::Verified {
                step, verification, ..
            } => verification.holds && incident.contain_steps().any(|state| &state.step.step == step),
            _ => false,
        })
        .map(|record| record.at)
        .max()
}

/// One moment, for lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// What.
    pub what: &'static str,
    /// When.
    pub at: Timestamp,
    /// Milliseconds since the incident was opened.
    pub after_opening_ms: i64,
}

impl Moment {
    /// `+1.2s`, `+4m 10s`.
    pub fn after(&self) -> String {
        format!("+{}", length(self.after_opening_ms))
    }
}

/// The moments after the opening, earliest first; of those at the same time, as they usually come. Those that never
/// came are left out.
pub fn moments(log: &[Record], incident: &Incident) -> Vec<Moment> {
    let last = |is: fn(&Event) -> bool| log.iter().rev().find(|record| is(&record.event)).map(|it| it.at);
    let times = Times::of(log, incident);
    let mut moments: Vec<Moment> = [
        (
            "asked for a decision",
            last(|event| matches!(event, Event::ApprovalRequested { .. })),
        ),
        ("approved", last(|event| matches!(event, Event::Approved { .. }))),
        ("denied", last(|event| matches!(event, Event::Denied { .. }))),
        ("expired", last(|event| matches!(event, Event::ApprovalExpired))),
        ("first change", times.first_change),
        (
            "last step ended",
            last(|event| matches!(event, Event::StepEnded { .. })),
        ),
        (
            "last read back",
            last(|event| matches!(event, Event::Verified { .. })),
        ),
        ("contained", times.contained),
        ("people notified", times.notified),
        ("closed", times.closed),
        ("confirmed", last(|event| matches!(event, Event::Confirmed))),
        ("reopened", last(|event| matches!(event, Event::Reopened { .. }))),
        ("undo asked for", times.undo_asked),
        ("undo ended", times.undo_ended),
    ]
    .into_iter()
    .filter_map(|(what, at)| {
        let at = at?;
        Some(Moment {
            what,
            at,
            after_opening_ms: at.as_millisecond() - times.opened.as_millisecond(),
        })
    })
    .collect();
    moments.sort_by_key(|moment| moment.at);
    moments
}

/// How long the finding took to come: "12s after the finding was last changed".
pub fn way_of(finding: &FindingRef, opened: Timestamp) -> Option<String> {
    let (at, what) = finding
        .updated_at
        .map(|at| (at, "was last changed"))
        .or_else(|| finding.created_at.map(|at| (at, "was made")))?;
    Some(format!("{} after the finding {what} ({at})", between(at, opened)))
}

/// Milliseconds in words that people read at once: `1.2s`, `4m 10s`.
pub fn length(milliseconds: i64) -> String {
    if milliseconds < 60_000 {
        let tenths = milliseconds / 100;
        return format!("{}.{}s", tenths / 10, tenths % 10);
    }
    words(milliseconds / 1000)
}

/// How far apart, in words that people read at once: `4m 10s`, `2d 3h`.
pub fn between(earlier: Timestamp, later: Timestamp) -> String {
    words(later.duration_since(earlier).as_secs())
}

fn words(seconds: i64) -> String {
    let parts = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let first = parts
        .iter()
        .position(|(length, _)| seconds >= *length)
        .unwrap_or(3);
    let mut rest = seconds.max(0);
    let mut words = Vec::new();
    for (length, unit) in parts.iter().skip(first).take(2) {
        let count = rest / length;
        rest %= length;
        if count > 0 || words.is_empty() {
            words.push(format!("{count}{unit}"));
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn moments_stand_in_the_order_in_which_they_came() {
        let text = include_bytes!("../tests/recorded-logs/leaked-access-key-contained.json");
        let mut log: Vec<Record> = serde_json::from_slice(text).unwrap();
        // People were told once it was closed.
        let last = log.last().unwrap().clone();
        let notified = Event::Notified {
            channel: "topic".into(),
            subject: "contained".into(),
            message_id: "1".into(),
            body: None,
            about: About::Outcome,
            notice: None,
        };
        log.retain(|record| !is_end_notified(&record.event));
        let later = last.at + SignedDuration::from_mins(1);
        log.push(Record::next(Some(&last), later, "late".into(), notified).unwrap());
        let incident = Incident::replay(&serde_json::from_slice::<Vec<Record>>(text).unwrap()).unwrap();
        let moments = moments(&log, &incident);
        assert!(moments.is_sorted_by_key(|moment| moment.at), "{moments:?}");
        assert_eq!(moments.last().unwrap().what, "people notified");
    }

    #[test]
    fn distances_show_two_units() {
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (3_661, "1h 1m"),
            (90_061, "1d 1h"),
            (-5, "0s"),
        ] {
            assert_eq!(between(start, start + SignedDuration::from_secs(seconds)), text);
        }
        assert_eq!(length(1_234), "1.2s");
        assert_eq!(length(250_000), "4m 10s");
    }
}

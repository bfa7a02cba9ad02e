//! Which incidents need attention, since nobody works on them any more, and what the sweep does about each.

use jiff::{SignedDuration, Timestamp};

use crate::{
    incident::{Incident, Status, Undo},
    log::OriginKind,
};

/// Retries, a slow function, an event that is late: nothing is called abandoned before this.
const GRACE: SignedDuration = SignedDuration::from_mins(15);
/// No step takes as long as this.
const TOO_LONG: SignedDuration = SignedDuration::from_hours(1);
/// But one that waits until snapshots are complete: its machine tries for a day.
const EVIDENCE_TOO_LONG: SignedDuration = SignedDuration::from_hours(26);

/// The execution that was started for an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    /// It runs, or waits for people.
    Runs,
    /// It ended, well or badly.
    Ended,
    /// There is none.
    Absent,
}

/// What the sweep does about an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SweepAction {
    /// Nothing: it is closed, or under way.
    None,
    /// Nobody decided in time, and nothing waits for a decision any more: expire the question, then close.
    Expire,
    /// Its machine ended without closing it: close it with what its log proves, which releases its target.
    Close,
    /// A person must look: notify people.
    Notify(Why),
}

/// Why a person must look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It is stuck.
    Stuck,
    /// It was opened, but its machine was never started.
    NeverStarted,
    /// Its machine runs, and nothing has been written down for an hour.
    NoProgress,
    /// Its undo doesn't end.
    UndoUnfinished,
}

/// The statuses of incidents that are looked at, as lists show them; an incident's log has the last word.
pub const NEEDING_ATTENTION: [Status; 7] = [
    Status::Open,
    Status::AwaitingApproval,
    Status::Containing,
    Status::Expired,
    Status::Unreached,
    Status::Undoing,
    Status::Stuck,
];

/// Whether an incident with this status is looked at.
pub fn may_need_attention(status: Status) -> bool {
    NEEDING_ATTENTION.contains(&status)
}

/// Whether nothing is left to see to, for as long as lists show it so: its undo, say, is shown otherwise.
pub fn is_seen_to(incident: &Incident, shown: Status) -> bool {
    let is_left = incident.status() == Status::Stuck || matches!(incident.undo, Undo::Running(_));
    incident.closed.is_some() && incident.status() == shown && !is_left
}

/// Whether lists still don't show how it ended, though nobody works on it any more; `last` is as for [`sweep_action`].
pub fn is_shown_late(incident: &Incident, shown: Status, last: Timestamp, now: Timestamp) -> bool {
    incident.closed.is_some() && incident.status() != shown && now.duration_since(last) >= GRACE
}

/// Decides on one incident; `last` is when the last record of its log was written that shows that somebody works on it
/// ([`crate::log::Event::is_progress`]). A plan that nobody works on is closed, and nobody is called for it: it was to
/// change nothing, and whoever asked for it sees how it ended.
pub fn sweep_action(incident: &Incident, last: Timestamp, machine: Machine, now: Timestamp) -> SweepAction {
    if let Some(action) = action_by_log(incident, last, now) {
        return action;
    }
    let quiet = now.duration_since(last);
    let open_question = incident.question.as_ref().filter(|_| incident.decision.is_none());
    let is_plan = incident.opened.origin.kind() == OriginKind::Plan;
    match (machine, open_question) {
        (Machine::Absent, _) if is_plan => SweepAction::Close,
        (Machine::Runs, _) if is_plan => SweepAction::None,
        (Machine::Absent, _) => SweepAction::Notify(Why::NeverStarted),
        (Machine::Ended, Some(question)) if now >= question.expires_at => SweepAction::Expire,
        (Machine::Ended, _) => SweepAction::Close,
        (Machine::Runs, Some(question)) if now < question.expires_at + GRACE => SweepAction::None,
        (Machine::Runs, _) if quiet > patience(incident) => SweepAction::Notify(Why::NoProgress),
        (Machine::Runs, _) => SweepAction::None,
    }
}

/// The same where its log alone decides; `None` where its machine has to be looked at.
pub fn action_by_log(incident: &Incident, last: Timestamp, now: Timestamp) -> Option<SweepAction> {
    let quiet = now.duration_since(last);
    if incident.status() == Status::Stuck {
        return Some(SweepAction::Notify(Why::Stuck));
    }
    if matches!(incident.undo, Undo::Running(_)) {
        return Some(if quiet > TOO_LONG {
            SweepAction::Notify(Why::UndoUnfinished)
        } else {
            SweepAction::None
        });
    }
    (incident.closed.is_some() || quiet < GRACE).then_some(SweepAction::None)
}

/// How long nothing may be written down. Once people are notified, only evidence is waited for.
fn patience(incident: &Incident) -> SignedDuration {
    let is_kept =
        incident.notices.ending_is_known() && incident.missing_evidence().iter().any(|one| one.is_awaited);
    if is_kept { EVIDENCE_TOO_LONG } else { TOO_LONG }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;

    use super::*;
    use crate::{log::Event, sweep::testing};

    const OPENED: &str = "2026-05-01T08:00:00Z";

    /// An incident with these events after its first, a minute apart, and when the last was written.
    fn after(events: Vec<Event>) -> (Incident, Timestamp) {
        with_steps(json!([]), events)
    }

    fn with_steps(steps: serde_json::Value, events: Vec<Event>) -> (Incident, Timestamp) {
        let opened = testing::opened(&json!({ "steps": steps }));
        let events = std::iter::once(opened).chain(events);
        let records = testing::log_of(OPENED.parse().unwrap(), SignedDuration::from_mins(1), events);
        (Incident::replay(&records).unwrap(), records.last().unwrap().at)
    }

    fn asked() -> Event {
        Event::ApprovalRequested {
            plan_hash: crate::Hash::default(),
            expires_at: "2026-05-01T12:00:00Z".parse().unwrap(),
            needed: 1,
            body: None,
        }
    }

    fn at(time: &str, events: Vec<Event>, machine: Machine) -> SweepAction {
        let (incident, last) = after(events);
        sweep_action(
            &incident,
            last,
            machine,
            format!("2026-05-01T{time}:00Z").parse().unwrap(),
        )
    }

    #[test]
    fn a_question_expires_once_nothing_waits_for_its_answer() {
        assert_eq!(at("11:59", vec![asked()], Machine::Runs), SweepAction::None);
        assert_eq!(at("12:14", vec![asked()], Machine::Runs), SweepAction::None);
        assert_eq!(
            at("12:16", vec![asked()], Machine::Runs),
            SweepAction::Notify(Why::NoProgress)
        );
        assert_eq!(at("12:01", vec![asked()], Machine::Ended), SweepAction::Expire);
        assert_eq!(
            at("09:00", vec![asked()], Machine::Ended),
            SweepAction::Close,
            "its machine died before"
        );
    }

    #[test]
    fn what_its_machine_left_is_closed_and_what_has_none_is_named() {
        assert_eq!(at("08:14", vec![], Machine::Ended), SweepAction::None);
        assert_eq!(at("08:16", vec![], Machine::Ended), SweepAction::Close);
        assert_eq!(
            at("08:16", vec![], Machine::Absent),
            SweepAction::Notify(Why::NeverStarted)
        );
        assert_eq!(at("08:59", vec![], Machine::Runs), SweepAction::None);
        assert_eq!(
            at("09:01", vec![], Machine::Runs),
            SweepAction::Notify(Why::NoProgress)
        );
    }

    #[test]
    fn nobody_is_called_for_a_plan_that_died() {
        let fields = json!({
            "mode": "observe", "origin": { "origin": "plan", "by": "arn:aws:iam::123456789012:user/alice", "reason": null },
        });
        let opened = || std::iter::once(testing::opened(&fields));
        let records = testing::log_of(OPENED.parse().unwrap(), SignedDuration::from_mins(1), opened());
        let incident = Incident::replay(&records).unwrap();
        let last = records.last().unwrap().at;
        let late = last + SignedDuration::from_hours(48);
        for (machine, expected) in [
            (Machine::Absent, SweepAction::Close),
            (Machine::Ended, SweepAction::Close),
            (Machine::Runs, SweepAction::None),
        ] {
            assert_eq!(
                sweep_action(&incident, last, machine, late),
                expected,
                "{machine:?}"
            );
        }
    }

    #[test]
    fn snapshots_may_take_a_day_once_people_are_notified() {
        let steps = json!([{ "step": "secure", "action": "ec2.secure-snapshots", "title": "Secure", "phase": "preserve" }]);
        let notified = Event::Notified {
            channel: "topic".into(),
            subject: "contained".into(),
            message_id: "1".into(),
            body: None,
            about: Default::default(),
            notice: None,
        };
        let now = "2026-05-01T20:00:00Z".parse().unwrap();
        let (waiting, last) = with_steps(steps.clone(), vec![notified]);
        assert_eq!(
            sweep_action(&waiting, last, Machine::Runs, now),
            SweepAction::None
        );
        let late = now + SignedDuration::from_hours(24);
        assert_eq!(
            sweep_action(&waiting, last, Machine::Runs, late),
            SweepAction::Notify(Why::NoProgress)
        );
        let (nobody_knows, last) = with_steps(steps, vec![]);
        assert_eq!(
            sweep_action(&nobody_knows, last, Machine::Runs, now),
            SweepAction::Notify(Why::NoProgress)
        );
    }

    #[test]
    fn what_is_closed_and_shown_so_is_seen_to_unless_somebody_must_look() {
        let closed = || Event::Closed {
            status: Status::Expired,
        };
        let stuck = Event::Stuck {
            during: "undo".into(),
            reason: "drifted".into(),
            commands: vec![],
        };
        let undo: Event = serde_json::from_value(json!({
            "event": "undo-requested", "by": "arn:aws:iam::123456789012:user/alice", "reason": null, "steps": ["secure"],
        }))
        .unwrap();
        let steps = json!([{ "step": "secure", "action": "ec2.secure-snapshots", "title": "Secure", "phase": "preserve" }]);
        for (events, shown, expected) in [
            (vec![closed()], Status::Expired, true),
            (vec![closed()], Status::AwaitingApproval, false),
            (vec![asked()], Status::AwaitingApproval, false),
            (vec![closed(), stuck], Status::Stuck, false),
            (vec![closed(), undo], Status::Undoing, false),
        ] {
            let (incident, _) = with_steps(steps.clone(), events);
            assert_eq!(is_seen_to(&incident, shown), expected, "{shown}");
        }
    }

    #[test]
    fn an_ending_may_take_a_moment_to_be_shown() {
        let closed = Event::Closed {
            status: Status::Expired,
        };
        let (incident, last) = after(vec![closed]);
        let is_late =
            |shown, minutes| is_shown_late(&incident, shown, last, last + SignedDuration::from_mins(minutes));
        assert!(is_late(Status::AwaitingApproval, 15));
        assert!(!is_late(Status::AwaitingApproval, 14));
        assert!(!is_late(Status::Expired, 15));
        let (open, last) = after(vec![asked()]);
        assert!(!is_shown_late(
            &open,
            Status::Open,
            last,
            last + SignedDuration::from_mins(15)
        ));
    }

    #[test]
    fn the_closed_are_left_alone_unless_they_are_stuck_or_their_undo_is() {
        let closed = || Event::Closed {
            status: Status::Contained,
        };
        assert_eq!(at("20:00", vec![closed()], Machine::Ended), SweepAction::None);
        let stuck = Event::Stuck {
            during: "undo".into(),
            reason: "drifted".into(),
            commands: vec![],
        };
        assert_eq!(
            at("08:02", vec![closed(), stuck], Machine::Ended),
            SweepAction::Notify(Why::Stuck)
        );
    }
}

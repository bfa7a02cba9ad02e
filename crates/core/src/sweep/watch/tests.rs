#![expect(clippy::unwrap_used, reason = "tests")]
use serde_json::json;

use super::*;
use crate::{log::Event, outcome::Outcome, sweep::testing};

const TIMES: WatchTimes = WatchTimes {
    confirm_after: SignedDuration::from_mins(15),
    days: 30,
};

fn start() -> Timestamp {
    "2026-05-01T08:00:00Z".parse().unwrap()
}

fn event(json: serde_json::Value) -> Event {
    serde_json::from_value(json).unwrap()
}

/// A contained incident with these events after it was closed, all of the first minute.
fn contained(more: Vec<Event>) -> Incident {
    let step = json!({ "step": "deny", "action": "iam.deny-user", "title": "Deny", "phase": "contain" });
    let opened = testing::opened(&json!({ "steps": [step] }));
    let done = Event::StepEnded {
        step: "deny".into(),
        outcome: Outcome::Already,
    };
    let proven = read(true);
    let closed = Event::Closed {
        status: Status::Contained,
    };
    let events = [opened, done, proven, closed].into_iter().chain(more);
    let records = testing::log_of(start(), SignedDuration::from_secs(1), events);
    Incident::replay(&records).unwrap()
}

fn read(holds: bool) -> Event {
    event(json!({ "event": "verified", "step": "deny", "holds": holds, "observed": "o" }))
}

fn after(more: Vec<Event>, minutes: i64) -> WatchAction {
    watch_action(
        &contained(more),
        TIMES,
        start() + SignedDuration::from_mins(minutes),
    )
}

fn released() -> Event {
    Event::Released {
        by: "arn:aws:iam::123456789012:user/alice".to_owned(),
        person: crate::ids::PersonId::new("alice"),
        reason: "the key was rotated".to_owned(),
    }
}

const DAY: i64 = 24 * 60;

#[test]
fn the_machine_reads_it_a_second_time_and_then_the_sweep() {
    assert_eq!(after(vec![], 1), WatchAction::Wait);
    assert_eq!(after(vec![], 29), WatchAction::Wait);
    assert_eq!(after(vec![], 31), WatchAction::Read, "its machine died");
    assert_eq!(after(vec![Event::Confirmed], 1), WatchAction::Read);
    let partial = Event::NotConfirmed {
        missing: vec!["m".into()],
    };
    assert_eq!(after(vec![partial], 1), WatchAction::Read);
}

#[test]
fn it_ends_after_its_days_by_release_and_by_undo() {
    assert_eq!(after(vec![Event::Confirmed], 30 * DAY - 1), WatchAction::Read);
    assert_eq!(after(vec![Event::Confirmed], 30 * DAY + 1), WatchAction::End);
    let ended = vec![Event::Confirmed, Event::WatchEnded { days: 30 }];
    assert_eq!(after(ended, 40 * DAY), WatchAction::Over, "once");
    assert_eq!(after(vec![Event::Confirmed, released()], 60), WatchAction::Over);
    let undo = Event::UndoRequested {
        by: "a".into(),
        reason: None,
        steps: vec!["deny".into()],
        accepting: vec![],
    };
    assert_eq!(after(vec![Event::Confirmed, undo], 60), WatchAction::Over);
}

#[test]
fn what_a_reading_found_gone_is_handed_over_and_not_read_for_ever() {
    let reopened = Event::Reopened {
        found: vec!["gone".into()],
    };
    assert_eq!(after(vec![reopened], 60), WatchAction::HandOver);
}

#[test]
fn a_later_reading_takes_back_what_was_confirmed_once() {
    let gone = contained(vec![Event::Confirmed, read(false)]);
    let Some(Verdict::Reopened { found }) = gone.verdict_due() else {
        unreachable!("it doesn't hold")
    };
    assert!(gone.was_changed_back());
    let reopened = || Event::Reopened { found: found.clone() };
    let told = contained(vec![Event::Confirmed, read(false), reopened(), read(false)]);
    assert_eq!(told.verdict_due(), None, "it is told already");
    assert_eq!(told.status(), Status::Reopened);
    for holds in [
        vec![Event::Confirmed],
        vec![Event::Confirmed, read(true)],
        vec![Event::Confirmed, released(), read(false)],
    ] {
        assert_eq!(contained(holds).verdict_due(), None);
    }
}

#[test]
fn a_release_is_a_status_of_its_own_and_undo_stays_possible() {
    let incident = contained(vec![Event::Confirmed, released()]);
    assert_eq!(incident.status(), Status::Released);
    assert_eq!(incident.ended_as(), Some(Status::Confirmed));
    let undo = Event::UndoRequested {
        by: "a".into(),
        reason: None,
        steps: vec!["deny".into()],
        accepting: vec![],
    };
    let undoing = contained(vec![Event::Confirmed, released(), undo]);
    assert_eq!(undoing.status(), Status::Undoing);
}

#[test]
fn a_thousand_are_read_in_turn_and_new_ones_dont_push_in() {
    let row = |number: u32, opened: i64, read: Option<i64>| WatchRow {
        incident: IncidentId::new(format!("{number:04}")),
        opened_at: start() + SignedDuration::from_mins(opened),
        read_at: read.map(|minute| start() + SignedDuration::from_mins(minute)),
    };
    let mut rows: Vec<WatchRow> = (0..1000).map(|number| row(number, 0, None)).collect();
    let mut seen = std::collections::BTreeSet::new();
    let runs = 10;
    for run in 0..runs {
        rows.push(row(5000 + u32::try_from(run).unwrap(), 10_000, None));
        let turn: Vec<IncidentId> = watch_order(rows.clone())
            .into_iter()
            .take(MOST_WATCHED)
            .map(|row| row.incident)
            .collect();
        for one in rows.iter_mut().filter(|row| turn.contains(&row.incident)) {
            one.read_at = Some(start() + SignedDuration::from_mins(100 + run));
        }
        seen.extend(turn.into_iter().map(|id| id.as_str().to_owned()));
    }
    assert_eq!(seen.len(), 1000, "each once in {runs} runs");
    assert!(seen.iter().all(|id| id.as_str() < "1000"));
}

#[test]
fn only_what_may_be_watched_is_listed() {
    let now = start();
    let since = TIMES.opened_since(now);
    let days = now.duration_since(since).as_hours() / 24;
    assert_eq!(days, 46, "its days, and the longest that one is open");
}

#[test]
fn intake_knows_the_message_by_what_it_is() {
    let id = IncidentId::new("01JDXQ6T8R7M5V9N2K4H3G1FZB");
    let body = serde_json::to_string(&ContainmentReverted::of(id.clone())).unwrap();
    assert_eq!(ContainmentReverted::read(&body), Some(id));
    for other in [
        "{}",
        "",
        r#"{"source":"aws.guardduty","detail-type":"Backstop Containment Reverted","detail":{"incident":"01"}}"#,
        r#"{"source":"backstop.sweep","detail-type":"GuardDuty Finding","detail":{"incident":"01"}}"#,
    ] {
        assert_eq!(ContainmentReverted::read(other), None, "{other}");
    }
}

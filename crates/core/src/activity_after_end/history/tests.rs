//! A target whose incidents follow one another.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};

use super::*;
use crate::status::Status;

const NOW: &str = "2026-03-02T10:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn finding(key: &str, seen: &str) -> FindingRef {
    let finding = json!({ "key": key, "finding_type": "T", "route": "guard-duty-event", "count": 1,
        "severity": { "score": 8.0, "label": "high" }, "first_seen": null, "last_seen": seen, "created_at": null,
        "updated_at": seen });
    serde_json::from_value(finding).unwrap()
}

/// An incident that this finding opened, and what was written afterwards, a minute apart.
fn log(
    begin: &str,
    linked: Option<&str>,
    guardrail: Option<&str>,
    key: &str,
    more: Vec<Value>,
) -> Vec<Record> {
    let guardrails: Vec<Value> = guardrail
        .iter()
        .map(|name| json!({ "guardrail": name, "effect": { "lower-to": "approve" }, "detail": "" }))
        .collect();
    let opened = json!({ "event": "opened", "playbook": "p", "mode": "approve", "steps": [], "origin": { "origin": "finding" },
        "target": { "account": "123456789012", "region": "eu-west-1", "partition": "aws",
                    "resource": { "kind": "bucket", "name": "logs" } },
        "title": "t", "linked": linked, "guardrails": guardrails, "finding": finding(key, begin) });
    let mut records: Vec<Record> = Vec::new();
    for (minute, event) in std::iter::once(opened).chain(more).enumerate() {
        let event = serde_json::from_value(event).unwrap();
        let at = at(begin) + SignedDuration::from_mins(i64::try_from(minute).unwrap());
        records.push(Record::next(records.last(), at, minute.to_string(), event).unwrap());
    }
    records
}

fn closed(status: Status) -> Value {
    json!({ "event": "closed", "status": status })
}

fn denied() -> Vec<Value> {
    vec![
        json!({ "event": "approval-requested", "plan_hash": "12", "expires_at": NOW, "needed": 1 }),
        json!({ "event": "denied", "by": "arn:aws:iam::123456789012:user/alice", "reason": null }),
        closed(Status::Denied),
    ]
}

/// The last of these is the target's last incident.
fn history(logs: &[Vec<Record>]) -> History {
    let names: Vec<IncidentId> = (0..logs.len()).map(|n| IncidentId::new(n.to_string())).collect();
    let mut all = names.iter().zip(logs).rev().map(|(id, log)| (id, log.as_slice()));
    let last = all.next().unwrap();
    History::read(last, all).unwrap()
}

#[test]
fn a_state_that_is_noted_is_no_news_and_a_later_one_is() {
    let copy = |seen: &str| {
        let mut joined = serde_json::to_value(finding("k", seen)).unwrap();
        if let Some(it) = joined.as_object_mut() {
            it.insert("event".to_owned(), json!("finding-joined"));
        }
        joined
    };
    let noted = copy("2026-03-02T09:00:00Z");
    let history = history(&[
        log(
            "2026-03-02T07:00:00Z",
            None,
            None,
            "old",
            vec![closed(Status::Expired)],
        ),
        log(
            "2026-03-02T08:00:00Z",
            Some("0"),
            None,
            "k",
            vec![closed(Status::Contained), noted],
        ),
    ]);
    let of = |key: &str, seen: &str| history.activity(&finding(key, seen), Mode::Approve).unwrap();
    assert_eq!(
        of("k", "2026-03-02T08:30:00Z"),
        NewActivity::Nothing,
        "noted, later than this"
    );
    assert_eq!(of("k", "2026-03-02T09:00:00Z"), NewActivity::Nothing, "noted");
    assert_eq!(of("k", "2026-03-02T09:00:01Z"), NewActivity::Continued);
    assert_eq!(
        of("old", "2026-03-02T09:00:00Z"),
        NewActivity::Continued,
        "an earlier incident's"
    );
    assert_eq!(of("new", "2026-03-02T07:00:00Z"), NewActivity::AnotherFinding);
    assert_eq!(history.ending(), Ending::Contained);
    assert!(history.knows("old") && !history.knows("new"));
}

#[test]
fn an_incident_that_is_open_has_no_end_to_come_after() {
    let open = history(&[log("2026-03-02T08:00:00Z", None, None, "k", vec![])]);
    assert_eq!(open.activity(&finding("k", NOW), Mode::Auto), None);
}

#[test]
fn what_security_hub_was_told_last_of_this_finding_counts() {
    let told = |workflow: &str, keys: &[&str]| json!({ "event": "hub-told", "workflow": workflow, "updated": keys, "failed": [] });
    for (events, expected) in [
        (vec![told("RESOLVED", &["k"])], NewActivity::Reset),
        (vec![told("RESOLVED", &["other"])], NewActivity::Nothing),
        (
            vec![told("RESOLVED", &["k"]), told("NOTIFIED", &["k"])],
            NewActivity::Nothing,
        ),
        (
            vec![told("NOTIFIED", &["k"]), told("RESOLVED", &["k"])],
            NewActivity::Reset,
        ),
    ] {
        let mut all = vec![closed(Status::Contained)];
        all.extend(events);
        let history = history(&[log("2026-03-02T08:00:00Z", None, None, "k", all.clone())]);
        let mut again = finding("k", "2026-03-02T08:00:00Z");
        again.updated_at = Some(at("2026-03-02T09:00:00Z"));
        assert_eq!(history.activity(&again, Mode::Approve), Some(expected), "{all:?}");
    }
}

/// A forger's incidents would else keep the real finding from being answered.
#[test]
fn what_nothing_confirmed_uses_nothing_up() {
    let done = || vec![closed(Status::Contained)];
    let history = history(&[
        log("2026-02-27T08:00:00Z", None, None, "a", done()),
        log("2026-03-01T09:00:00Z", Some("0"), None, "b", done()),
        log("2026-03-02T08:00:00Z", Some("1"), None, "c", done()),
        log("2026-03-02T08:10:00Z", Some("2"), Some(UNCONFIRMED), "d", done()),
        log("2026-03-02T08:20:00Z", Some("3"), Some(UNCONFIRMED), "e", done()),
    ]);
    let reopened = |is_confirmed| history.since(at(NOW), Mode::Auto, is_confirmed, false).reopened;
    assert_eq!((reopened(true), reopened(false)), (1, 3), "within a day");
}

#[test]
fn a_persons_word_stands_in_every_incident_that_follows() {
    let expired = || vec![closed(Status::Expired)];
    let named = |history: &History| history.word_of_a_person().map(|decision| decision.guardrail);
    let followed = history(&[
        log("2026-02-27T08:00:00Z", None, None, "a", denied()),
        log("2026-03-01T09:00:00Z", Some("0"), None, "b", expired()),
    ]);
    assert_eq!(named(&followed).as_deref(), Some("denied-before"));
    let undone = json!({ "event": "undo-requested", "by": "arn:aws:iam::123456789012:user/alice", "reason": null, "steps": [] });
    let undone = history(&[log(
        "2026-02-27T08:00:00Z",
        None,
        None,
        "a",
        vec![closed(Status::Contained), undone],
    )]);
    assert_eq!(named(&undone).as_deref(), Some("undone-before"));
    assert_eq!(undone.ending(), Ending::Undone);
    let nobodys = history(&[log("2026-02-27T08:00:00Z", None, None, "a", expired())]);
    assert_eq!(named(&nobodys), None);
}

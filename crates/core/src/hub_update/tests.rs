//! Which ends Security Hub is told about, and in which words.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::{
    finding::{HubFormat, Route, Severity},
    log::Opened,
    mode::Mode,
    target::{Resource, Target, kind},
    task::About,
};

fn hub(id: &str) -> HubFinding {
    HubFinding {
        id: id.into(),
        product: "arn:aws:securityhub:eu-west-1::product/aws/guardduty".into(),
        account: "123456789012".into(),
        region: "eu-west-1".into(),
        format: HubFormat::Asff,
    }
}

fn reference_of(id: &str, hub: Option<HubFinding>) -> FindingRef {
    FindingRef {
        key: format!("123456789012/eu-west-1/{id}"),
        finding_type: "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom".into(),
        route: Route::SecurityHubImported,
        severity: Severity::of_score(8.0),
        count: 1,
        first_seen: None,
        last_seen: None,
        created_at: None,
        updated_at: None,
        message: None,
        facts: Vec::new(),
        peers: Vec::new(),
        hub: hub.map(Box::new),
    }
}

fn records(origin: Origin, finding: FindingRef, rest: Vec<Event>) -> Vec<Record> {
    let opened = Event::Opened(Box::new(Opened {
        playbook: "leaked-access-key".into(),
        target: Target {
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
            resource: Resource::User(kind::User {
                user_name: "x".repeat(2000),
                user_id: None,
            }),
        },
        mode: Mode::Auto,
        steps: vec![],
        origin,
        finding,
        title: String::new(),
        linked: None,
        case: crate::case::Case::default(),
        guardrails: vec![],
    }));
    let mut records: Vec<Record> = Vec::new();
    for event in std::iter::once(opened).chain(rest) {
        let at = "2026-03-01T12:00:00Z".parse().unwrap();
        records.push(Record::next(records.last(), at, "w".into(), event).unwrap());
    }
    records
}

fn notified() -> Event {
    Event::Notified {
        channel: String::new(),
        subject: String::new(),
        message_id: String::new(),
        about: About::Outcome,
        notice: None,
        body: None,
    }
}

fn update(records: &[Record]) -> Option<HubUpdate> {
    let incident = Incident::replay(records).unwrap();
    HubUpdate::of(&"01JDXQ6T8R7M5V9N2K4H3G1FZB".into(), &incident, records)
}

fn ended(status: Status) -> Vec<Event> {
    vec![notified(), Event::Closed { status }]
}

#[test]
fn only_what_is_confirmed_is_resolved_and_only_what_people_know_is_notified() {
    let told = |status| {
        let records = records(Origin::Finding, reference_of("a", Some(hub("a"))), ended(status));
        update(&records).map(|update| update.workflow)
    };
    for status in [
        Status::Contained,
        Status::PartiallyContained,
        Status::Failed,
        Status::Reported,
        Status::Denied,
    ] {
        assert_eq!(told(status), Some(Workflow::Notified), "{status}");
    }
    for status in [
        Status::Observed,
        Status::Refused,
        Status::Expired,
        Status::Unreached,
    ] {
        assert_eq!(told(status), None, "{status}");
    }
    let untold = vec![Event::Closed {
        status: Status::Failed,
    }];
    assert_eq!(
        update(&records(
            Origin::Finding,
            reference_of("a", Some(hub("a"))),
            untold
        )),
        None
    );
}

#[test]
fn it_is_resolved_at_the_second_reading_and_open_again_if_that_is_taken_back() {
    let told = |workflow| Event::HubTold {
        workflow,
        updated: vec![],
        failed: vec![],
    };
    let mut events = ended(Status::Contained);
    let mut now = |event: Event| {
        events.push(event);
        let records = records(Origin::Finding, reference_of("a", Some(hub("a"))), events.clone());
        update(&records).map(|update| update.workflow)
    };
    assert_eq!(now(told(Workflow::Notified)), None);
    assert_eq!(now(Event::Confirmed), Some(Workflow::Resolved));
    assert_eq!(now(told(Workflow::Resolved)), None);
    let found = vec!["the deny is gone".to_owned()];
    assert_eq!(now(Event::Reopened { found }), Some(Workflow::Notified));
    // An earlier version resolved at once.
    let mut events = ended(Status::Contained);
    events.push(told(Workflow::Resolved));
    let before = records(Origin::Finding, reference_of("a", Some(hub("a"))), events);
    assert_eq!(update(&before), None);
}

#[test]
fn each_finding_of_the_incident_is_told_of_once_and_the_note_fits() {
    let mut events = vec![
        Event::FindingJoined(reference_of("a", Some(hub("a")))),
        Event::FindingJoined(reference_of("b", Some(hub("b")))),
        Event::FindingJoined(reference_of("c", None)),
    ];
    events.extend(ended(Status::Contained));
    let records = records(Origin::Finding, reference_of("a", Some(hub("a"))), events);
    let update = update(&records).unwrap();
    assert_eq!(update.findings.len(), 2);
    assert_eq!(
        update.note.chars().count(),
        512,
        "a long name is cut, not the incident's id"
    );
    assert!(
        update
            .note
            .starts_with("Backstop incident 01JDXQ6T8R7M5V9N2K4H3G1FZB: contained"),
        "{}",
        update.note
    );
}

/// GuardDuty's archive says that a finding is no problem; nobody here may say so.
#[test]
fn nothing_is_told_for_guardduty_itself_for_drills_or_twice() {
    let direct = records(Origin::Finding, reference_of("a", None), ended(Status::Contained));
    assert_eq!(update(&direct), None);
    let drill = records(
        Origin::Drill,
        reference_of("a", Some(hub("a"))),
        ended(Status::Contained),
    );
    assert_eq!(update(&drill), None);
    let mut events = ended(Status::Contained);
    events.push(Event::HubTold {
        workflow: Workflow::Resolved,
        updated: vec![],
        failed: vec!["throttled".into()],
    });
    assert_eq!(
        update(&records(
            Origin::Finding,
            reference_of("a", Some(hub("a"))),
            events
        )),
        None
    );
    let open = records(
        Origin::Finding,
        reference_of("a", Some(hub("a"))),
        vec![notified()],
    );
    assert_eq!(update(&open), None);
}

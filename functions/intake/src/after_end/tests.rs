//! A closed incident whose finding comes again, against a table of mocks.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use backstop_core::{Hash, Mode, finding::parse, incident::Status, log::Event};
use serde_json::json;

use super::*;
use crate::incident::tests::{Table, copy, opened, openings};

/// The finding as it is after the end: seen again, in a deployment that acts by itself.
fn seen_again(count: u32) -> (String, FindingRef) {
    let mut event: serde_json::Value = serde_json::from_str(&copy(count).0).unwrap();
    let later = (now() + Duration::from_secs(60)).to_string();
    *event.pointer_mut("/detail/service/eventLastSeen").unwrap() = later.clone().into();
    *event.pointer_mut("/detail/updatedAt").unwrap() = later.into();
    let body = event.to_string();
    let parsed = parse(body.as_bytes()).unwrap();
    let reference = FindingRef::of(parsed.findings.first().unwrap(), None);
    (body, reference)
}

/// An incident of the first copy that has ended like this, which another may follow.
async fn ended(more: Vec<Event>) -> (Arc<Mutex<Table>>, Intake) {
    let (table, intake) = opened().await;
    {
        let mut table = table.lock().unwrap();
        for event in more {
            table.append(event);
        }
        table.replaceable = true;
    }
    (table, intake)
}

#[tokio::test]
async fn what_ended_badly_is_followed_when_it_is_seen_again() {
    for status in [Status::Failed, Status::Expired, Status::Refused] {
        let (table, intake) = ended(vec![Event::Closed { status }]).await;
        let old = copy(2).0;
        intake.answer("old", &old).await.unwrap();
        assert_eq!(
            openings(&table).len(),
            1,
            "{status}: it tells of the time before the end"
        );
        let again = seen_again(500).0;
        intake.answer("again", &again).await.unwrap();
        assert_eq!(openings(&table)[1..], [(Mode::Auto, vec![])], "{status}");
        assert!(table.lock().unwrap().notices.is_empty());
    }
}

#[tokio::test]
async fn what_a_person_denied_is_told_of_and_noted() {
    let asked = Event::ApprovalRequested {
        plan_hash: Hash::default(),
        expires_at: now() + Duration::from_secs(3600),
        needed: 1,
        body: None,
    };
    let denied = json!({ "event": "denied", "by": "arn:aws:iam::123456789012:user/alice", "reason": null });
    let closed = Event::Closed {
        status: Status::Denied,
    };
    let (table, intake) = ended(vec![asked, serde_json::from_value(denied).unwrap(), closed]).await;
    let (body, reference) = seen_again(500);
    for message in ["again", "and-again"] {
        intake.answer(message, &body).await.unwrap();
    }
    assert_eq!(openings(&table).len(), 1);
    let table = table.lock().unwrap();
    assert_eq!(table.copies_of(&reference), 1);
    assert_eq!(table.notices, ["NOTICE#activity-0"]);
}

/// Reading it back needs a responder that knows what it did; here the log proves nothing, so it doesn't hold.
#[tokio::test]
async fn what_is_not_proven_to_hold_is_answered_anew() {
    let closed = Event::Closed {
        status: Status::Contained,
    };
    let (table, intake) = ended(vec![closed]).await;
    let body = seen_again(500).0;
    intake.answer("again", &body).await.unwrap();
    assert_eq!(openings(&table)[1..], [(Mode::Auto, vec![])]);
}

#[tokio::test]
async fn another_finding_that_joins_is_told_of_once() {
    let (table, intake) = opened().await;
    let mut event: serde_json::Value = serde_json::from_str(&copy(1).0).unwrap();
    let id = event.pointer("/detail/id").unwrap().as_str().unwrap().to_owned();
    let other = event.to_string().replace(&id, "0123456789abcdef0123456789abcdef");
    event = serde_json::from_str(&other).unwrap();
    for count in [1, 2] {
        *event.pointer_mut("/detail/service/count").unwrap() = count.into();
        intake.answer("another", &event.to_string()).await.unwrap();
    }
    let (body, _) = copy(2);
    intake.answer("copy", &body).await.unwrap();
    let table = table.lock().unwrap();
    assert_eq!(table.notices.len(), 1, "{:?}", table.notices);
}

#[tokio::test]
async fn a_known_finding_that_gets_graver_while_it_is_answered_is_told_of_once() {
    let (table, intake) = opened().await;
    let mut event: serde_json::Value = serde_json::from_str(&copy(1).0).unwrap();
    let mut told = Vec::new();
    for (severity, count) in [(2.0, 2), (9.5, 3), (9.5, 4), (2.0, 5), (9.5, 6)] {
        *event.pointer_mut("/detail/severity").unwrap() = severity.into();
        *event.pointer_mut("/detail/service/count").unwrap() = count.into();
        intake.answer("update", &event.to_string()).await.unwrap();
        told.push(table.lock().unwrap().notices.len());
    }
    assert_eq!(told, [0, 1, 1, 1, 1], "no copy, and no rise that is told");
}

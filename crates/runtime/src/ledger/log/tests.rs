#![expect(clippy::unwrap_used, reason = "tests")]

use backstop_core::{
    Outcome, StepId,
    incident::Status,
    log::{FindingRef, Opened},
};
use serde_json::json;

use super::*;
use crate::ledger::fake_table::FakeTable;

const STEPS: [&str; 2] = ["deactivate-key", "deny-user"];

fn opened() -> Opened {
    let step =
        |step: &str| json!({ "step": step, "action": "iam.deny-user", "title": "t", "phase": "contain" });
    serde_json::from_value(json!({
        "playbook": "leaked-access-key", "mode": "auto", "steps": STEPS.map(step),
        "target": { "account": "123456789012", "region": "eu-west-1", "partition": "aws",
                    "resource": { "kind": "bucket", "name": "logs" } },
        "origin": { "origin": "finding" }, "title": "t", "linked": null, "guardrails": [],
        "finding": finding(),
    }))
    .unwrap()
}

fn finding() -> FindingRef {
    serde_json::from_value(json!({
        "key": "k", "finding_type": "T", "route": "guard-duty-event", "count": 1,
        "severity": { "score": 8.0, "label": "high" }, "first_seen": null, "last_seen": null,
        "created_at": null, "updated_at": null,
    }))
    .unwrap()
}

fn table() -> FakeTable {
    let opened = Event::Opened(Box::new(opened()));
    FakeTable::opened_with(&Record::first(now(), new_id(), opened).unwrap())
}

/// As an earlier version opened it.
fn table_of_one_chain() -> FakeTable {
    let opened = Event::Opened(Box::new(opened()));
    FakeTable::opened_with(&Record::next(None, now(), new_id(), opened).unwrap())
}

fn already(step: &str) -> Event {
    Event::StepEnded {
        step: step.into(),
        outcome: Outcome::Already,
    }
}

fn closed() -> Event {
    Event::Closed {
        status: Status::Failed,
    }
}

async fn read(ledger: &Ledger) -> IncidentLog {
    ledger.log(&"01J".into()).await.unwrap()
}

#[tokio::test]
async fn steps_that_work_side_by_side_lose_no_write_to_each_other() {
    let table = table();
    let ledger = table.ledger();
    let (mut one, mut other) = (read(&ledger).await, read(&ledger).await);
    one.append(&ledger, already(STEPS[0])).await.unwrap();
    other.append(&ledger, already(STEPS[1])).await.unwrap();
    assert_eq!(table.lost(), 0);
    assert_eq!(
        table.keys(),
        ["LOG#000001", "LOG#deactivate-key#000001", "LOG#deny-user#000001"]
    );
    let log = read(&ledger).await;
    assert_eq!(log.records().len(), 3);
    assert!(
        log.incident()
            .unwrap()
            .steps
            .iter()
            .all(|state| state.outcome.is_some())
    );
}

#[tokio::test]
async fn who_comes_too_late_learns_what_the_other_wrote_and_writes_after_it() {
    let table = table();
    let ledger = table.ledger();
    let (mut one, mut other) = (read(&ledger).await, read(&ledger).await);
    one.append(&ledger, Event::FindingJoined(finding()))
        .await
        .unwrap();
    other
        .append(&ledger, Event::FindingJoined(finding()))
        .await
        .unwrap();
    assert_eq!(
        (table.lost(), table.queries()),
        (1, 2),
        "the loser needn't read anew"
    );
    assert_eq!(table.keys(), ["LOG#000001", "LOG#000002", "LOG#000003"]);
    // Now the other one's record names a step's that the loser hasn't read.
    let mut behind = read(&ledger).await;
    table.write(already(STEPS[0]));
    table.write(closed());
    let again = behind.append(&ledger, closed()).await;
    assert!(matches!(again, Err(LedgerError::Illegal(_))), "{again:?}");
    assert_eq!(behind.records().len(), 5, "it has read the log again");
}

#[tokio::test]
async fn who_is_about_to_act_learns_that_the_incident_was_closed() {
    let table = table();
    let ledger = table.ledger();
    let mut log = read(&ledger).await;
    assert!(!log.append_and_catch_up(&ledger, already(STEPS[0])).await.unwrap());
    table.write(closed());
    assert!(log.append_and_catch_up(&ledger, already(STEPS[0])).await.unwrap());
    assert!(log.incident().unwrap().closed.is_some());
    assert!(!log.catch_up(&ledger).await.unwrap(), "nothing is news twice");
}

#[tokio::test]
async fn a_log_that_was_written_to_while_it_was_read_is_read_again() {
    let table = table();
    let ledger = table.ledger();
    table.write(Event::FindingJoined(finding()));
    table.write(already(STEPS[0]));
    table.tear(&["LOG#000002"]);
    assert_eq!(read(&ledger).await.records().len(), 3);
    assert_eq!(table.queries(), 2);
}

#[tokio::test]
async fn what_stays_missing_was_removed() {
    let table = table();
    table.write(already(STEPS[0]));
    table.write(closed());
    table.remove("LOG#deactivate-key#000001");
    let read = table.ledger().log(&"01J".into()).await;
    let missing = match read {
        Err(LedgerError::Chain(ChainError::Unseen { missing, .. })) => missing,
        other => unreachable!("{other:?}"),
    };
    let lane = Some(StepId::from(STEPS[0]));
    assert_eq!(missing, RecordName { lane, seq: 1 });
    assert_eq!(table.queries(), MOST_READINGS as usize);
}

#[tokio::test]
async fn an_incident_that_is_under_way_when_backstop_is_updated_goes_on_in_one_chain() {
    let table = table_of_one_chain();
    let ledger = table.ledger();
    let (mut one, mut other) = (read(&ledger).await, read(&ledger).await);
    one.append(&ledger, already(STEPS[0])).await.unwrap();
    let is_news = other
        .append_and_catch_up(&ledger, already(STEPS[1]))
        .await
        .unwrap();
    assert!(!is_news, "its own record was refused as long as there was any");
    assert_eq!(table.keys(), ["LOG#000001", "LOG#000002", "LOG#000003"]);
    assert_eq!(table.lost(), 1);
    assert!(
        read(&ledger)
            .await
            .records()
            .iter()
            .all(|record| record.lane.is_none())
    );
}

//! The sweep says that what contains an incident was changed back, against a table of mocks.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::types::AttributeValue;
use backstop_core::{
    Outcome, Verification,
    guardrail::UNCONFIRMED,
    incident::Status,
    log::{Event, Origin, Record},
    sweep::ContainmentReverted,
};
use backstop_runtime::new_id;
use serde_json::json;

use super::*;
use crate::incident::tests::{Table, answering_by, intake, opened, openings};

/// What the first copy opened was contained and closed; another may follow. Read back now, it holds or doesn't.
async fn contained(holds: bool) -> (Arc<Mutex<Table>>, Intake) {
    let (table, intake) = opened().await;
    {
        let mut table = table.lock().unwrap();
        let Event::Opened(opened) = table.log[0].event.clone() else {
            unreachable!("the first record opens")
        };
        for step in opened.steps {
            table.append(Event::StepEnded {
                step: step.step.clone(),
                outcome: Outcome::Already,
            });
            read(&mut table, step.step, true, false);
        }
        table.append(Event::Closed {
            status: Status::Contained,
        });
        table.replaceable = true;
    }
    if !holds {
        change_back(&table);
    }
    (table, intake)
}

fn read(table: &mut Table, step: backstop_core::StepId, holds: bool, after_end: bool) {
    table.append(Event::Verified {
        step,
        verification: Verification {
            holds,
            observed: String::new(),
        },
        after_end,
    });
}

/// As a responder writes it down that is asked to read it back.
fn change_back(table: &Mutex<Table>) {
    let mut table = table.lock().unwrap();
    let incident = Incident::replay(&table.log).unwrap();
    let step = incident.contain_steps().next().unwrap().step.step.clone();
    read(&mut table, step, false, true);
}

fn id_of(table: &Mutex<Table>) -> IncidentId {
    let table = table.lock().unwrap();
    table.lock.as_ref().unwrap().as_s().unwrap().as_str().into()
}

async fn say_reverted(intake: &Intake, id: &IncidentId) {
    let body = serde_json::to_string(&ContainmentReverted::of(id.clone())).unwrap();
    intake.answer("reverted", &body).await.unwrap();
}

#[tokio::test]
async fn what_was_changed_back_is_contained_again_as_its_finding_would_be_now() {
    let (table, intake) = contained(false).await;
    let before = id_of(&table);
    say_reverted(&intake, &before).await;
    assert_eq!(openings(&table)[1..], [(Mode::Auto, vec![])]);
    assert_ne!(id_of(&table), before);
    let next = table.lock().unwrap().log.last().unwrap().event.clone();
    let Event::Opened(next) = next else {
        unreachable!("{next:?}")
    };
    assert_eq!(
        (next.linked.as_ref(), next.case.first.as_ref()),
        (Some(&before), Some(&before))
    );
}

/// Whoever may send to the queue may say so of anything.
#[tokio::test]
async fn what_holds_is_left() {
    let (table, intake) = contained(true).await;
    say_reverted(&intake, &id_of(&table)).await;
    assert_eq!(openings(&table).len(), 1);
}

/// It is asked of whoever contained it, whatever the log says.
#[tokio::test]
async fn it_is_read_back_before_anything_follows() {
    let (table, _) = contained(false).await;
    let (intake, requests) = answering_by(&table, &[(200, "{}")]);
    say_reverted(&intake, &id_of(&table)).await;
    let first = requests.all().first().unwrap().line.clone();
    assert!(
        first.contains("/functions/arn%3Arespond-iam/invocations"),
        "{first}"
    );
}

/// What was true when it was contained may be forged now, or over: its service is asked anew.
#[tokio::test]
async fn a_finding_that_nobody_has_any_more_asks() {
    let (table, _) = contained(false).await;
    let (intake, _) = answering_by(&table, &[(200, r#"{"findings":[]}"#)]);
    say_reverted(&intake, &id_of(&table)).await;
    assert_eq!(
        openings(&table)[1..],
        [(Mode::Approve, vec![UNCONFIRMED.to_owned()])]
    );
}

#[tokio::test]
async fn what_another_incident_has_or_nobody_wants_to_hold_is_left() {
    let undo = json!({ "event": "undo-requested", "by": "arn:aws:iam::123456789012:user/alice", "reason": null,
                       "steps": [], "accepting": [] });
    let released = json!({ "event": "released", "by": "arn:aws:iam::123456789012:user/alice",
                           "person": "user/alice", "reason": "tested" });
    for word in [undo, released] {
        let (table, intake) = contained(false).await;
        table
            .lock()
            .unwrap()
            .append(serde_json::from_value(word.clone()).unwrap());
        say_reverted(&intake, &id_of(&table)).await;
        assert_eq!(openings(&table).len(), 1, "{word}");
    }

    let (table, intake) = contained(false).await;
    let id = id_of(&table);
    table.lock().unwrap().lock = Some(AttributeValue::S("01JANOTHER".to_owned()));
    say_reverted(&intake, &id).await;
    assert_eq!(openings(&table).len(), 1);
}

#[tokio::test]
async fn an_incident_that_nobody_has_is_left() {
    let table = Arc::new(Mutex::new(Table::default()));
    say_reverted(&intake(&table), &"01JNOBODY".into()).await;
    assert_eq!(openings(&table), []);
}

/// A playbook's step may have been started by hand, on what no service knows: a person is asked.
#[tokio::test]
async fn what_a_person_ran_asks_a_person() {
    let (table, intake) = contained(false).await;
    let id = id_of(&table);
    {
        let mut table = table.lock().unwrap();
        let mut records = std::mem::take(&mut table.log).into_iter();
        let Some(Event::Opened(mut opened)) = records.next().map(|first| first.event) else {
            unreachable!("the first record opens")
        };
        let by = "arn:aws:iam::123456789012:user/alice".to_owned();
        opened.origin = Origin::Manual { by, reason: None };
        let first = Record::first(now(), new_id(), Event::Opened(opened)).unwrap();
        table.log.push(first);
        for record in records {
            table.append(record.event);
        }
    }
    say_reverted(&intake, &id).await;
    assert_eq!(openings(&table)[1..], [(Mode::Approve, vec![])]);
}

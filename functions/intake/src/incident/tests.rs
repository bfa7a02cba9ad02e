//! Copies of one finding that lose their races, against a table that lets others win.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};

use aws_lambda_events::event::sqs::SqsMessage;
use aws_sdk_dynamodb::{
    Client,
    operation::{
        get_item::GetItemOutput,
        put_item::{PutItemError, PutItemOutput},
        query::QueryOutput,
        transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput},
        update_item::UpdateItemOutput,
    },
    types::{
        AttributeValue, CancellationReason,
        error::{ConditionalCheckFailedException, TransactionCanceledException},
    },
};
use aws_sdk_sfn::operation::start_execution::StartExecutionOutput;
use aws_smithy_mocks::{MockResponse, RuleMode, mock, mock_client};
use backstop_aws::{Accounts, Requests, answering};
use backstop_core::{finding::parse, guardrail::Protection, log::Log};
use backstop_playbook::Catalog;
use backstop_runtime::{Ledger, machines::Machines, new_id, outbox::Outbox};

use super::*;
use crate::{CATALOG, come_back::ComeBack, page::Pager, park::Parking};

/// More than a writer tries by itself.
const MANY: u32 = 60;

/// One target's part of the incidents table.
#[derive(Default)]
struct Table {
    log: Vec<Record>,
    lock: Option<AttributeValue>,
    /// Whether the incident that has the lock may be replaced once.
    replaceable: bool,
    /// How many transactions meet another one.
    conflicts: u32,
    /// What others write into the slots that somebody tries to take, the last first.
    rivals: Vec<FindingRef>,
}

impl Table {
    fn append(&mut self, event: Event) -> &Record {
        let known = Log::read(self.log.clone()).unwrap();
        let record = known.next(now(), new_id(), event).unwrap();
        self.log.push(record);
        self.log.last().unwrap()
    }

    /// The copies that the log has of this state of the finding.
    fn copies_of(&self, reference: &FindingRef) -> usize {
        let joined = self.log.iter().filter(
            |record| matches!(&record.event, Event::FindingJoined(known) if is_same_copy(known, reference)),
        );
        joined.count()
    }
}

fn text_of(record: &Record) -> AttributeValue {
    AttributeValue::S(serde_json::to_string(record).unwrap())
}

fn record_of(value: &AttributeValue) -> Record {
    serde_json::from_str(value.as_s().unwrap()).unwrap()
}

fn cancelled(code: &str) -> TransactWriteItemsError {
    let reason = CancellationReason::builder().code(code).build();
    let exception = TransactionCanceledException::builder().cancellation_reasons(reason);
    TransactWriteItemsError::TransactionCanceledException(exception.build())
}

fn dynamodb(table: &Arc<Mutex<Table>>) -> Client {
    let opens = Arc::clone(table);
    let transact = mock!(Client::transact_write_items).then_compute_response(move |request| {
        let mut table = opens.lock().unwrap();
        if table.conflicts > 0 {
            table.conflicts -= 1;
            return MockResponse::Error(cancelled("TransactionConflict"));
        }
        let may_replace = request
            .transact_items()
            .iter()
            .filter_map(|write| write.put())
            .any(|put| put.condition_expression() == Some("incident = :old"));
        let replaces = may_replace && std::mem::take(&mut table.replaceable);
        if replaces {
            table.lock = None;
        }
        if table.lock.is_some() {
            return MockResponse::Error(cancelled("ConditionalCheckFailed"));
        }
        for put in request.transact_items().iter().filter_map(|write| write.put()) {
            if let Some(record) = put.item().get("record") {
                table.log.push(record_of(record));
            } else if let Some(incident) = put.item().get("incident").filter(|_| table.lock.is_none()) {
                table.lock = Some(incident.clone());
            }
        }
        MockResponse::Output(TransactWriteItemsOutput::builder().build())
    });
    let appends = Arc::clone(table);
    let put = mock!(Client::put_item).then_compute_response(move |request| {
        let written = MockResponse::Output(PutItemOutput::builder().build());
        // A finding as it was received is nobody else's.
        let Some(record) = request.item().and_then(|item| item.get("record")) else {
            return written;
        };
        let mut table = appends.lock().unwrap();
        let Some(rival) = table.rivals.pop() else {
            table.log.push(record_of(record));
            return written;
        };
        let taken = text_of(table.append(Event::FindingJoined(rival)));
        let lost = ConditionalCheckFailedException::builder().item("record", taken);
        MockResponse::Error(PutItemError::ConditionalCheckFailedException(lost.build()))
    });
    let reads = Arc::clone(table);
    let query = mock!(Client::query).then_compute_output(move |request| {
        let values = request.expression_attribute_values().unwrap();
        let is_log = values.get(":log").is_some();
        let table = reads.lock().unwrap();
        let records = table.log.iter().filter(|_| is_log);
        let items = records.map(|record| [("record".to_owned(), text_of(record))].into());
        QueryOutput::builder().set_items(Some(items.collect())).build()
    });
    let locks = Arc::clone(table);
    let get = mock!(Client::get_item).then_compute_output(move |_| {
        let lock = locks.lock().unwrap().lock.clone();
        let item = lock.map(|incident| [("incident".to_owned(), incident)].into());
        GetItemOutput::builder().set_item(item).build()
    });
    let update = mock!(Client::update_item).then_output(|| UpdateItemOutput::builder().build());
    mock_client!(
        aws_sdk_dynamodb,
        RuleMode::MatchAny,
        [&transact, &put, &query, &get, &update]
    )
}

/// GuardDuty has the finding, unless a test says otherwise.
fn intake(table: &Arc<Mutex<Table>>) -> Intake {
    let event: serde_json::Value = serde_json::from_str(&copy(1).0).unwrap();
    let there = serde_json::json!({ "findings": [event.get("detail").unwrap()] });
    answered_by(table, &[(200, &there.to_string())]).0
}

fn answered_by(table: &Arc<Mutex<Table>>, answers: &[(u16, &str)]) -> (Intake, Requests) {
    let (config, requests) = answering("eu-west-1", answers);
    let start = mock!(aws_sdk_sfn::Client::start_execution).then_output(|| {
        let started = StartExecutionOutput::builder().execution_arn("arn:started");
        let at = aws_sdk_sfn::primitives::DateTime::from_secs(0);
        started.start_date(at).build().unwrap()
    });
    let lambda = aws_sdk_lambda::Client::from_conf(
        aws_sdk_lambda::Config::builder()
            .behavior_version(aws_sdk_lambda::config::BehaviorVersion::latest())
            .build(),
    );
    let intake = Intake {
        accounts: Accounts::own("123456789012".into(), config),
        sweep_role_id: "AROASWEEP".to_owned(),
        outbox: Outbox::new(lambda, "notify".into()),
        catalog: Catalog::from_json(CATALOG).unwrap(),
        ledger: Ledger::new(dynamodb(table), "incidents"),
        protection: Protection::default(),
        maximum_mode: Mode::Auto,
        accepts_drills: false,
        hourly_limit: 20,
        machines: Machines::new(
            mock_client!(aws_sdk_sfn, RuleMode::MatchAny, [&start]),
            "arn:machine-".into(),
        ),
        // None of these is called: nothing is unreadable, and the table answers.
        parking: Parking::new(sqs(), "http://queue".into()),
        come_back: ComeBack::new(sqs(), "http://queue".into()),
        pager: Pager::new(
            aws_sdk_sns::Client::from_conf(
                aws_sdk_sns::Config::builder()
                    .behavior_version(aws_sdk_sns::config::BehaviorVersion::latest())
                    .build(),
            ),
            "arn:topic".into(),
        ),
    };
    (intake, requests)
}

fn sqs() -> aws_sdk_sqs::Client {
    aws_sdk_sqs::Client::from_conf(
        aws_sdk_sqs::Config::builder()
            .behavior_version(aws_sdk_sqs::config::BehaviorVersion::latest())
            .build(),
    )
}

/// The finding's event with this count, and how the log would refer to it.
fn copy(count: u32) -> (String, FindingRef) {
    let event = include_str!("../../../../playbooks/leaked-access-key/finding.json");
    let mut event: serde_json::Value = serde_json::from_str(event).unwrap();
    *event.pointer_mut("/detail/service/count").unwrap() = count.into();
    let body = event.to_string();
    let parsed = parse(body.as_bytes()).unwrap();
    let reference = FindingRef::of(parsed.findings.first().unwrap(), None);
    (body, reference)
}

/// An incident that the first copy has opened.
async fn opened() -> (Arc<Mutex<Table>>, Intake) {
    let table = Arc::new(Mutex::new(Table::default()));
    let intake = intake(&table);
    intake
        .answer(&SqsMessage::default(), "first", &copy(1).0)
        .await
        .unwrap();
    assert_eq!(table.lock().unwrap().log.len(), 1);
    (table, intake)
}

#[tokio::test]
async fn a_copy_that_loses_to_all_others_reads_again_and_joins() {
    let (table, intake) = opened().await;
    table.lock().unwrap().rivals = (0..MANY).map(|rival| copy(1000 + rival).1).collect();
    let (body, reference) = copy(2);
    intake
        .answer(&SqsMessage::default(), "second", &body)
        .await
        .unwrap();
    let table = table.lock().unwrap();
    assert_eq!(table.rivals, []);
    assert_eq!(table.copies_of(&reference), 1);
}

#[tokio::test]
async fn a_copy_that_another_has_written_meanwhile_is_left() {
    let (table, intake) = opened().await;
    let (body, reference) = copy(2);
    let mut rivals: Vec<FindingRef> = (1..MANY).map(|rival| copy(1000 + rival).1).collect();
    rivals.push(reference.clone());
    table.lock().unwrap().rivals = rivals;
    intake
        .answer(&SqsMessage::default(), "second", &body)
        .await
        .unwrap();
    assert_eq!(table.lock().unwrap().copies_of(&reference), 1);
}

#[tokio::test]
async fn a_copy_whose_transactions_all_conflict_reads_again_and_joins() {
    let (table, intake) = opened().await;
    table.lock().unwrap().conflicts = 15;
    let (body, reference) = copy(2);
    intake
        .answer(&SqsMessage::default(), "second", &body)
        .await
        .unwrap();
    assert_eq!(table.lock().unwrap().copies_of(&reference), 1);
}

/// The modes of the incidents that were opened, and the names of the guardrails that lowered them.
fn openings(table: &Arc<Mutex<Table>>) -> Vec<(Mode, Vec<String>)> {
    let table = table.lock().unwrap();
    let opened = table.log.iter().filter_map(|record| match &record.event {
        Event::Opened(opened) => Some(opened),
        _ => None,
    });
    let names = |opened: &Opened| opened.guardrails.iter().map(|it| it.guardrail.clone()).collect();
    opened.map(|opened| (opened.mode, names(opened))).collect()
}

#[tokio::test]
async fn a_finding_that_its_service_has_is_acted_on_after_one_call() {
    let (table, _) = opened().await;
    assert_eq!(openings(&table), [(Mode::Auto, vec![])]);
}

#[tokio::test]
async fn a_finding_that_nobody_has_waits_for_people() {
    let unconfirmed = (Mode::Approve, vec![UNCONFIRMED.to_owned()]);
    for answers in [
        [(200, r#"{"findings":[]}"#)],
        [(403, r#"{"__type":"AccessDeniedException","message":"no"}"#)],
        [(200, "[]")],
    ] {
        let table = Arc::new(Mutex::new(Table::default()));
        let (intake, _) = answered_by(&table, &answers);
        intake
            .answer(&SqsMessage::default(), "first", &copy(1).0)
            .await
            .unwrap();
        assert_eq!(
            openings(&table),
            std::slice::from_ref(&unconfirmed),
            "{answers:?}"
        );
    }
}

/// Whoever sends a forged copy first doesn't keep the real one from being answered, even one with the same id.
#[tokio::test]
async fn a_confirmed_finding_takes_over_from_one_that_wasnt() {
    let table = Arc::new(Mutex::new(Table::default()));
    let (forger, _) = answered_by(&table, &[(200, r#"{"findings":[]}"#)]);
    forger
        .answer(&SqsMessage::default(), "forged", &copy(1).0)
        .await
        .unwrap();
    let waiting = table.lock().unwrap().lock.take().unwrap();
    {
        // The lock is there; a transaction that names its incident may replace it.
        let mut table = table.lock().unwrap();
        table.lock = Some(waiting.clone());
        table.replaceable = true;
    }
    intake(&table)
        .answer(&SqsMessage::default(), "real", &copy(1).0)
        .await
        .unwrap();
    let modes: Vec<Mode> = openings(&table).into_iter().map(|(mode, _)| mode).collect();
    assert_eq!(modes, [Mode::Approve, Mode::Auto]);
    assert_ne!(table.lock().unwrap().lock.as_ref(), Some(&waiting));
}

#[tokio::test]
async fn the_sweep_isnt_asked_to_prove_what_it_has_just_read() {
    let (body, _) = copy(1);
    let mut event: serde_json::Value = serde_json::from_str(&body).unwrap();
    *event.pointer_mut("/source").unwrap() = "backstop.sweep".into();
    let mut message = SqsMessage::default();
    for (sender, asked) in [("AROASWEEP:sweep", 0), ("AROAOTHER:sweep", 1)] {
        let table = Arc::new(Mutex::new(Table::default()));
        let detail = event.get("detail").unwrap();
        let there = serde_json::json!({ "findings": [detail] }).to_string();
        let (intake, requests) = answered_by(&table, &[(200, &there)]);
        message
            .attributes
            .insert("SenderId".to_owned(), sender.to_owned());
        intake.answer(&message, "m", &event.to_string()).await.unwrap();
        assert_eq!(openings(&table), [(Mode::Auto, vec![])]);
        assert_eq!(requests.all().len(), asked, "{sender}");
    }
}

#[tokio::test]
async fn a_finding_without_an_envelope_is_refused() {
    let (body, _) = copy(1);
    let event: serde_json::Value = serde_json::from_str(&body).unwrap();
    let table = Arc::new(Mutex::new(Table::default()));
    let bare = event.get("detail").unwrap().to_string();
    let answered = intake(&table).answer(&SqsMessage::default(), "m", &bare).await;
    assert!(matches!(answered, Err(Unfinished::Unreadable(_))), "{answered:?}");
    assert!(table.lock().unwrap().log.is_empty());
}

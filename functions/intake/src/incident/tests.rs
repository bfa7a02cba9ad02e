//! Copies of one finding that lose their races, against a table that lets others win.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex},
};

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
use backstop_core::{
    Hash,
    finding::parse,
    guardrail::{Protection, UNCONFIRMED},
    log::{Log, Record},
};
use backstop_playbook::Catalog;
use backstop_runtime::{Ledger, functions::Functions, machines::Machines, new_id, outbox::Outbox};
use serde_json::json;

use super::*;
use crate::{CATALOG, come_back::ComeBack, page::Pager, park::Parking};

/// More than a writer tries by itself.
const MANY: u32 = 60;

/// One target's part of the incidents table.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) log: Vec<Record>,
    pub(crate) lock: Option<AttributeValue>,
    /// Under which keys locks were asked for.
    lock_keys: BTreeSet<String>,
    /// The row of the list.
    row: Option<HashMap<String, AttributeValue>>,
    /// Findings as they were received.
    findings: Vec<HashMap<String, AttributeValue>>,
    /// Whether the incident that has the lock may be replaced once.
    pub(crate) replaceable: bool,
    /// How many transactions meet another one.
    conflicts: u32,
    /// What others write into the slots that somebody tries to take, the last first.
    rivals: Vec<FindingRef>,
    /// The keys of the notices that were written down.
    pub(crate) notices: Vec<String>,
}

impl Table {
    pub(crate) fn append(&mut self, event: Event) -> &Record {
        let known = Log::read(self.log.clone()).unwrap();
        let record = known.next(now(), new_id(), event).unwrap();
        self.log.push(record);
        self.log.last().unwrap()
    }

    /// The copies that the log has of this state of the finding.
    pub(crate) fn copies_of(&self, reference: &FindingRef) -> usize {
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
        let locks = request.transact_items().iter().filter_map(|write| write.put());
        let locks = locks.filter(|put| put.item().get("sk") == Some(&AttributeValue::S("LOCK".into())));
        let keys = locks.filter_map(|put| put.item().get("pk")?.as_s().ok());
        table.lock_keys.extend(keys.cloned());
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
            if put.item().contains_key("raw") {
                table.findings.push(put.item().clone());
            } else if put.item().contains_key("list") {
                table.row = Some(put.item().clone());
            } else if let Some(record) = put.item().get("record") {
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
        let mut table = appends.lock().unwrap();
        let Some(record) = request.item().and_then(|item| item.get("record")) else {
            let sk = request.item().and_then(|item| item.get("sk")?.as_s().ok());
            table
                .notices
                .extend(sk.filter(|sk| sk.starts_with("NOTICE#")).cloned());
            return written;
        };
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
        let (is_log, is_finding) = (values.contains_key(":log"), values.contains_key(":finding"));
        let table = reads.lock().unwrap();
        let records = table.log.iter().filter(|_| is_log);
        let records = records.map(|record| [("record".to_owned(), text_of(record))].into());
        let findings = table.findings.iter().filter(|_| is_finding).cloned();
        QueryOutput::builder()
            .set_items(Some(records.chain(findings).collect()))
            .build()
    });
    let locks = Arc::clone(table);
    let get = mock!(Client::get_item).then_compute_output(move |request| {
        let table = locks.lock().unwrap();
        let item = match request.key().unwrap().get("sk").unwrap().as_s().unwrap().as_str() {
            "META" => table.row.clone(),
            "LOCK" => table
                .lock
                .clone()
                .map(|incident| [("incident".to_owned(), incident)].into()),
            _ => None,
        };
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
pub(crate) fn intake(table: &Arc<Mutex<Table>>) -> Intake {
    let event: serde_json::Value = serde_json::from_str(&copy(1).0).unwrap();
    let there = serde_json::json!({ "findings": [event.get("detail").unwrap()] });
    answering_by(table, &[(200, &there.to_string())]).0
}

pub(crate) fn answering_by(table: &Arc<Mutex<Table>>, answers: &[(u16, &str)]) -> (Intake, Requests) {
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
        accounts: Accounts::own("123456789012".into(), config.clone()),
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
        responders: crate::responders::Responders(Functions::new(
            &config,
            "respond-iam|arn:respond-iam".parse().unwrap(),
            Duration::from_secs(15),
        )),
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
pub(crate) fn copy(count: u32) -> (String, FindingRef) {
    let event = include_str!("../../../../crates/core/tests/events/leaked-access-key.json");
    let mut event: serde_json::Value = serde_json::from_str(event).unwrap();
    *event.pointer_mut("/detail/service/count").unwrap() = count.into();
    let body = event.to_string();
    let parsed = parse(body.as_bytes()).unwrap();
    let reference = FindingRef::of(parsed.findings.first().unwrap(), None);
    (body, reference)
}

/// An incident that the first copy has opened.
pub(crate) async fn opened() -> (Arc<Mutex<Table>>, Intake) {
    let table = Arc::new(Mutex::new(Table::default()));
    let intake = intake(&table);
    intake.answer("first", &copy(1).0).await.unwrap();
    assert_eq!(table.lock().unwrap().log.len(), 1);
    (table, intake)
}

#[tokio::test]
async fn a_copy_that_loses_to_all_others_reads_again_and_joins() {
    let (table, intake) = opened().await;
    table.lock().unwrap().rivals = (0..MANY).map(|rival| copy(1000 + rival).1).collect();
    let (body, reference) = copy(2);
    intake.answer("second", &body).await.unwrap();
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
    intake.answer("second", &body).await.unwrap();
    assert_eq!(table.lock().unwrap().copies_of(&reference), 1);
}

#[tokio::test]
async fn a_copy_whose_transactions_all_conflict_reads_again_and_joins() {
    let (table, intake) = opened().await;
    table.lock().unwrap().conflicts = 15;
    let (body, reference) = copy(2);
    intake.answer("second", &body).await.unwrap();
    assert_eq!(table.lock().unwrap().copies_of(&reference), 1);
}

/// The modes of the incidents that were opened, and the names of the guardrails that lowered them.
pub(crate) fn openings(table: &Arc<Mutex<Table>>) -> Vec<(Mode, Vec<String>)> {
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
        let (intake, _) = answering_by(&table, &answers);
        intake.answer("first", &copy(1).0).await.unwrap();
        assert_eq!(
            openings(&table),
            std::slice::from_ref(&unconfirmed),
            "{answers:?}"
        );
    }
}

/// An incident that waits for people since nobody has its finding; a transaction that names it may replace it.
async fn forged() -> Arc<Mutex<Table>> {
    let table = Arc::new(Mutex::new(Table::default()));
    let (forger, _) = answering_by(&table, &[(200, r#"{"findings":[]}"#)]);
    forger.answer("forged", &copy(1).0).await.unwrap();
    table.lock().unwrap().replaceable = true;
    table
}

/// Whoever sends a forged copy first doesn't keep the real one from being answered, even one with the same id.
#[tokio::test]
async fn a_confirmed_finding_takes_over_from_one_that_wasnt() {
    let table = forged().await;
    let waiting = table.lock().unwrap().lock.clone();
    intake(&table).answer("real", &copy(1).0).await.unwrap();
    let modes: Vec<Mode> = openings(&table).into_iter().map(|(mode, _)| mode).collect();
    assert_eq!(modes, [Mode::Approve, Mode::Auto]);
    assert_ne!(table.lock().unwrap().lock, waiting);
}

/// A person's word stands: what was denied isn't done, and what was approved isn't done twice at once.
#[tokio::test]
async fn a_confirmed_finding_takes_nothing_over_that_people_decided() {
    let (by, person) = ("arn:aws:iam::123456789012:user/alice", "user/alice");
    let decisions = [
        json!({ "event": "denied", "by": by, "person": person, "reason": null }),
        json!({ "event": "approved", "by": by, "person": person, "reason": null, "plan_hash": Hash::default() }),
    ];
    for decision in decisions {
        let table = forged().await;
        {
            let mut table = table.lock().unwrap();
            table.append(Event::ApprovalRequested {
                plan_hash: Hash::default(),
                expires_at: now() + Duration::from_secs(3600),
                needed: 1,
                body: None,
            });
            table.append(serde_json::from_value(decision.clone()).unwrap());
        }
        let (body, reference) = copy(2);
        intake(&table).answer("real", &body).await.unwrap();
        assert_eq!(openings(&table).len(), 1, "{decision}");
        assert_eq!(table.lock().unwrap().copies_of(&reference), 1, "{decision}");
    }
}

/// An event of GuardDuty about one session of a user, which GuardDuty itself has.
async fn of_session(table: &Arc<Mutex<Table>>, id: &str, session: &str, finding_type: &str) {
    let mut event: serde_json::Value = serde_json::from_str(&copy(1).0).unwrap();
    let arn = format!(
        "arn:aws:guardduty:eu-west-1:123456789012:detector/12abc34d567e8fa901bc2d34e56789f0/finding/{id}"
    );
    for (field, value) in [
        ("id", id),
        ("arn", &arn),
        ("type", finding_type),
        ("resource/accessKeyDetails/accessKeyId", session),
    ] {
        *event.pointer_mut(&format!("/detail/{field}")).unwrap() = value.into();
    }
    let there = json!({ "findings": [event.get("detail").unwrap()] }).to_string();
    let (intake, _) = answering_by(table, &[(200, &there)]);
    intake.answer(id, &event.to_string()).await.unwrap();
}

const STOLEN: &str = "UnauthorizedAccess:IAMUser/MaliciousIPCaller";
const UNUSUAL: &str = "Discovery:IAMUser/AnomalousBehavior";

/// The deny holds the user: twenty sessions are one incident and one deny, not twenty that leave no room for it.
#[tokio::test]
async fn the_sessions_of_one_user_are_one_incident() {
    let table = Arc::new(Mutex::new(Table::default()));
    for number in 0..20 {
        let (id, session) = (format!("{number:032x}"), format!("ASIAIOSFODNN7SESSI{number:02}"));
        of_session(&table, &id, &session, STOLEN).await;
    }
    assert_eq!(openings(&table), [(Mode::Auto, vec![])]);
    let table = table.lock().unwrap();
    assert_eq!(table.lock_keys.len(), 1, "{:?}", table.lock_keys);
    let joined = table.log.iter();
    let joined = joined.filter(|record| matches!(record.event, Event::FindingJoined(_)));
    assert_eq!(joined.count(), 19);
}

/// Whoever provokes a finding that only asks people, by one session, doesn't keep the next one from being stopped.
#[tokio::test]
async fn a_finding_that_proves_more_takes_over_from_one_that_waits_for_people_by_its_type_alone() {
    for decided in [false, true] {
        let table = Arc::new(Mutex::new(Table::default()));
        of_session(&table, &"a".repeat(32), "ASIAIOSFODNN7SESSI01", UNUSUAL).await;
        assert_eq!(
            openings(&table),
            [(Mode::Approve, vec![WEAK_EVIDENCE.to_owned()])]
        );
        {
            let mut table = table.lock().unwrap();
            table.replaceable = true;
            if decided {
                let denied = json!({ "event": "denied", "by": "arn:aws:iam::123456789012:user/bob",
                    "person": "user/bob", "reason": null });
                table.append(Event::ApprovalRequested {
                    plan_hash: Hash::default(),
                    expires_at: now() + Duration::from_secs(3600),
                    needed: 1,
                    body: None,
                });
                table.append(serde_json::from_value(denied).unwrap());
            }
        }
        of_session(&table, &"b".repeat(32), "ASIAIOSFODNN7SESSI02", STOLEN).await;
        let modes: Vec<Mode> = openings(&table).into_iter().map(|(mode, _)| mode).collect();
        let expected = [Mode::Approve, Mode::Auto];
        assert_eq!(modes, if decided { &expected[..1] } else { &expected[..] });
    }
}

/// Whoever writes the table can't have findings join an incident that nobody works on.
#[tokio::test]
async fn a_lock_that_leads_nowhere_stops_no_finding_and_people_hear_of_it() {
    let spoilt: [fn(&mut Table); 4] = [
        |table| table.row = None,
        |table| table.log.clear(),
        |table| {
            let again = table.log.clone();
            table.log.extend(again);
        },
        |table| {
            let row = table.row.as_mut().unwrap();
            row.insert("status".to_owned(), AttributeValue::S("contained".to_owned()));
        },
    ];
    for (case, spoil) in spoilt.into_iter().enumerate() {
        let (table, intake) = opened().await;
        let before = {
            let mut table = table.lock().unwrap();
            spoil(&mut table);
            table.replaceable = true;
            table.log.len()
        };
        intake.answer("second", &copy(2).0).await.unwrap();
        let table = table.lock().unwrap();
        let [Event::Opened(opened)] = [&table.log.last().unwrap().event] else {
            panic!("{case}: nothing was opened: {:?}", table.log);
        };
        assert_eq!((opened.mode, &opened.linked), (Mode::Auto, &None), "{case}");
        assert_eq!(table.log.len(), before + 1, "{case}");
        let is_of_lock = matches!(table.notices.as_slice(), [key] if key.starts_with("NOTICE#broken-lock-"));
        assert!(is_of_lock, "{case}: {:?}", table.notices);
    }
}

#[tokio::test]
async fn the_sweep_is_asked_to_prove_what_it_read_as_everybody_is() {
    let (body, _) = copy(1);
    let mut event: serde_json::Value = serde_json::from_str(&body).unwrap();
    *event.pointer_mut("/source").unwrap() = "backstop.sweep".into();
    let detail = event.get("detail").unwrap();
    let there = serde_json::json!({ "findings": [detail] }).to_string();
    for (answer, mode) in [
        (there.as_str(), Mode::Auto),
        (r#"{"findings":[]}"#, Mode::Approve),
    ] {
        let table = Arc::new(Mutex::new(Table::default()));
        let (intake, _) = answering_by(&table, &[(200, answer)]);
        intake.answer("m", &event.to_string()).await.unwrap();
        let modes: Vec<Mode> = openings(&table).into_iter().map(|(mode, _)| mode).collect();
        assert_eq!(modes, [mode]);
    }
}

#[tokio::test]
async fn the_case_of_a_finding_counts_before_that_of_its_target() {
    let (table, _) = opened().await;
    let incident = Incident::replay(&table.lock().unwrap().log).unwrap();
    for (of_finding, expected) in [(None, "01JBEFORE"), (Some("01JOFFINDING"), "01JOFFINDING")] {
        let mut new = incident.opened.clone();
        new.case.first = of_finding.map(IncidentId::from);
        join_case(&mut new, &"01JBEFORE".into(), &incident, now());
        assert_eq!(new.case.first, Some(expected.into()));
    }
}

/// Its credentials are denied all the same; whether the instance is isolated, people say.
#[tokio::test]
async fn an_instance_that_only_a_sessions_name_names_waits_for_people() {
    let event = include_str!("../../../../crates/core/tests/events/instance-exfiltration.json");
    let named: serde_json::Value = serde_json::from_str(event).unwrap();
    let mut by_name = named.clone();
    let resource = by_name.pointer_mut("/detail/resource").unwrap();
    resource.as_object_mut().unwrap().remove("instanceDetails");
    for (event, mode) in [(named, Mode::Auto), (by_name, Mode::Approve)] {
        let table = Arc::new(Mutex::new(Table::default()));
        let there = serde_json::json!({ "findings": [event.get("detail").unwrap()] });
        let (intake, _) = answering_by(&table, &[(200, &there.to_string())]);
        let parsed = parse(event.to_string().as_bytes()).unwrap();
        let finding = parsed.findings.first().unwrap();
        let instance = finding.targets.last().unwrap();
        assert_eq!(finding.is_by_name(instance), mode == Mode::Approve);
        let answers = match intake.catalog.decide(finding) {
            backstop_playbook::Decided::Answered(answers) => answers,
            other => panic!("{other:?}"),
        };
        let answers = backstop_playbook::gather(finding, answers);
        let answer = answers
            .iter()
            .find(|answer| answer.by.target == instance)
            .unwrap();
        let received = crate::read::Received {
            id: "m",
            body: "{}",
            is_drill: false,
        };
        let source = intake.ask_source(finding).await;
        let asked = Asked {
            received,
            finding,
            guardrails: &backstop_core::guardrail::Guardrails::default(),
            source: &source,
        };
        intake.open_or_join(asked, answer, None).await.unwrap();
        let [(opened, guardrails)] = openings(&table).try_into().unwrap();
        assert_eq!(opened, mode, "{guardrails:?}");
    }
}

//! Deliveries against a table in memory: what is sent, noted and settled, and what a crash between two calls leads to.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    operation::{
        get_item::GetItemOutput,
        put_item::{PutItemError, PutItemOutput},
        query::QueryOutput,
        update_item::UpdateItemOutput,
    },
    types::{AttributeValue, error::ResourceNotFoundException},
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use backstop_core::{
    ErrorName, Hash, IncidentId, finding::SeverityLabel, incident::Status, log::Record, notice::Class,
};
use backstop_runtime::{Ledger, new_id, now};
use jiff::SignedDuration;
use serde_json::json;

use super::*;

type Item = std::collections::HashMap<String, AttributeValue>;

/// A channel that takes what it is given, unless it is to fail.
struct Fake {
    name: &'static str,
    sent: Arc<Mutex<Vec<String>>>,
    fails: Arc<AtomicBool>,
}

#[async_trait]
impl Channel for Fake {
    fn name(&self) -> &str {
        self.name
    }

    async fn send(&self, notice: &Notice) -> Result<Sent, CallError> {
        if self.fails.load(Ordering::Relaxed) {
            return Err(CallError {
                name: ErrorName::AccessDenied,
                call: "fake:Send",
                on: "the channel".into(),
                code: "AccessDenied".into(),
                message: "not authorized".into(),
            });
        }
        let mut sent = self.sent.lock().unwrap();
        sent.push(notice.key.to_string());
        Ok(Sent {
            message_id: format!("m{}", sent.len()),
            subject: "s".into(),
            body: "b".into(),
        })
    }
}

/// One incident's log and one notice, two channels, and a table that can be made to refuse records.
struct Scene {
    notifier: Notifier,
    log: Arc<Mutex<Vec<Record>>>,
    kept: Arc<Mutex<Option<Item>>>,
    loses_records: Arc<AtomicBool>,
    sent: [Arc<Mutex<Vec<String>>>; 2],
    fails: [Arc<AtomicBool>; 2],
}

fn opened() -> Event {
    serde_json::from_value(json!({
        "event": "opened", "playbook": "leaked-access-key", "mode": "auto", "steps": [],
        "target": { "account": "123456789012", "region": "eu-west-1", "partition": "aws",
                    "resource": { "kind": "bucket", "name": "logs" } },
        "origin": { "origin": "finding" }, "title": "t", "linked": null, "guardrails": [],
        "finding": { "key": "k", "finding_type": "T", "route": "guard-duty-event", "count": 1,
                     "severity": { "score": 8.0, "label": "high" }, "first_seen": null, "last_seen": null,
                     "created_at": null, "updated_at": null },
    }))
    .unwrap()
}

fn append(log: &mut Vec<Record>, event: Event) {
    let record = Record::next(log.last(), now(), new_id(), event).unwrap();
    log.push(record);
}

fn query(log: &Arc<Mutex<Vec<Record>>>) -> Rule {
    let log = Arc::clone(log);
    mock!(aws_sdk_dynamodb::Client::query).then_output(move || {
        let records = log.lock().unwrap();
        let items = records.iter().map(|record| {
            let record = AttributeValue::S(serde_json::to_string(record).unwrap());
            Item::from([("record".to_owned(), record)])
        });
        QueryOutput::builder().set_items(Some(items.collect())).build()
    })
}

fn lost_record(loses: &Arc<AtomicBool>) -> Rule {
    let loses = Arc::clone(loses);
    mock!(aws_sdk_dynamodb::Client::put_item)
        .match_requests(move |request| {
            request.item().unwrap().contains_key("record") && loses.load(Ordering::Relaxed)
        })
        .then_error(|| PutItemError::ResourceNotFoundException(ResourceNotFoundException::builder().build()))
}

fn put(log: &Arc<Mutex<Vec<Record>>>, kept: &Arc<Mutex<Option<Item>>>) -> Rule {
    let (log, kept) = (Arc::clone(log), Arc::clone(kept));
    mock!(aws_sdk_dynamodb::Client::put_item)
        .match_requests(move |request| {
            let item = request.item().unwrap();
            match item.get("record") {
                Some(record) => {
                    let record = serde_json::from_str(record.as_s().unwrap()).unwrap();
                    log.lock().unwrap().push(record);
                }
                None => *kept.lock().unwrap() = Some(item.clone()),
            }
            true
        })
        .then_output(|| PutItemOutput::builder().build())
}

fn get(kept: &Arc<Mutex<Option<Item>>>) -> Rule {
    let kept = Arc::clone(kept);
    mock!(aws_sdk_dynamodb::Client::get_item).then_output(move || {
        GetItemOutput::builder()
            .set_item(kept.lock().unwrap().clone())
            .build()
    })
}

fn update(kept: &Arc<Mutex<Option<Item>>>) -> Rule {
    let kept = Arc::clone(kept);
    mock!(aws_sdk_dynamodb::Client::update_item)
        .match_requests(move |request| {
            let mut kept = kept.lock().unwrap();
            let item = kept.as_mut().unwrap();
            let values = request.expression_attribute_values();
            match values.and_then(|values| values.get(":delivered")) {
                Some(delivered) => item.insert("delivered".to_owned(), delivered.clone()),
                None => item.remove("list"),
            };
            true
        })
        .then_output(|| UpdateItemOutput::builder().build())
}

fn scene(events: Vec<Event>) -> Scene {
    let mut records = Vec::new();
    for event in events {
        append(&mut records, event);
    }
    let log = Arc::new(Mutex::new(records));
    let kept = Arc::new(Mutex::new(None));
    let loses_records = Arc::new(AtomicBool::new(false));
    let rules = [
        query(&log),
        lost_record(&loses_records),
        put(&log, &kept),
        get(&kept),
        update(&kept),
    ];
    let dynamodb = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, rules.each_ref());
    let sent: [Arc<Mutex<Vec<String>>>; 2] = Default::default();
    let fails: [Arc<AtomicBool>; 2] = Default::default();
    let fake = |name, at: usize| -> Box<dyn Channel> {
        let (sent, fails) = if at == 0 {
            (&sent[0], &fails[0])
        } else {
            (&sent[1], &fails[1])
        };
        Box::new(Fake {
            name,
            sent: Arc::clone(sent),
            fails: Arc::clone(fails),
        })
    };
    let notifier = Notifier {
        ledger: Ledger::new(dynamodb, "incidents"),
        channels: vec![fake("first", 0), fake("second", 1)],
        confirm_after: SignedDuration::from_mins(15),
    };
    Scene {
        notifier,
        log,
        kept,
        loses_records,
        sent,
        fails,
    }
}

impl Scene {
    async fn keep(&self, about: About, key: &str, incident: Option<&str>) -> NoticeRef {
        let notice = Notice {
            about,
            class: Class::Page,
            severity: SeverityLabel::High,
            title: "title".into(),
            lead: Vec::new(),
            sections: Vec::new(),
            next: Vec::new(),
            key: key.into(),
            incident: incident.map(IncidentId::from),
            case: None,
        };
        self.notifier.ledger.put_notice(&notice).await.unwrap();
        notice.reference()
    }

    /// How often each channel was given it.
    fn sent(&self) -> [usize; 2] {
        self.sent.each_ref().map(|sent| sent.lock().unwrap().len())
    }

    fn is_settled(&self) -> bool {
        let kept = self.kept.lock().unwrap();
        !kept.as_ref().unwrap().contains_key("list")
    }

    /// The channels in the log, with a `!` where one failed.
    fn logged(&self) -> Vec<String> {
        let log = self.log.lock().unwrap();
        let of = |record: &Record| match &record.event {
            Event::Notified { channel, .. } => Some(channel.clone()),
            Event::NotNotified { channel, error, .. } => Some(format!("!{channel} {error}")),
            _ => None,
        };
        log.iter().filter_map(of).collect()
    }
}

#[tokio::test]
async fn each_channel_gets_a_notice_once() {
    let scene = scene(vec![opened()]);
    let reference = scene.keep(About::Outcome, "outcome", Some("01J")).await;
    scene.notifier.deliver(&reference).await.unwrap();
    scene.notifier.deliver(&reference).await.unwrap();
    assert_eq!(scene.sent(), [1, 1]);
    assert_eq!(scene.logged(), ["first", "second"]);
    assert!(scene.is_settled());
}

#[tokio::test]
async fn a_channel_that_fails_stops_no_other_and_is_tried_again_alone() {
    let scene = scene(vec![opened()]);
    let reference = scene.keep(About::Outcome, "outcome", Some("01J")).await;
    scene.fails[0].store(true, Ordering::Relaxed);
    for _ in 0..2 {
        let error = scene.notifier.deliver(&reference).await.unwrap_err();
        assert_eq!(error.name(), ErrorName::AccessDenied);
    }
    assert_eq!(scene.sent(), [0, 1]);
    let failed = "!first Backstop.AccessDenied";
    assert_eq!(
        scene.logged(),
        [failed, "second"],
        "the same failure is noted once"
    );
    assert!(!scene.is_settled(), "the sweep finds it");

    scene.fails[0].store(false, Ordering::Relaxed);
    scene.notifier.deliver(&reference).await.unwrap();
    assert_eq!(scene.sent(), [1, 1]);
    assert_eq!(scene.logged(), [failed, "second", "first"]);
    assert!(scene.is_settled());
}

#[tokio::test]
async fn what_was_sent_and_not_noted_is_sent_again() {
    let scene = scene(vec![opened()]);
    let reference = scene.keep(About::Outcome, "outcome", Some("01J")).await;
    scene.loses_records.store(true, Ordering::Relaxed);
    assert!(scene.notifier.deliver(&reference).await.is_err());
    assert!(!scene.is_settled() && scene.logged().is_empty());
    scene.loses_records.store(false, Ordering::Relaxed);
    scene.notifier.deliver(&reference).await.unwrap();
    assert_eq!(scene.sent(), [2, 2], "two notices are better than none");
    assert_eq!(scene.logged(), ["first", "second"]);
}

#[tokio::test]
async fn of_a_notice_about_no_incident_the_deliveries_stand_beside_it() {
    let scene = scene(vec![]);
    let reference = scene.keep(About::Attention, "attention-x", None).await;
    scene.fails[1].store(true, Ordering::Relaxed);
    assert!(scene.notifier.deliver(&reference).await.is_err());
    scene.fails[1].store(false, Ordering::Relaxed);
    scene.notifier.deliver(&reference).await.unwrap();
    assert_eq!(scene.sent(), [1, 1]);
    assert!(scene.is_settled());
}

#[tokio::test]
async fn a_question_that_is_decided_is_not_asked_any_more() {
    let asked = Event::ApprovalRequested {
        plan_hash: Hash::default(),
        expires_at: now(),
        needed: 1,
        body: None,
    };
    let scene = scene(vec![opened(), asked]);
    let key = backstop_core::NoticeKey::question(&scene.log.lock().unwrap()[1].id);
    let reference = scene.keep(About::Question, key.as_str(), Some("01J")).await;
    scene.notifier.deliver(&reference).await.unwrap();
    assert_eq!(scene.sent(), [1, 1], "it is open");

    let denied = Event::Denied {
        by: "alice".into(),
        reason: None,
    };
    append(&mut scene.log.lock().unwrap(), denied);
    let late = scene.keep(About::Question, "question-other", Some("01J")).await;
    let answer = scene.notifier.deliver(&late).await.unwrap();
    assert_eq!(answer, json!({ "notified": "overtaken" }));
    assert_eq!(scene.sent(), [1, 1], "nobody is asked again");
    assert!(scene.is_settled());
}

#[tokio::test]
async fn a_notice_that_isnt_there_is_an_error() {
    let scene = scene(vec![opened()]);
    let reference = NoticeRef {
        incident: Some("01J".into()),
        key: "outcome".into(),
    };
    let error = scene.notifier.deliver(&reference).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::InvalidInput);
}

#[tokio::test]
async fn people_are_notified_once_of_how_an_incident_ends() {
    let closed = Event::Closed {
        status: Status::Reported,
    };
    let scene = scene(vec![opened(), closed]);
    let id = IncidentId::from("01J");
    scene.notifier.make(&id, About::Outcome).await.unwrap();
    let again = scene.notifier.make(&id, About::Outcome).await.unwrap();
    assert_eq!(again, json!({ "notified": "already" }));
    assert_eq!(scene.sent(), [1, 1]);
    let nothing = scene.notifier.make(&id, About::Investigation).await.unwrap();
    assert_eq!(nothing, json!({ "notified": "nothing to tell" }));
}

/// A log from before notices had keys says that people know, and that counts.
#[tokio::test]
async fn an_older_log_says_that_people_know() {
    let before = serde_json::from_value(
        json!({ "event": "notified", "channel": "t", "subject": "s", "message_id": "m" }),
    );
    let scene = scene(vec![opened(), before.unwrap()]);
    let again = scene.notifier.make(&"01J".into(), About::Outcome).await.unwrap();
    assert_eq!(again, json!({ "notified": "already" }));
    assert_eq!(scene.sent(), [0, 0]);
}

#[tokio::test]
async fn a_page_needs_no_table_and_reaches_every_channel_that_works() {
    let scene = scene(vec![]);
    let died = serde_json::from_value(json!({
        "name": "01J", "status": "TIMED_OUT", "executionArn": "arn:aws:states:eu-west-1:123456789012:execution:m:01J",
    }));
    let notice = backstop_core::notice::execution_died(&died.unwrap());
    scene.fails[0].store(true, Ordering::Relaxed);
    let error = scene.notifier.page(&notice).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::AccessDenied, "Lambda tries again");
    assert_eq!(scene.sent(), [0, 1]);
    assert!(scene.kept.lock().unwrap().is_none(), "nothing is written");
}

//! What is fed, against a table that has a target's incidents.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use aws_sdk_dynamodb::{
    Client,
    operation::{get_item::GetItemOutput, put_item::PutItemOutput, query::QueryOutput},
    types::AttributeValue,
};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use backstop_aws::{Requests, answering};
use backstop_core::{
    log::{Event, FindingRef, Opened, Origin, Record},
    sweep::WatchTimes,
};
use backstop_playbook::Catalog;
use backstop_runtime::{Ledger, functions::Functions, machines::Machines, new_id, outbox::Outbox};
use serde_json::json;

use super::*;
use crate::CATALOG;

#[test]
fn batches_hold_ten_messages_and_one_mebibyte() {
    let parcel = |bytes: usize| Parcel {
        note: String::new(),
        fed: Fed {
            times: 1,
            last: Timestamp::UNIX_EPOCH,
        },
        body: "x".repeat(bytes),
        late: None,
    };
    let sizes = |parcels: Vec<Parcel>| -> Vec<usize> { batches(parcels).iter().map(Vec::len).collect() };
    assert_eq!(sizes((0..23).map(|_| parcel(10)).collect()), [10, 10, 3]);
    assert_eq!(
        sizes(vec![
            parcel(600_000),
            parcel(400_000),
            parcel(100_000),
            parcel(BATCH_BYTES)
        ]),
        [2, 1, 1]
    );
    assert!(sizes(vec![]).is_empty());
}

/// The newest incident of the target follows the oldest.
const NEWEST: &str = "01JNEWEST";
const OLDEST: &str = "01JOLDEST";

/// GuardDuty's finding as it lists it.
fn listed(id: &str) -> Value {
    let event = include_str!("../../../../playbooks/leaked-access-key/finding.json");
    let mut event: Value = serde_json::from_str(event).unwrap();
    let detail = event.get_mut("detail").unwrap();
    let arn = detail.get("arn").unwrap().as_str().unwrap();
    let arn = format!("{}/{id}", arn.rsplit_once('/').unwrap().0);
    detail["id"] = id.into();
    detail["arn"] = arn.into();
    detail.take()
}

fn source() -> Source {
    Source::Detector("d0d0cafed0d0cafed0d0cafed0d0cafe".to_owned())
}

fn read(id: &str) -> Finding {
    let event = source().envelope(&listed(id)).to_string();
    parse(event.as_bytes()).unwrap().findings.remove(0)
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// The log of an incident that this finding opened, and that has failed.
fn log(id: &str, linked: Option<&str>) -> [AttributeValue; 2] {
    let finding = read(id);
    let opened = Opened {
        playbook: "leaked-access-key".into(),
        target: finding.targets.first().unwrap().clone(),
        mode: backstop_core::Mode::Auto,
        steps: Vec::new(),
        origin: Origin::Finding,
        finding: FindingRef::of(&finding, None),
        title: String::new(),
        linked: linked.map(IncidentId::from),
        case: backstop_core::case::Case::default(),
        guardrails: Vec::new(),
    };
    let opened = Record::next(None, now(), new_id(), Event::Opened(Box::new(opened))).unwrap();
    let status = backstop_core::incident::Status::Failed;
    let closed = Record::next(Some(&opened), now(), new_id(), Event::Closed { status }).unwrap();
    [opened, closed].map(|record| text(serde_json::to_string(&record).unwrap()))
}

/// A table in which the target has two incidents, one linked to the other, and that remembers `fed` of what was fed.
fn sweep(fed: Option<Fed>) -> (Sweep, Requests) {
    let get = mock!(Client::get_item).then_compute_output(move |request| {
        let key = |name: &str| request.key().unwrap().get(name).unwrap().as_s().unwrap();
        let item = match (key("sk").as_str(), fed) {
            ("LOCK", _) => Some(("incident".to_owned(), text(NEWEST))),
            (_, Some(fed)) => Some(("memo".to_owned(), text(serde_json::to_string(&fed).unwrap()))),
            _ => None,
        };
        GetItemOutput::builder()
            .set_item(item.map(|item| [item].into()))
            .build()
    });
    let query = mock!(Client::query).then_compute_output(|request| {
        let pk = request.expression_attribute_values().unwrap().get(":pk").unwrap();
        let records = match pk.as_s().unwrap().as_str() {
            "INCIDENT#01JNEWEST" => log("a-newer-finding", Some(OLDEST)),
            _ => log("the-first-finding", None),
        };
        let items = records.map(|record| [("record".to_owned(), record)].into());
        QueryOutput::builder().set_items(Some(items.into())).build()
    });
    let put = mock!(Client::put_item).then_output(|| PutItemOutput::builder().build());
    let dynamodb = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&get, &query, &put]);
    let sent = json!({ "Successful": [{ "Id": "0", "MessageId": "m", "MD5OfMessageBody": "" }] });
    let (config, requests) = answering("eu-west-1", &[(200, &sent.to_string())]);
    let sweep = Sweep {
        catalog: Catalog::from_json(CATALOG).unwrap(),
        ledger: Ledger::new(dynamodb, "incidents"),
        machines: Machines::new(aws_sdk_sfn::Client::new(&config), "arn:machine-".to_owned()),
        guardduty: aws_sdk_guardduty::Client::new(&config),
        security_hub: aws_sdk_securityhub::Client::new(&config),
        sqs: aws_sdk_sqs::Client::new(&config),
        queue_url: "https://sqs.eu-west-1.amazonaws.com/123456789012/intake".to_owned(),
        dead_letters_url: "https://sqs.eu-west-1.amazonaws.com/123456789012/dead".to_owned(),
        topic: backstop_runtime::topic::AlertsTopic::new(
            aws_sdk_sns::Client::new(&config),
            "arn:aws:sns:eu-west-1:123456789012:alerts".to_owned(),
        ),
        outbox: Outbox::new(aws_sdk_lambda::Client::new(&config), "notify".to_owned()),
        closer: crate::closer::Closer::new(aws_sdk_lambda::Client::new(&config), "close".to_owned()),
        functions: Functions::new(&config, "close|close".parse().unwrap(), crate::watch::PATIENCE),
        watch: WatchTimes {
            confirm_after: SignedDuration::from_mins(15),
            days: 30,
        },
        rules: Vec::new(),
        window: SignedDuration::from_hours(24),
        config,
    };
    (sweep, requests)
}

async fn fed(sweep: &Sweep, id: &str) -> Report {
    let mut report = Report::default();
    Feeder::new(sweep)
        .feed(&source(), &[listed(id)], &mut report)
        .await
        .unwrap();
    report
}

/// Intake would only note it; and fed again each day, it would be called a finding that no event brought.
#[tokio::test]
async fn what_an_earlier_incident_of_the_target_has_is_known() {
    for id in ["a-newer-finding", "the-first-finding"] {
        let (sweep, requests) = sweep(None);
        let report = fed(&sweep, id).await;
        assert_eq!((report.known, report.fed), (1, 0), "{id}");
        assert!(report.fed_late.is_empty(), "{id}");
        assert!(requests.all().is_empty(), "{id}");
    }
}

#[tokio::test]
async fn what_is_fed_again_isnt_told_of_again() {
    let again = Fed {
        times: 1,
        last: now() - SignedDuration::from_hours(7),
    };
    for (before, told) in [(None, 1), (Some(again), 0)] {
        let (sweep, requests) = sweep(before);
        let report = fed(&sweep, "nobody-has-it").await;
        assert_eq!((report.fed, report.fed_late.len()), (1, told));
        assert_eq!(requests.all().len(), 1);
    }
}

/// What was seen since the end is fed, as often as there is something new; its event is only due in some hours.
#[tokio::test]
async fn what_goes_on_after_the_end_is_fed_and_is_not_late() {
    for id in ["a-newer-finding", "the-first-finding"] {
        let (sweep, requests) = sweep(None);
        let mut finding = listed(id);
        let later = now() + SignedDuration::from_mins(1);
        finding["service"]["eventLastSeen"] = json!(later.to_string());
        finding["updatedAt"] = json!(later.to_string());
        let mut report = Report::default();
        Feeder::new(&sweep)
            .feed(&source(), &[finding], &mut report)
            .await
            .unwrap();
        assert_eq!((report.known, report.fed), (0, 1), "{id}");
        assert!(report.fed_late.is_empty(), "{id}");
        assert_eq!(requests.all().len(), 1, "{id}");
    }
}

/// What SQS refused isn't fed, and nobody is told that it is.
#[tokio::test]
async fn what_the_queue_refuses_is_not_told_of() {
    let (mut sweep, _) = sweep(None);
    let refused = json!({ "Failed": [{ "Id": "0", "Code": "InternalError", "SenderFault": false }] });
    let (config, _) = answering("eu-west-1", &[(200, &refused.to_string())]);
    sweep.sqs = aws_sdk_sqs::Client::new(&config);
    let mut report = Report::default();
    let refused = Feeder::new(&sweep)
        .feed(&source(), &[listed("nobody-has-it")], &mut report)
        .await;
    assert!(matches!(refused, Err(FeedError::Refused { .. })), "{refused:?}");
    assert_eq!((report.fed, report.fed_late.len()), (0, 0));
}

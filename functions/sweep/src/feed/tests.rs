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
    incident::Status,
    log::{Event, FindingRef, Opened, Origin, Record},
};
use backstop_runtime::new_id;
use serde_json::json;

use super::*;
use crate::testing;

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
    let event = include_str!("../../../../crates/core/tests/events/leaked-access-key.json");
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
    let opened = opened(&read(id), linked);
    ended(opened, Status::Failed)
}

fn opened(finding: &Finding, linked: Option<&str>) -> Opened {
    Opened {
        playbook: "leaked-access-key".into(),
        target: finding.targets.first().unwrap().clone(),
        mode: backstop_core::Mode::Auto,
        steps: Vec::new(),
        origin: Origin::Finding,
        finding: FindingRef::of(finding, None),
        title: String::new(),
        linked: linked.map(IncidentId::from),
        case: backstop_core::case::Case::default(),
        guardrails: Vec::new(),
    }
}

fn ended(opened: Opened, status: Status) -> [AttributeValue; 2] {
    let opened = Record::next(None, now(), new_id(), Event::Opened(Box::new(opened))).unwrap();
    let closed = Record::next(Some(&opened), now(), new_id(), Event::Closed { status }).unwrap();
    [opened, closed].map(|record| text(serde_json::to_string(&record).unwrap()))
}

/// A table in which the target has two incidents, one linked to the other, and that remembers `fed` of what was fed.
fn sweep(fed: Option<Fed>) -> (Sweep, Requests) {
    sweep_of("", fed, |incident| match incident {
        NEWEST => log("a-newer-finding", Some(OLDEST)),
        _ => log("the-first-finding", None),
    })
}

/// A table in which targets with this in their keys have incidents with these logs.
fn sweep_of(
    locked: &'static str,
    fed: Option<Fed>,
    logs: impl Fn(&str) -> [AttributeValue; 2] + Send + Sync + 'static,
) -> (Sweep, Requests) {
    let get = mock!(Client::get_item).then_compute_output(move |request| {
        let key = |name: &str| request.key().unwrap().get(name).unwrap().as_s().unwrap();
        let item = match (key("sk").as_str(), fed) {
            ("LOCK", _) => key("pk")
                .contains(locked)
                .then(|| ("incident".to_owned(), text(NEWEST))),
            (_, Some(fed)) => Some(("memo".to_owned(), text(serde_json::to_string(&fed).unwrap()))),
            _ => None,
        };
        GetItemOutput::builder()
            .set_item(item.map(|item| [item].into()))
            .build()
    });
    let query = mock!(Client::query).then_compute_output(move |request| {
        let pk = request.expression_attribute_values().unwrap().get(":pk").unwrap();
        // The guardrails: there are none.
        let incident = pk.as_s().unwrap().strip_prefix("INCIDENT#");
        let records = incident.map(&logs);
        let items = records
            .into_iter()
            .flatten()
            .map(|record| [("record".to_owned(), record)].into());
        QueryOutput::builder().set_items(Some(items.collect())).build()
    });
    let put = mock!(Client::put_item).then_output(|| PutItemOutput::builder().build());
    let dynamodb = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&get, &query, &put]);
    let sent = json!({ "Successful": [{ "Id": "0", "MessageId": "m", "MD5OfMessageBody": "" }] });
    let (config, requests) = answering("eu-west-1", &[(200, &sent.to_string())]);
    (testing::sweep(dynamodb, config), requests)
}

async fn fed_of(sweep: &Sweep, id: &str) -> Report {
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
        let report = fed_of(&sweep, id).await;
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
        let report = fed_of(&sweep, "nobody-has-it").await;
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

/// What only observed, since the deployment did, is answered once the deployment does more. What something else lowered isn't:
/// that may be as it was.
#[tokio::test]
async fn a_raised_mode_alone_is_fed_and_is_not_late() {
    let lowered_by = |guardrail: &str| backstop_core::guardrail::Decision {
        guardrail: guardrail.to_owned(),
        effect: backstop_core::guardrail::Effect::LowerTo(Mode::Observe),
        detail: String::new(),
    };
    for (maximum, guardrail, status, known, fed) in [
        (Mode::Auto, "maximum-mode", Status::Observed, 0, 1),
        (Mode::Approve, "maximum-mode", Status::Expired, 0, 1),
        (Mode::Auto, "pause", Status::Refused, 0, 1),
        (Mode::Observe, "maximum-mode", Status::Observed, 1, 0),
        (Mode::Auto, "limit", Status::Expired, 1, 0),
        (Mode::Auto, "maximum-mode", Status::Contained, 1, 0),
    ] {
        let (mut sweep, requests) = sweep_of("", None, move |_| {
            let mut before = opened(&read("the-first-finding"), None);
            before.mode = Mode::Observe;
            before.guardrails = vec![lowered_by(guardrail)];
            ended(before, status)
        });
        sweep.maximum_mode = maximum;
        let report = fed_of(&sweep, "the-first-finding").await;
        let told = format!("{maximum}, {guardrail}, {status}");
        assert_eq!((report.known, report.fed), (known, fed), "{told}");
        assert!(report.fed_late.is_empty(), "{told}");
        assert_eq!(requests.all().len(), fed, "{told}");
    }
}

/// A mode is fed once for each state of a finding, and a higher one once more.
#[test]
fn each_mode_is_remembered_by_itself() {
    let finding = read("the-first-finding");
    let known = [
        Known::No,
        Known::Before,
        Known::Raised(Mode::Approve),
        Known::Raised(Mode::Auto),
    ];
    let notes: std::collections::BTreeSet<String> =
        known.into_iter().map(|known| note_of(&finding, known)).collect();
    assert_eq!(notes.len(), known.len(), "{notes:?}");
}

/// Intake tells of an object by its bucket, and gathers what only tells: that is where its incident is.
#[tokio::test]
async fn what_is_told_by_its_bucket_is_known_by_it() {
    let event = include_str!("../../../../crates/core/tests/fixtures/guardduty-s3-object-malware.json");
    let mut event: Value = serde_json::from_str(event).unwrap();
    let listed = event["detail"].take();
    let body = source().envelope(&listed).to_string();
    let finding = parse(body.as_bytes()).unwrap().findings.remove(0);
    let (sweep, _) = sweep_of("bucket/uploads#triage", None, move |_| {
        ended(opened(&finding, None), Status::Reported)
    });
    let mut report = Report::default();
    let mut feeder = Feeder::new(&sweep);
    feeder.feed(&source(), &[listed], &mut report).await.unwrap();
    assert_eq!((report.known, report.fed), (1, 0));
}

//! What CloudTrail shows since an incident was contained, and what of it is written down.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::sync::Mutex;

use aws_sdk_cloudtrail::{
    Client as CloudTrail,
    operation::lookup_events::{LookupEventsError, LookupEventsOutput},
    types::{Event as TrailEvent, LookupAttributeKey},
};
use aws_sdk_dynamodb::operation::{put_item::PutItemOutput, query::QueryOutput};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;
use backstop_core::{
    Mode, Outcome, Verification,
    finding::{Peer, Route, Severity, SeverityLabel},
    incident::Status,
    log::{FindingRef, Opened, Origin, Phase, Record, StepRef},
};

use super::*;
use crate::{
    flow_logs,
    testing::{INSTANCE, KEY, event, page, step_request, trail, trail_client},
    trail::{PacedTrail, Trail},
};

const CONTAINED_AT: &str = "2026-03-01T11:00:00Z";
const MALLORY: &str = "arn:aws:iam::123456789012:user/mallory";

/// An incident's log in a table, and what is written to it.
struct Scene {
    records: Arc<Mutex<Vec<Record>>>,
    task: VerifyTask,
}

impl Scene {
    /// A leaked key that was contained, and then this.
    fn contained(then: Vec<Event>) -> Self {
        Self::contained_of(step_request("us-east-1", 24).target, Vec::new(), then)
    }

    /// The same of this target, whose finding names these addresses.
    fn contained_of(target: Target, peers: Vec<Peer>, then: Vec<Event>) -> Self {
        let opened = Opened {
            playbook: "leaked-access-key".into(),
            target: target.clone(),
            mode: Mode::Auto,
            steps: vec![StepRef {
                step: "deactivate-key".into(),
                action: "iam.deactivate-access-key".into(),
                title: "Deactivate".into(),
                phase: Phase::Contain,
                high_impact: false,
                with: Default::default(),
            }],
            origin: Origin::Finding,
            finding: FindingRef {
                key: "key".into(),
                finding_type: "UnauthorizedAccess:IAMUser/TorIPCaller".into(),
                route: Route::GuardDutyEvent,
                severity: Severity::of_label(SeverityLabel::High),
                count: 1,
                first_seen: None,
                last_seen: None,
                created_at: None,
                updated_at: None,
                message: None,
                facts: Vec::new(),
                hub: None,
                peers,
            },
            title: String::new(),
            linked: None,
            case: backstop_core::case::Case::default(),
            guardrails: Vec::new(),
        };
        let step = || "deactivate-key".into();
        let events = [
            Event::Opened(Box::new(opened)),
            Event::StepEnded {
                step: step(),
                outcome: Outcome::Already,
            },
            Event::Verified {
                step: step(),
                verification: Verification {
                    holds: true,
                    observed: "Inactive".into(),
                },
                after_end: false,
            },
            Event::Closed {
                status: Status::Contained,
            },
        ];
        let mut records: Vec<Record> = Vec::new();
        for event in events.into_iter().chain(then) {
            let id = format!("r{}", records.len());
            let at = CONTAINED_AT.parse().unwrap();
            records.push(Record::next(records.last(), at, id, event).unwrap());
        }
        Self {
            records: Arc::new(Mutex::new(records)),
            task: VerifyTask {
                incident: "01J".into(),
                target,
            },
        }
    }

    fn look_back(&self, accounts: Arc<Accounts>) -> LookBack {
        let text = |record: &Record| {
            aws_sdk_dynamodb::types::AttributeValue::S(serde_json::to_string(record).unwrap())
        };
        let (read, written) = (Arc::clone(&self.records), Arc::clone(&self.records));
        let query = mock!(aws_sdk_dynamodb::Client::query).then_compute_output(move |_| {
            let records = read.lock().unwrap();
            let items = records
                .iter()
                .map(|record| [("record".to_owned(), text(record))].into());
            QueryOutput::builder().set_items(Some(items.collect())).build()
        });
        let put = mock!(aws_sdk_dynamodb::Client::put_item).then_compute_output(move |request| {
            let record = request.item().unwrap().get("record").unwrap().as_s().unwrap();
            written
                .lock()
                .unwrap()
                .push(serde_json::from_str(record).unwrap());
            PutItemOutput::builder().build()
        });
        let table = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&query, &put]);
        LookBack::new(Ledger::new(table, "incidents"), accounts, Protection::default())
    }

    /// What was written down.
    fn aftermath(&self) -> Option<Aftermath> {
        match &self.records.lock().unwrap().last().unwrap().event {
            Event::LookedBack { aftermath } => Some((**aftermath).clone()),
            _ => None,
        }
    }
}

/// What CloudTrail has under the names of resources.
fn about(events: &[Value]) -> Rule {
    let events: Vec<TrailEvent> = events
        .iter()
        .map(|event| TrailEvent::builder().cloud_trail_event(event.to_string()).build())
        .collect();
    mock!(CloudTrail::lookup_events)
        .match_requests(|request| {
            let mut attributes = request.lookup_attributes().iter();
            attributes.any(|attribute| attribute.attribute_key() == &LookupAttributeKey::ResourceName)
        })
        .then_output(move || {
            LookupEventsOutput::builder()
                .set_events(Some(events.clone()))
                .build()
        })
}

fn failing(code: &'static str) -> Rule {
    mock!(CloudTrail::lookup_events)
        .then_error(move || LookupEventsError::generic(ErrorMetadata::builder().code(code).build()))
}

#[tokio::test]
async fn what_the_key_still_tried_and_who_changed_it_back_is_written_down() {
    let mut refused = event("1", KEY, "ListUsers", json!({}), json!(null));
    refused["errorCode"] = json!("AccessDenied");
    let works = event("2", KEY, "CreateUser", json!({ "userName": "helper" }), json!({}));
    let mut before = event("3", KEY, "CreateUser", json!({ "userName": "early" }), json!({}));
    before["eventTime"] = json!("2026-03-01T10:59:00Z");
    let mut reactivated = event(
        "4",
        "AKIAI44QH8DHBEXAMPLE",
        "UpdateAccessKey",
        json!({ "accessKeyId": KEY, "status": "Active" }),
        json!(null),
    );
    reactivated["userIdentity"]["userName"] = json!("mallory");
    reactivated["userIdentity"]["arn"] = json!(MALLORY);
    let (by, about) = (
        page(KEY, None, &[works, refused, before], None),
        about(&[reactivated]),
    );

    let scene = Scene::contained(vec![]);
    let answer = scene
        .look_back(trail(&[&by, &about]))
        .run(&scene.task)
        .await
        .unwrap();
    assert_eq!(answer, json!({ "looked_back": true }));
    let seen = scene.aftermath().unwrap();
    assert_eq!(seen.from, CONTAINED_AT.parse().unwrap());
    assert_eq!((seen.denied, seen.succeeded), (1, 1), "{seen:#?}");
    let by: Vec<&str> = seen.touched.iter().map(|touch| touch.by.as_str()).collect();
    assert!(
        !by.is_empty() && by.iter().all(|who| *who == MALLORY),
        "{seen:#?}"
    );
    assert!(seen.incomplete.is_empty(), "{seen:#?}");
}

/// The machine tries again what may be read later.
#[tokio::test]
async fn what_may_be_read_later_is_handed_back_and_nothing_is_written_down() {
    let scene = Scene::contained(vec![]);
    let look_back = scene.look_back(trail(&[&failing("ServiceUnavailable")]));
    let error = look_back.run(&scene.task).await.unwrap_err();
    assert!(error.name().is_retryable(), "{error}");
    assert_eq!(scene.aftermath(), None);
}

/// Nobody is to take it for nothing that was seen.
#[tokio::test]
async fn what_cant_be_read_at_all_is_written_down_as_missing() {
    let scene = Scene::contained(vec![]);
    let look_back = scene.look_back(trail(&[&failing("AccessDeniedException")]));
    look_back.run(&scene.task).await.unwrap();
    let seen = scene.aftermath().unwrap();
    assert!(seen.regions.is_empty(), "{seen:#?}");
    let is_named = |line: &String| line.contains("us-east-1 wasn't read");
    assert!(seen.incomplete.iter().any(is_named), "{seen:#?}");
}

#[tokio::test]
async fn nothing_is_looked_for_once_nobody_wants_it_to_hold() {
    let released =
        json!({ "event": "released", "by": MALLORY, "person": "user/mallory", "reason": "tested" });
    let scene = Scene::contained(vec![serde_json::from_value(released).unwrap()]);
    let look_back = scene.look_back(trail(&[&failing("ServiceUnavailable")]));
    let answer = look_back.run(&scene.task).await.unwrap();
    assert_eq!(answer, json!({ "looked_back": false }));
    assert_eq!(scene.aftermath(), None);
}

#[test]
fn the_targets_own_names_are_looked_for() {
    let scene = Scene::contained(vec![]);
    let incident = Incident::replay(&scene.records.lock().unwrap()).unwrap();
    let found = ResolvedPrincipal {
        user: Some("build-server".to_owned()),
        ..ResolvedPrincipal::default()
    };
    let names = names(&scene.task.target, &incident, &found);
    let expected = ["build-server", KEY].map(|name| Lookup::Resource(name.to_owned()));
    assert_eq!(names, expected.into());
}

/// Isolation cuts no connection that was open before: what flow logs have of it opens the incident again.
#[tokio::test]
async fn an_instance_that_talks_on_with_the_findings_address_by_its_flow_logs_is_not_contained() {
    let resource = backstop_core::Resource::Instance(backstop_core::kind::Instance {
        instance_id: INSTANCE.into(),
    });
    let target = backstop_runtime::testing::step_request(resource).target;
    let look_for = async |peers: Vec<Peer>, answers: &[(u16, &str)]| {
        let scene = Scene::contained_of(target.clone(), peers, vec![]);
        let logs = flow_logs::testing::flow_logs(vec![flow_logs::testing::log("vpc-1").build()]);
        let (accounts, _) = flow_logs::testing::accounts(logs, answers);
        let trail = trail_client(&[&about(&[])]);
        let accounts = accounts
            .mock::<Iam>(backstop_runtime::client!(aws_sdk_iam: []))
            .mock_regions::<PacedTrail>(move |_| Trail::new(trail.clone()));
        scene
            .look_back(Arc::new(accounts))
            .run(&scene.task)
            .await
            .unwrap();
        scene.aftermath().unwrap()
    };
    let look = async |answers: &[(u16, &str)]| {
        let peer = Peer {
            address: [203, 0, 113, 66].into(),
            is_amazons: false,
        };
        look_for(vec![peer], answers).await
    };
    let page = flow_logs::testing::events(&[flow_logs::testing::LINE], None);
    let seen = look(&[(200, &page)]).await;
    let alarming = seen.alarming();
    let told = "1 record of accepted packets with the address that the finding names";
    assert!(alarming.len() == 1 && alarming[0].contains(told), "{seen:#?}");
    assert!(seen.flowed().unwrap().contains("/vpc/flow-logs"), "{seen:#?}");

    let unnamed = look_for(vec![], &[(200, &page)]).await;
    assert!(unnamed.alarming().is_empty(), "{unnamed:#?}");
    assert!(
        unnamed
            .limits
            .iter()
            .any(|line| line.starts_with("the finding names no address")),
        "{unnamed:#?}"
    );

    let refused = r#"{"__type":"AccessDeniedException"}"#;
    let unread = look(&[(400, refused)]).await;
    assert!(
        unread.alarming().is_empty() && unread.flows.is_none(),
        "{unread:#?}"
    );
    assert!(
        unread
            .incomplete
            .iter()
            .any(|line| line.starts_with("VPC flow logs weren't read")),
        "{unread:#?}"
    );
}

//! Each decision and each refusal, down to the calls that are made, or not made.

#![expect(clippy::unwrap_used, reason = "tests")]

mod persons;

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::{
    operation::{
        get_item::GetItemOutput, put_item::PutItemOutput, query::QueryOutput, update_item::UpdateItemOutput,
    },
    types::AttributeValue,
};
use aws_sdk_sfn::{
    operation::send_task_success::{SendTaskSuccessError, SendTaskSuccessOutput},
    types::error::{TaskDoesNotExist, TaskTimedOut},
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use backstop_core::{
    Mode, Resource, Target, canonical,
    finding::{Route, Severity, SeverityLabel},
    incident::Status,
    kind,
    log::{FindingRef, Opened, Origin, Record},
    person::Caller,
};

use super::*;
use crate::{ledger::PendingApproval, new_id};

const ALICE: &str = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Oncall_0123456789abcdef/alice";
const BOB: &str = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Oncall_0123456789abcdef/bob";
const FAR: &str = "9999-01-01T00:00:00Z";
const PAST: &str = "2026-01-01T00:00:00Z";

fn opened() -> Event {
    Event::Opened(Box::new(Opened {
        playbook: "compromised-role".into(),
        target: Target {
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
            resource: Resource::Role(kind::Role {
                role_name: "build".into(),
                role_id: None,
            }),
        },
        mode: Mode::Approve,
        steps: vec![],
        origin: Origin::Finding,
        finding: FindingRef {
            key: "123456789012/eu-west-1/0a1b".into(),
            finding_type: "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom".into(),
            route: Route::GuardDutyEvent,
            severity: Severity::of_label(SeverityLabel::High),
            count: 1,
            first_seen: None,
            last_seen: None,
            created_at: None,
            updated_at: None,
            message: None,
            facts: Vec::new(),
            peers: Vec::new(),
            hub: None,
        },
        title: "a role was used from afar".into(),
        linked: None,
        case: backstop_core::case::Case::default(),
        guardrails: vec![],
    }))
}

/// A user of IAM Identity Center, or anybody else by the ARN.
fn person(arn: &str) -> Person {
    let (_, name) = arn.rsplit_once('/').unwrap();
    let role = "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Oncall_0123456789abcdef";
    let caller = Caller {
        arn: arn.to_owned(),
        user_id: format!("AROAEXAMPLE123456:{name}"),
        access_key: None,
    };
    caller.person(Some(role), &[]).unwrap()
}

fn plan() -> Hash {
    canonical::sha256(b"the plan")
}

fn asked(expires_at: &str, needed: u8) -> Event {
    Event::ApprovalRequested {
        plan_hash: plan(),
        expires_at: expires_at.parse().unwrap(),
        needed,
        body: None,
    }
}

fn approved(by: &str) -> Event {
    Event::Approved {
        by: by.into(),
        person: None,
        reason: None,
        plan_hash: plan(),
    }
}

/// A table that holds one log and the token of its question, and a machine that waits with it.
struct Scene {
    log: Arc<Mutex<Vec<Record>>>,
    machine: Rule,
    ledger: Ledger,
    sfn: Client,
}

fn append(log: &mut Vec<Record>, event: Event) {
    let record = Record::next(log.last(), now(), new_id(), event).unwrap();
    log.push(record);
}

fn scene(events: Vec<Event>, machine: Rule) -> Scene {
    let mut records = Vec::new();
    for event in events {
        append(&mut records, event);
    }
    let log = Arc::new(Mutex::new(records));
    let item = |name: &str, json: String| [(name.to_owned(), AttributeValue::S(json))].into();
    let no_finding = mock!(aws_sdk_dynamodb::Client::query)
        .match_requests(|request| {
            request
                .key_condition_expression()
                .is_some_and(|keys| keys.contains(":finding"))
        })
        .then_output(|| QueryOutput::builder().set_items(Some(Vec::new())).build());
    let query = mock!(aws_sdk_dynamodb::Client::query).then_output({
        let log = Arc::clone(&log);
        move || {
            let items = log
                .lock()
                .unwrap()
                .iter()
                .map(|record| item("record", serde_json::to_string(record).unwrap()))
                .collect();
            QueryOutput::builder().set_items(Some(items)).build()
        }
    });
    let put = mock!(aws_sdk_dynamodb::Client::put_item)
        .match_requests({
            let log = Arc::clone(&log);
            move |request| {
                let json = request.item().unwrap().get("record").unwrap().as_s().unwrap();
                log.lock().unwrap().push(serde_json::from_str(json).unwrap());
                true
            }
        })
        .then_output(|| PutItemOutput::builder().build());
    let get = mock!(aws_sdk_dynamodb::Client::get_item).then_output(move || {
        let pending = PendingApproval {
            plan_hash: plan(),
            task_token: "token-1".into(),
        };
        GetItemOutput::builder()
            .set_item(Some(item("approval", serde_json::to_string(&pending).unwrap())))
            .build()
    });
    let update =
        mock!(aws_sdk_dynamodb::Client::update_item).then_output(|| UpdateItemOutput::builder().build());
    let dynamodb = mock_client!(
        aws_sdk_dynamodb,
        RuleMode::MatchAny,
        [&no_finding, &query, &put, &get, &update]
    );
    let sfn = mock_client!(aws_sdk_sfn, RuleMode::MatchAny, [&machine]);
    Scene {
        log,
        machine,
        ledger: Ledger::new(dynamodb, "incidents"),
        sfn,
    }
}

/// A machine that waits with this token and takes just this answer.
fn waiting(answer: &'static str) -> Rule {
    mock!(aws_sdk_sfn::Client::send_task_success)
        .match_requests(move |request| {
            request.task_token() == Some("token-1") && request.output() == Some(answer)
        })
        .then_output(|| SendTaskSuccessOutput::builder().build())
}

fn gone() -> Rule {
    mock!(aws_sdk_sfn::Client::send_task_success)
        .then_error(|| SendTaskSuccessError::TaskTimedOut(TaskTimedOut::builder().build()))
}

impl Scene {
    async fn approve(&self, by: &str, plan: Option<&str>) -> Result<Decided, DecisionError> {
        approve(
            &self.ledger,
            &self.sfn,
            &"01J".into(),
            &person(by),
            plan,
            Some("seen".into()),
        )
        .await
    }

    async fn deny(&self, by: &str) -> Result<Decided, DecisionError> {
        deny(
            &self.ledger,
            &self.sfn,
            &"01J".into(),
            &person(by),
            Some("false alarm".into()),
        )
        .await
    }

    fn last(&self) -> Event {
        self.log.lock().unwrap().last().unwrap().event.clone()
    }

    /// The log holds as many events as before and the machine wasn't told.
    fn has_no_effect(&self, events: usize) {
        assert_eq!(self.log.lock().unwrap().len(), events, "nothing is written");
        assert_eq!(self.machine.num_calls(), 0, "the machine isn't told");
    }
}

#[tokio::test]
async fn an_approval_is_written_and_then_told_to_the_machine() {
    let scene = scene(vec![opened(), asked(FAR, 1)], waiting("\"approved\""));
    let decided = scene.approve(ALICE, Some(plan().short())).await.unwrap();
    assert_eq!(
        decided,
        Decided::Approved {
            plan_hash: plan(),
            by: vec![ALICE.to_owned()]
        }
    );
    let event = Event::Approved {
        by: ALICE.into(),
        person: Some("session/alice".into()),
        reason: Some("seen".into()),
        plan_hash: plan(),
    };
    assert_eq!(scene.last(), event);
    assert_eq!(scene.machine.num_calls(), 1);
}

#[tokio::test]
async fn a_denial_is_written_and_then_told_to_the_machine() {
    let scene = scene(vec![opened(), asked(FAR, 2)], waiting("\"denied\""));
    assert_eq!(
        scene.deny(ALICE).await.unwrap(),
        Decided::Denied { plan_hash: plan() }
    );
    assert_eq!(
        scene.last(),
        Event::Denied {
            by: ALICE.into(),
            reason: Some("false alarm".into())
        }
    );
    assert_eq!(scene.machine.num_calls(), 1);
}

#[tokio::test]
async fn an_approval_names_the_plan_that_was_seen() {
    let scene = scene(vec![opened(), asked(FAR, 1)], waiting("\"approved\""));
    let error = scene.approve(ALICE, None).await.unwrap_err();
    assert!(matches!(error, DecisionError::PlanRequired { .. }), "{error}");
    scene.has_no_effect(2);
}

#[tokio::test]
async fn another_plan_than_the_one_seen_is_refused() {
    let scene = scene(vec![opened(), asked(FAR, 1)], waiting("\"approved\""));
    let error = scene.approve(ALICE, Some("0123456789ab")).await.unwrap_err();
    assert!(
        matches!(&error, DecisionError::PlanChanged { now, .. } if *now == plan()),
        "{error}"
    );
    let error = scene.approve(ALICE, Some("0123")).await.unwrap_err();
    assert!(matches!(error, DecisionError::PlanTooShort { .. }), "{error}");
    scene.has_no_effect(2);
}

#[tokio::test]
async fn an_expired_question_is_refused_even_before_the_log_says_so() {
    let overdue = scene(vec![opened(), asked(PAST, 1)], waiting("\"approved\""));
    assert!(matches!(
        overdue.approve(ALICE, Some(plan().as_str())).await,
        Err(DecisionError::Expired { .. })
    ));
    assert!(matches!(
        overdue.deny(ALICE).await,
        Err(DecisionError::Expired { .. })
    ));
    overdue.has_no_effect(2);

    let expired = scene(
        vec![opened(), asked(FAR, 1), Event::ApprovalExpired],
        waiting("\"approved\""),
    );
    assert!(matches!(
        expired.approve(ALICE, Some(plan().as_str())).await,
        Err(DecisionError::Expired { .. })
    ));
    expired.has_no_effect(3);
}

#[tokio::test]
async fn a_closed_incident_and_one_that_asks_nothing_are_refused() {
    let closed = scene(
        vec![
            opened(),
            asked(FAR, 1),
            approved(ALICE),
            Event::Closed {
                status: Status::Contained,
            },
        ],
        waiting("\"approved\""),
    );
    let error = closed.approve(BOB, Some(plan().as_str())).await.unwrap_err();
    assert!(
        matches!(
            error,
            DecisionError::Closed {
                status: Status::Contained,
                ..
            }
        ),
        "{error}"
    );
    closed.has_no_effect(4);

    let asks_nothing = scene(vec![opened()], waiting("\"approved\""));
    let error = asks_nothing.deny(BOB).await.unwrap_err();
    assert!(
        matches!(
            error,
            DecisionError::NotWaiting {
                status: Status::Open,
                ..
            }
        ),
        "{error}"
    );
    asks_nothing.has_no_effect(1);
}

#[tokio::test]
async fn a_wrong_id_is_named() {
    let scene = scene(vec![], waiting("\"approved\""));
    let error = scene.approve(ALICE, Some(plan().as_str())).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no incident `01J`");
    scene.has_no_effect(0);
}

#[tokio::test]
async fn a_decision_is_not_overturned() {
    let scene = scene(
        vec![opened(), asked(FAR, 1), approved(ALICE)],
        waiting("\"denied\""),
    );
    let error = scene.deny(BOB).await.unwrap_err();
    assert!(
        matches!(
            error,
            DecisionError::AlreadyDecided {
                answer: Answer::Approved,
                ..
            }
        ),
        "{error}"
    );
    scene.has_no_effect(3);
}

#[tokio::test]
async fn an_approval_that_the_machine_was_never_told_is_told_by_approving_again() {
    let scene = scene(
        vec![opened(), asked(FAR, 1), approved(ALICE)],
        waiting("\"approved\""),
    );
    let decided = scene.approve(ALICE, Some(plan().as_str())).await.unwrap();
    assert_eq!(
        decided,
        Decided::Approved {
            plan_hash: plan(),
            by: vec![ALICE.to_owned()]
        }
    );
    assert_eq!(scene.log.lock().unwrap().len(), 3, "it is written once");
    assert_eq!(scene.machine.num_calls(), 1);
}

#[tokio::test]
async fn approving_again_after_the_machine_went_on_says_so() {
    let scene = scene(vec![opened(), asked(FAR, 1), approved(ALICE)], gone());
    let error = scene.approve(ALICE, Some(plan().as_str())).await.unwrap_err();
    assert!(
        matches!(
            error,
            DecisionError::AlreadyDecided {
                answer: Answer::Approved,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_machine_that_gave_up_is_reported() {
    let ended = mock!(aws_sdk_sfn::Client::send_task_success)
        .then_error(|| SendTaskSuccessError::TaskDoesNotExist(TaskDoesNotExist::builder().build()));
    for machine in [gone(), ended] {
        let scene = scene(vec![opened(), asked(FAR, 1)], machine);
        let error = scene.approve(ALICE, Some(plan().as_str())).await.unwrap_err();
        assert!(matches!(error, DecisionError::NoLongerWaits { .. }), "{error}");
        assert!(
            error
                .to_string()
                .ends_with("`backstop run compromised-role --target arn:aws:iam::123456789012:role/build`"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn of_two_decisions_at_once_the_later_learns_of_the_earlier() {
    let scene = scene(vec![opened(), asked(FAR, 1)], waiting("\"denied\""));
    let mut stale = scene.ledger.log(&"01J".into()).await.unwrap();
    stale
        .append(
            &scene.ledger,
            Event::Denied {
                by: BOB.into(),
                reason: None,
            },
        )
        .await
        .unwrap();
    let desk = Desk {
        ledger: &scene.ledger,
        sfn: &scene.sfn,
        incident: &"01J".into(),
    };
    let error = desk
        .write(&mut stale, approved(ALICE), &plan())
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            DecisionError::AlreadyDecided {
                answer: Answer::Denied,
                ..
            }
        ),
        "{error}"
    );
    scene.has_no_effect(3);
}

//! What a person's request leads to, down to the calls that are made, or not made.

#![expect(clippy::unwrap_used, reason = "tests")]

use aws_sdk_dynamodb::{
    operation::{
        get_item::GetItemOutput,
        query::QueryOutput,
        transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput},
        update_item::UpdateItemOutput,
    },
    types::{AttributeValue, CancellationReason, TransactWriteItem, error::TransactionCanceledException},
};
use aws_sdk_sfn::{operation::start_execution::StartExecutionOutput, primitives::DateTime};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use backstop_core::{
    Resource,
    incident::Status,
    kind,
    log::{Event, Phase, Record},
    person::Caller,
};

use super::*;

const ALICE: &str = "arn:aws:iam::123456789012:user/alice";
const PREFIX: &str = "arn:aws:states:eu-west-1:123456789012:stateMachine:backstop_";

fn alice() -> Person {
    let caller = Caller {
        arn: ALICE.to_owned(),
        user_id: "AIDAALICE00000001".to_owned(),
        access_key: None,
    };
    caller.person(None, &[]).unwrap()
}

fn request() -> ManualRun {
    ManualRun {
        playbook: "narrow-role-trust".into(),
        steps: vec![StepRef {
            step: "narrow-trust".into(),
            action: "iam.narrow-role-trust".into(),
            title: "Let nobody assume the role".into(),
            phase: Phase::Contain,
            high_impact: true,
            with: Default::default(),
        }],
        target: Target {
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
            resource: Resource::Role(kind::Role {
                role_name: "build".into(),
                role_id: None,
            }),
        },
        wanted: Mode::Approve,
        by: alice(),
        reason: Some("strangers may assume it".into()),
        key: None,
    }
}

fn limits() -> Limits {
    Limits {
        maximum: Mode::Auto,
        hourly: 20,
        protection: Protection::of_stack("backstop", "123456789012", ""),
    }
}

fn machine() -> Rule {
    mock!(aws_sdk_sfn::Client::start_execution)
        .match_requests(|request| {
            request.state_machine_arn() == Some(&format!("{PREFIX}narrow-role-trust"))
                && request.input().is_some_and(|input| {
                    input.contains(r#""mode":"approve""#) && input.contains(request.name().unwrap())
                })
        })
        .then_output(|| {
            let started = StartExecutionOutput::builder().execution_arn("arn");
            started.start_date(DateTime::from_secs(0)).build().unwrap()
        })
}

fn written() -> Rule {
    mock!(aws_sdk_dynamodb::Client::transact_write_items)
        .match_requests(|request| {
            // An hourly limit is for what nobody was asked about.
            request
                .transact_items()
                .iter()
                .all(|item| item.update().is_none())
        })
        .then_output(|| TransactWriteItemsOutput::builder().build())
}

/// The target has a lock; only who names the incident that holds it may replace it.
fn taken() -> Rule {
    let is_first = |item: &TransactWriteItem| {
        let put = item.put();
        put.and_then(|put| put.condition_expression()) == Some("attribute_not_exists(pk)")
            && put.is_some_and(|put| put.item().get("sk") == Some(&AttributeValue::S("LOCK".to_owned())))
    };
    mock!(aws_sdk_dynamodb::Client::transact_write_items)
        .match_requests(move |request| request.transact_items().iter().any(is_first))
        .then_error(|| {
            let failed = CancellationReason::builder()
                .code("ConditionalCheckFailed")
                .build();
            let cancelled = TransactionCanceledException::builder().cancellation_reasons(failed);
            TransactWriteItemsError::TransactionCanceledException(cancelled.build())
        })
}

/// Incident `01OLD` holds the target, its machine started or not.
fn lock(is_started: bool) -> Rule {
    mock!(aws_sdk_dynamodb::Client::get_item).then_output(move || {
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let lock = GetItemOutput::builder().item("incident", text("01OLD"));
        let lock = if is_started {
            lock.item("started", text("yes"))
        } else {
            lock
        };
        lock.build()
    })
}

fn no_guardrails() -> Rule {
    mock!(aws_sdk_dynamodb::Client::query)
        .match_requests(|request| {
            let pk = request
                .expression_attribute_values()
                .and_then(|values| values.get(":pk"));
            pk == Some(&AttributeValue::S("GUARD".to_owned()))
        })
        .then_output(|| QueryOutput::builder().set_items(Some(Vec::new())).build())
}

fn old_log(is_closed: bool) -> Rule {
    log_of(&request(), is_closed)
}

fn log_of(request: &ManualRun, is_closed: bool) -> Rule {
    let first = Event::Opened(Box::new(opened(request, Mode::Approve, Vec::new())));
    let first = Record::next(None, now(), new_id(), first).unwrap();
    let closed = Event::Closed {
        status: Status::Denied,
    };
    let closed = Record::next(Some(&first), now(), new_id(), closed).unwrap();
    let records = if is_closed {
        vec![first, closed]
    } else {
        vec![first]
    };
    mock!(aws_sdk_dynamodb::Client::query)
        .match_requests(|request| {
            let pk = request
                .expression_attribute_values()
                .and_then(|values| values.get(":pk"));
            pk != Some(&AttributeValue::S("GUARD".to_owned()))
        })
        .then_output(move || {
            let items = records.iter().map(|record| {
                let record = AttributeValue::S(serde_json::to_string(record).unwrap());
                [("record".to_owned(), record)].into()
            });
            QueryOutput::builder().set_items(Some(items.collect())).build()
        })
}

fn marked() -> Rule {
    mock!(aws_sdk_dynamodb::Client::update_item).then_output(|| UpdateItemOutput::builder().build())
}

async fn ran(dynamodb: &[&Rule], machine: &Rule) -> Result<ManualRunOutcome, ManualRunError> {
    ran_as(request(), dynamodb, machine).await
}

async fn ran_as(
    request: ManualRun,
    dynamodb: &[&Rule],
    machine: &Rule,
) -> Result<ManualRunOutcome, ManualRunError> {
    let dynamodb = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, dynamodb);
    let sfn = mock_client!(aws_sdk_sfn, RuleMode::MatchAny, [machine]);
    let ledger = Ledger::new(dynamodb, "incidents");
    run(
        &ledger,
        &Machines::new(sfn, PREFIX.to_owned()),
        &request,
        &limits(),
    )
    .await
}

#[tokio::test]
async fn a_request_is_written_down_before_its_machine_is_started() {
    let (written, marked, machine) = (written(), marked(), machine());
    let started = ran(&[&no_guardrails(), &written, &marked], &machine)
        .await
        .unwrap();
    assert!(matches!(started, ManualRunOutcome::Started(_)), "{started:?}");
    assert_eq!(
        (written.num_calls(), machine.num_calls(), marked.num_calls()),
        (1, 1, 1)
    );
}

#[tokio::test]
async fn an_open_incident_is_told_of_and_its_machine_started_only_if_it_wasn_t() {
    for (is_started, starts) in [(true, 0), (false, 1)] {
        let machine = machine();
        let rules = [
            &no_guardrails(),
            &taken(),
            &lock(is_started),
            &old_log(false),
            &marked(),
        ];
        let open = ran(&rules, &machine).await.unwrap();
        assert_eq!(open, ManualRunOutcome::AlreadyOpen("01OLD".into()));
        assert_eq!(machine.num_calls(), starts);
    }
}

#[tokio::test]
async fn a_closed_incident_is_followed_by_a_new_one() {
    let (written, machine) = (written(), machine());
    let rules = [
        &no_guardrails(),
        &taken(),
        &written,
        &lock(true),
        &old_log(true),
        &marked(),
    ];
    let started = ran(&rules, &machine).await.unwrap();
    assert!(matches!(started, ManualRunOutcome::Started(_)), "{started:?}");
    assert_eq!((written.num_calls(), machine.num_calls()), (1, 1));
}

#[tokio::test]
async fn without_its_guardrails_nothing_is_opened() {
    let unreadable = mock!(aws_sdk_dynamodb::Client::query).then_http_response(|| {
        use aws_smithy_runtime_api::http::{Response, StatusCode};
        Response::new(StatusCode::try_from(400).unwrap(), "{}".into())
    });
    let (written, machine) = (written(), machine());
    let refused = ran(&[&unreadable, &written], &machine).await.unwrap_err();
    assert!(matches!(refused, ManualRunError::Ledger(_)), "{refused}");
    assert_eq!((written.num_calls(), machine.num_calls()), (0, 0));
}

/// The answer was lost on its way: the person's program asks again under the same key.
#[tokio::test]
async fn the_same_request_under_the_same_key_is_one_incident() {
    let with_key = |key: &str| ManualRun {
        key: Some(key.to_owned()),
        ..request()
    };
    for (is_closed, is_started, starts) in [(false, false, 1), (false, true, 0), (true, true, 0)] {
        let machine = machine();
        let log = log_of(&with_key("k-1"), is_closed);
        let rules = [&no_guardrails(), &taken(), &lock(is_started), &log, &marked()];
        let again = ran_as(with_key("k-1"), &rules, &machine).await.unwrap();
        assert_eq!(again, ManualRunOutcome::Started("01OLD".into()));
        assert_eq!(machine.num_calls(), starts);
    }

    let (log, machine) = (log_of(&with_key("k-1"), false), machine());
    let rules = [&no_guardrails(), &taken(), &lock(true), &log, &marked()];
    let other = ran_as(with_key("k-2"), &rules, &machine).await.unwrap();
    assert_eq!(other, ManualRunOutcome::AlreadyOpen("01OLD".into()));
    assert_ne!(request_id(&with_key("k-1")), request_id(&with_key("k-2")));
}

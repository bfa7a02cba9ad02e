//! What is written, what is asked of Lambda, and in which order.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::{
    operation::{
        put_item::{PutItemError, PutItemOutput},
        query::QueryOutput,
    },
    types::{
        AttributeValue,
        error::{ConditionalCheckFailedException, ResourceNotFoundException},
    },
};
use aws_sdk_lambda::{
    operation::invoke::{InvokeError, InvokeOutput},
    types::{InvocationType, error::ResourceNotFoundException as NoSuchFunction},
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use backstop_core::{about::About, finding::SeverityLabel, notice::Class};
use jiff::Timestamp;

use super::*;

fn notice() -> Notice {
    Notice {
        about: About::Question,
        class: Class::Page,
        severity: SeverityLabel::High,
        title: "DECIDE".into(),
        lead: vec!["a secret that stays in the table".into()],
        sections: Vec::new(),
        next: Vec::new(),
        key: "question-r".into(),
        incident: Some("01J".into()),
        case: None,
    }
}

/// What was done, in order.
type Done = Arc<Mutex<Vec<String>>>;

fn put(done: &Done) -> Rule {
    let done = Arc::clone(done);
    mock!(aws_sdk_dynamodb::Client::put_item)
        .match_requests(move |request| {
            let item = request.item().unwrap();
            let of = |name: &str| item.get(name).unwrap().as_s().unwrap().clone();
            let written = format!("wrote {} {} {}", of("pk"), of("sk"), of("list"));
            done.lock().unwrap().push(written);
            request.condition_expression() == Some("attribute_not_exists(pk)")
        })
        .then_output(|| PutItemOutput::builder().build())
}

fn is_there() -> Rule {
    mock!(aws_sdk_dynamodb::Client::put_item).then_error(|| {
        PutItemError::ConditionalCheckFailedException(ConditionalCheckFailedException::builder().build())
    })
}

fn no_table() -> Rule {
    mock!(aws_sdk_dynamodb::Client::put_item)
        .then_error(|| PutItemError::ResourceNotFoundException(ResourceNotFoundException::builder().build()))
}

fn invoked(done: &Done) -> Rule {
    let done = Arc::clone(done);
    mock!(aws_sdk_lambda::Client::invoke)
        .match_requests(move |request| {
            let payload = String::from_utf8(request.payload().unwrap().as_ref().to_vec()).unwrap();
            done.lock().unwrap().push(payload);
            request.invocation_type() == Some(&InvocationType::Event)
                && request.function_name() == Some("notify")
        })
        .then_output(|| InvokeOutput::builder().status_code(202).build())
}

async fn hand_over(put: &Rule, invoke: &Rule) -> Result<(), HandOverError> {
    let dynamodb = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [put]);
    let lambda = mock_client!(aws_sdk_lambda, RuleMode::MatchAny, [invoke]);
    let ledger = Ledger::new(dynamodb, "incidents");
    Outbox::new(lambda, "notify".into())
        .hand_over(&ledger, &notice())
        .await
}

#[tokio::test]
async fn a_notice_is_written_down_before_ids_alone_are_handed_over() {
    let done = Done::default();
    hand_over(&put(&done), &invoked(&done)).await.unwrap();
    assert_eq!(
        *done.lock().unwrap(),
        [
            "wrote INCIDENT#01J NOTICE#question-r notice",
            r#"{"notice":{"incident":"01J","key":"question-r"}}"#
        ]
    );
}

#[tokio::test]
async fn whoever_comes_again_writes_nothing_and_asks_again() {
    let (done, there) = (Done::default(), is_there());
    hand_over(&there, &invoked(&done)).await.unwrap();
    assert_eq!((there.num_calls(), done.lock().unwrap().len()), (1, 1));
}

#[tokio::test]
async fn what_cant_be_written_down_is_not_handed_over() {
    let done = Done::default();
    let error = hand_over(&no_table(), &invoked(&done)).await.unwrap_err();
    assert!(matches!(error, HandOverError::Ledger(_)), "{error}");
    assert!(done.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_notice_that_isnt_handed_over_is_written_down() {
    let done = Done::default();
    let refused = mock!(aws_sdk_lambda::Client::invoke)
        .then_error(|| InvokeError::ResourceNotFoundException(NoSuchFunction::builder().build()));
    let error = hand_over(&put(&done), &refused).await.unwrap_err();
    assert!(matches!(error, HandOverError::Call(_)), "{error}");
    assert_eq!(done.lock().unwrap().len(), 1, "the sweep finds it");
}

#[tokio::test]
async fn the_sweep_finds_what_isnt_delivered_with_its_age() {
    let list = mock!(aws_sdk_dynamodb::Client::query)
        .match_requests(|request| {
            let values = request.expression_attribute_values().unwrap();
            request.index_name() == Some("by_opened")
                && values.get(":list") == Some(&AttributeValue::S("notice".into()))
        })
        .then_output(|| {
            let text = |value: &str| AttributeValue::S(value.to_owned());
            let item = [
                ("reference".to_owned(), text(r#"{"key":"attention-x"}"#)),
                ("opened_at".to_owned(), text("2026-05-01T08:00:00Z")),
            ];
            QueryOutput::builder().items(item.into()).build()
        });
    let dynamodb = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&list]);
    let found = Ledger::new(dynamodb, "incidents").undelivered(10).await.unwrap();
    let [one] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(
        (one.notice.incident.as_ref(), one.notice.key.as_str()),
        (None, "attention-x")
    );
    assert_eq!(one.written, "2026-05-01T08:00:00Z".parse::<Timestamp>().unwrap());
}

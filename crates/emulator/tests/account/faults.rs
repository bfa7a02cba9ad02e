//! Each injected fault does to the real SDK what it says.

use std::time::{Duration, Instant};

use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use backstop_emulator::{Account, Effect, Matcher};

use crate::fixtures::{Fixtures, dynamodb, iam, s3};

pub(crate) async fn throttling_is_retried_by_the_sdk(account: &Account, fixtures: &Fixtures) {
    let iam = iam(account, fixtures.alice.clone());
    let fault = account.faults().add(
        Matcher::new("iam", "GetUser").by("user/alice").times(1),
        Effect::Throttle,
    );
    iam.get_user().user_name("alice").send().await.unwrap();
    assert_eq!(account.faults().remove(fault), 1);
    let calls = account.calls();
    assert_eq!(calls[calls.len() - 2].fault, Some("throttle"));
    assert_eq!(calls[calls.len() - 2].error_code.as_deref(), Some("Throttling"));
    assert_eq!(calls[calls.len() - 1].fault, None);

    account.faults().add(
        Matcher::new("iam", "GetUser").by("user/someone-else"),
        Effect::Throttle,
    );
    iam.get_user().user_name("alice").send().await.unwrap();
    account.faults().clear();
}

pub(crate) async fn denials_and_failures_have_each_protocols_shape(account: &Account, fixtures: &Fixtures) {
    let scp = "not authorized because of an explicit deny in a service control policy".to_owned();
    account.faults().add(
        Matcher::new("*", "*").by("user/alice"),
        Effect::AccessDenied { message: scp.clone() },
    );
    let iam_says = iam(account, fixtures.alice.clone())
        .get_user()
        .send()
        .await
        .unwrap_err();
    let s3_says = s3(account, fixtures.alice.clone())
        .list_buckets()
        .send()
        .await
        .unwrap_err();
    let dynamodb_says = dynamodb(account, fixtures.alice.clone())
        .list_tables()
        .send()
        .await
        .unwrap_err();
    account.faults().clear();
    assert_eq!(
        (iam_says.code(), iam_says.message()),
        (Some("AccessDenied"), Some(scp.as_str()))
    );
    assert_eq!(
        (s3_says.code(), s3_says.message()),
        (Some("AccessDenied"), Some(scp.as_str()))
    );
    assert_eq!(
        (dynamodb_says.code(), dynamodb_says.message()),
        (Some("AccessDeniedException"), Some(scp.as_str()))
    );

    account.faults().add(
        Matcher::new("*", "List*").by("user/alice").times(2),
        Effect::InternalError,
    );
    s3(account, fixtures.alice.clone())
        .list_buckets()
        .send()
        .await
        .unwrap();
    assert_eq!(
        account
            .calls()
            .iter()
            .filter(|call| call.fault == Some("internal-error"))
            .count(),
        2
    );
    account.faults().clear();
}

pub(crate) async fn a_lost_response_took_effect(account: &Account) {
    account
        .faults()
        .add(Matcher::new("iam", "CreateUser"), Effect::LostResponse);
    let no_retries = account.sdk_config(account.root()).into_builder();
    let no_retries = no_retries
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .build();
    let iam = aws_sdk_iam::Client::new(&no_retries);
    let lost = iam
        .create_user()
        .user_name("made-anyway")
        .send()
        .await
        .unwrap_err();
    account.faults().clear();
    assert!(matches!(lost, SdkError::DispatchFailure(_)), "{lost:?}");
    iam.get_user().user_name("made-anyway").send().await.unwrap();
    let lost = account
        .calls()
        .into_iter()
        .find(|call| call.fault == Some("lost-response"))
        .unwrap();
    assert_eq!(lost.status, None);
}

pub(crate) async fn timeouts_and_latency_take_their_time(account: &Account, fixtures: &Fixtures) {
    let dynamodb = dynamodb(account, fixtures.alice.clone());
    for effect in [
        Effect::Latency(Duration::from_millis(300)),
        Effect::Timeout(Duration::from_millis(300)),
    ] {
        account
            .faults()
            .add(Matcher::new("dynamodb", "ListTables").times(1), effect);
        let begun = Instant::now();
        dynamodb.list_tables().send().await.unwrap();
        assert!(begun.elapsed() >= Duration::from_millis(300));
        account.faults().clear();
    }
}

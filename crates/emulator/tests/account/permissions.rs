//! Who may call what, and what is recorded of it.

use aws_credential_types::Credentials;
use aws_sdk_iam::error::ProvideErrorMetadata;
use aws_sdk_iam::types::StatusType;
use backstop_emulator::Account;

use crate::fixtures::{Fixtures, iam, s3};
use crate::signed;

pub(crate) async fn permissions_are_enforced_and_recorded(account: &Account, fixtures: &Fixtures) {
    s3(account, fixtures.alice.clone())
        .list_buckets()
        .send()
        .await
        .unwrap();
    let refused = s3(account, fixtures.bystander.clone())
        .list_buckets()
        .send()
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("AccessDenied"));

    let calls = account.calls();
    let last = &calls[calls.len() - 1];
    assert_eq!(
        (last.service.as_str(), last.action.as_str()),
        ("s3", "ListBuckets")
    );
    assert_eq!(last.principal.to_string(), "user/bystander");
    assert_eq!(last.error_code.as_deref(), Some("AccessDenied"));
    assert_eq!(
        last.access_key_id.as_deref(),
        Some(fixtures.bystander.access_key_id())
    );
    assert!(last.ended_us > last.started_us && !last.succeeded());
    assert_eq!(calls[0].principal.to_string(), "root");
    assert!(calls.iter().enumerate().all(|(at, call)| call.seq == at as u64));
}

pub(crate) async fn a_role_session_is_recorded_as_its_role(account: &Account, fixtures: &Fixtures) {
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
        "Principal":{"AWS":"arn:aws:iam::123456789012:root"}}]}"#;
    let root = iam(account, account.root());
    let role = root
        .create_role()
        .role_name("auditor")
        .assume_role_policy_document(trust)
        .send()
        .await
        .unwrap();
    let role = role.role.unwrap().arn;
    let sts = aws_sdk_sts::Client::new(&account.sdk_config(fixtures.alice.clone()));
    let session = sts
        .assume_role()
        .role_arn(role)
        .role_session_name("looking")
        .send()
        .await
        .unwrap();
    let session = session.credentials.unwrap();
    let token = Some(session.session_token);
    let session = Credentials::new(
        session.access_key_id,
        session.secret_access_key,
        token,
        None,
        "test",
    );
    s3(account, session).list_buckets().send().await.unwrap_err();
    let last = account.calls().pop().unwrap();
    assert_eq!(
        (last.principal.to_string().as_str(), last.principal.session()),
        ("role/auditor", Some("looking"))
    );
}

pub(crate) fn the_bodies_of_calls_are_not_recorded(account: &Account, fixtures: &Fixtures) {
    let record = serde_json::to_string(&account.calls()).unwrap();
    assert!(record.contains(r#""name":"alice""#));
    assert!(!record.contains(fixtures.alice.secret_access_key()));
    assert!(!record.contains("ListAllMyBuckets"));
}

/// Moto checks nothing itself: without the gateway's admission every call would pass.
pub(crate) async fn moto_is_behind_the_same_permissions(account: &Account, fixtures: &Fixtures) {
    assert_eq!(describe(account, &fixtures.alice, "DescribeInstances").await, 200);
    assert_eq!(describe(account, &fixtures.alice, "DescribeVolumes").await, 403);
    let forged = Credentials::new(
        fixtures.alice.access_key_id(),
        "not the secret",
        None,
        None,
        "test",
    );
    assert_ne!(describe(account, &forged, "DescribeInstances").await, 200);
}

async fn describe(account: &Account, credentials: &Credentials, action: &str) -> u16 {
    signed::query(
        account,
        credentials,
        "ec2",
        &format!("Action={action}&Version=2016-11-15"),
    )
    .await
}

pub(crate) async fn an_inactive_key_stops_working(account: &Account, fixtures: &Fixtures) {
    let key = fixtures.alice.access_key_id();
    let off = iam(account, account.root())
        .update_access_key()
        .user_name("alice")
        .access_key_id(key);
    off.status(StatusType::Inactive).send().await.unwrap();
    let refused = s3(account, fixtures.alice.clone())
        .list_buckets()
        .send()
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("InvalidAccessKeyId"));
}

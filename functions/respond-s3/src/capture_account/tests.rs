#![expect(clippy::unwrap_used, reason = "tests")]
use std::sync::Arc;

use aws_sdk_s3::operation::list_buckets::ListBucketsError;
use aws_sdk_s3control::{Client, operation::get_public_access_block::GetPublicAccessBlockError};
use aws_smithy_mocks::{Rule, mock};
use backstop_aws::Accounts;
use backstop_core::{Plan, Resource, kind};
use backstop_runtime::{Action, StepError};
use serde_json::json;

use super::CaptureAccount;
use crate::{
    s3,
    testing::{BUCKET, acl, block, buckets, error, no_website, permit, policy_is_public, request_for, tags},
};

fn none() -> Rule {
    mock!(Client::get_public_access_block)
        .then_error(|| GetPublicAccessBlockError::generic(error("NoSuchPublicAccessBlockConfiguration")))
}

async fn capture(accounts: Arc<Accounts>) -> Plan {
    CaptureAccount::new(accounts)
        .plan(&request_for(Resource::Account(kind::Account {})))
        .await
        .unwrap()
}

#[tokio::test]
async fn keeps_which_buckets_were_open_and_changes_nothing() {
    // The policy is public, and the bucket's own settings keep the public out all the same.
    let plan = capture(s3!([
        buckets(&[BUCKET], false),
        block([false, false, false, true]),
        tags(&[]),
        no_website(),
        policy_is_public(true),
        acl(Some("http://acs.amazonaws.com/groups/global/AuthenticatedUsers")),
    ], control: [none()]))
    .await;
    assert!(plan.changes.is_empty() && plan.needs_approval.is_none());
    let captured = plan.captured.unwrap();
    assert_eq!(captured.get("block_public_access_when_read").unwrap(), "none");
    let seen = json!({
        "looked_at": [{
            "name": BUCKET,
            "public_by_policy": false,
            "public_by_acl": true,
            "website": false,
            "intended_public": false,
        }],
        "there_are_more": false,
    });
    assert_eq!(captured.get("buckets").unwrap(), &seen);
}

#[tokio::test]
async fn missing_evidence_is_named() {
    let unlisted = mock!(aws_sdk_s3::Client::list_buckets)
        .then_error(|| ListBucketsError::generic(error("AccessDenied")));
    let plan = capture(s3!([unlisted], control: [none()])).await;
    let says = |part: &str| plan.limits.iter().any(|line| line.contains(part));
    assert!(
        says("evidence is missing") && says("`s3:ListAllMyBuckets`"),
        "{:?}",
        plan.limits
    );
    assert!(
        plan.captured
            .as_ref()
            .unwrap()
            .pointer("/buckets/unreadable")
            .is_some()
    );
    let ended = CaptureAccount::new(s3!())
        .act(
            &permit(),
            &request_for(Resource::Account(kind::Account {})),
            &plan.receipt,
        )
        .await;
    assert!(
        matches!(&ended, Err(StepError::KeptInPart { missing }) if missing.contains("`s3:ListAllMyBuckets`")),
        "{ended:?}"
    );
}

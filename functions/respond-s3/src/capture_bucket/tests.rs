#![expect(clippy::unwrap_used, reason = "tests")]
use aws_sdk_s3::{
    Client,
    operation::{
        get_bucket_acl::{GetBucketAclError, GetBucketAclOutput},
        get_bucket_logging::GetBucketLoggingOutput,
        get_bucket_notification_configuration::GetBucketNotificationConfigurationOutput,
        get_bucket_ownership_controls::GetBucketOwnershipControlsError,
        get_bucket_policy::GetBucketPolicyOutput,
        get_bucket_replication::GetBucketReplicationOutput,
        get_bucket_versioning::GetBucketVersioningOutput,
    },
    types::{
        BucketVersioningStatus, Destination, Event, Grant, Grantee, LambdaFunctionConfiguration,
        LoggingEnabled, Permission, ReplicationConfiguration, ReplicationRule, ReplicationRuleStatus, Type,
    },
};
use aws_smithy_mocks::{Rule, mock};
use backstop_core::{Plan, UndoOutcome};
use backstop_runtime::{Action, StepError};
use serde_json::{Value, json};

use super::CaptureBucket;
use crate::{
    is_ours, s3,
    testing::{block, error, no_access_log, no_website, permit, policy_is_public, step_request, tags},
};

const EVERYONE: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:copy-out";

fn policy(text: String) -> Rule {
    mock!(Client::get_bucket_policy)
        .match_requests(|request| is_ours!(request))
        .then_output(move || GetBucketPolicyOutput::builder().policy(text.clone()).build())
}

fn acl() -> Rule {
    mock!(Client::get_bucket_acl)
        .match_requests(|request| is_ours!(request))
        .then_output(|| {
            let everyone = Grantee::builder().r#type(Type::Group).uri(EVERYONE).build();
            let grant = Grant::builder()
                .grantee(everyone.unwrap())
                .permission(Permission::Read)
                .build();
            GetBucketAclOutput::builder().grants(grant).build()
        })
}

fn acl_error(code: &'static str) -> Rule {
    mock!(Client::get_bucket_acl)
        .match_requests(|request| is_ours!(request))
        .then_error(move || GetBucketAclError::generic(error(code)))
}

fn no_ownership() -> Rule {
    mock!(Client::get_bucket_ownership_controls)
        .match_requests(|request| is_ours!(request))
        .then_error(|| GetBucketOwnershipControlsError::generic(error("OwnershipControlsNotFoundError")))
}

fn versioning() -> Rule {
    mock!(Client::get_bucket_versioning)
        .match_requests(|request| is_ours!(request))
        .then_output(|| {
            GetBucketVersioningOutput::builder()
                .status(BucketVersioningStatus::Suspended)
                .build()
        })
}

/// A rule that copies every object to another account.
fn replication() -> Rule {
    mock!(Client::get_bucket_replication)
        .match_requests(|request| is_ours!(request))
        .then_output(|| {
            let away = Destination::builder()
                .bucket("arn:aws:s3:::elsewhere")
                .account("111122223333")
                .build();
            let rule = ReplicationRule::builder()
                .id("copy")
                .status(ReplicationRuleStatus::Enabled)
                .destination(away.unwrap())
                .build();
            let all = ReplicationConfiguration::builder()
                .role("arn:aws:iam::123456789012:role/copier")
                .rules(rule.unwrap())
                .build();
            GetBucketReplicationOutput::builder()
                .replication_configuration(all.unwrap())
                .build()
        })
}

fn notifications() -> Rule {
    mock!(Client::get_bucket_notification_configuration)
        .match_requests(|request| is_ours!(request))
        .then_output(|| {
            let function = LambdaFunctionConfiguration::builder()
                .lambda_function_arn(FUNCTION)
                .events(Event::S3ObjectCreated)
                .build();
            GetBucketNotificationConfigurationOutput::builder()
                .lambda_function_configurations(function.unwrap())
                .build()
        })
}

fn access_log() -> Rule {
    mock!(Client::get_bucket_logging)
        .match_requests(|request| is_ours!(request))
        .then_output(|| {
            let to = LoggingEnabled::builder()
                .target_bucket("access-logs")
                .target_prefix("holiday/")
                .build();
            GetBucketLoggingOutput::builder()
                .logging_enabled(to.unwrap())
                .build()
        })
}

async fn capture(policy: Rule, acl: Rule, log: Rule) -> Result<Plan, StepError> {
    let buckets = s3!(
        block([true; 4]),
        tags(&[("team", "web")]),
        policy,
        policy_is_public(true),
        acl,
        no_ownership(),
        versioning(),
        replication(),
        notifications(),
        no_website(),
        log,
    );
    CaptureBucket::new(buckets).plan(&step_request()).await
}

fn part<'a>(captured: &'a Value, pointer: &str) -> &'a Value {
    captured.pointer(pointer).unwrap()
}

#[tokio::test]
async fn keeps_every_part_and_changes_nothing() {
    let text = r#"{"Version":"2012-10-17", "Statement":[]}"#;
    let plan = capture(policy(text.into()), acl(), access_log()).await.unwrap();
    assert!(plan.changes.is_empty());
    assert_eq!(plan.tags.len(), 1, "guardrails look at them");
    let captured = plan.captured.unwrap();
    assert_eq!(
        part(&captured, "/parts/policy"),
        text,
        "the exact text, spaces too"
    );
    assert_eq!(part(&captured, "/parts/policy_is_public"), true);
    assert_eq!(part(&captured, "/parts/acl/grants/0/uri"), EVERYONE);
    assert!(part(&captured, "/parts/object_ownership").is_null());
    assert_eq!(part(&captured, "/parts/versioning/status"), "Suspended");
    assert_eq!(
        part(&captured, "/parts/replication/rules/0/account"),
        "111122223333"
    );
    assert_eq!(
        part(&captured, "/parts/notifications"),
        &json!({ "targets": [{ "to": FUNCTION, "events": ["s3:ObjectCreated:*"] }], "eventbridge": false })
    );
    assert_eq!(part(&captured, "/access_log/bucket"), "access-logs");
    let [logging] = plan.limits.as_slice() else {
        unreachable!("nothing is missing: {:?}", plan.limits)
    };
    assert!(logging.contains("s3://access-logs/holiday/"), "{logging}");
}

#[tokio::test]
async fn missing_evidence_is_named_and_the_rest_is_kept() {
    let long = format!("\"{}\"", "x".repeat(40_000));
    let plan = capture(policy(long), acl_error("AccessDenied"), no_access_log())
        .await
        .unwrap();
    let captured = plan.captured.unwrap();
    assert!(part(&captured, "/parts/acl/unreadable").is_string());
    assert!(part(&captured, "/parts/policy/sha256").is_string());
    assert_eq!(part(&captured, "/parts/versioning/status"), "Suspended");
    let says = |text: &str| plan.limits.iter().any(|line| line.contains(text));
    assert!(
        says("`acl` couldn't be read: `s3:GetBucketAcl`"),
        "{:?}",
        plan.limits
    );
    assert!(says("`policy` is too long"), "{:?}", plan.limits);
    assert!(
        says("nobody can say which objects were read"),
        "{:?}",
        plan.limits
    );
    let ended = CaptureBucket::new(s3!())
        .act(&permit(), &step_request(), &plan.receipt)
        .await;
    let missing = match ended {
        Err(StepError::KeptInPart { missing }) => missing,
        other => unreachable!("{other:?}"),
    };
    assert!(
        missing.contains("`acl`") && missing.contains("`policy`"),
        "{missing}"
    );
    assert!(
        !missing.contains("which objects were read"),
        "that is no part: {missing}"
    );

    let slow = capture(policy("{}".into()), acl_error("SlowDown"), no_access_log()).await;
    assert!(slow.unwrap_err().name().is_retryable(), "it may be had yet");
}

#[tokio::test]
async fn acting_verifying_and_undoing_make_no_call() {
    let receipt = capture(policy("{}".into()), acl(), no_access_log())
        .await
        .unwrap()
        .receipt;
    let action = CaptureBucket::new(s3!());
    action.act(&permit(), &step_request(), &receipt).await.unwrap();
    assert!(
        action
            .verify(&step_request(), Some(&receipt))
            .await
            .unwrap()
            .holds
    );
    assert!(!action.verify(&step_request(), None).await.unwrap().holds);
    let undone = action.undo(&permit(), &step_request(), &receipt).await.unwrap();
    assert!(matches!(undone, UndoOutcome::NothingToUndo { .. }));
}

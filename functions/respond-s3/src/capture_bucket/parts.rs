//! The settings of a bucket as evidence: each read by itself, each as JSON, none too long for the log.

use aws_sdk_s3::{
    operation::{
        get_bucket_acl::GetBucketAclOutput,
        get_bucket_notification_configuration::GetBucketNotificationConfigurationOutput,
    },
    types::{Event, Grant, ReplicationConfiguration},
};
use backstop_actions::permissions;
use backstop_core::canonical;
use backstop_runtime::{CallError, StepError};
use serde_json::{Map, Value, json};

use crate::bucket::{Bucket, PolicyStatus, unless_absent};

/// The longest part that is kept whole. A policy has at most 20 KB; nine parts of this length fit a log record.
const LONGEST_PART: usize = 32 * 1024;

/// What one read gave: the setting, none, or why not, in words.
pub(super) type Part = (&'static str, Result<Option<Value>, String>);

/// Reads all parts at once. An error that is worth a retry is handed back: the evidence may be had yet.
pub(super) async fn read(bucket: &Bucket) -> Result<Vec<Part>, StepError> {
    let (policy, status, acl, ownership, versioning, replication, notifications, website) = tokio::join!(
        policy(bucket),
        bucket.policy_status(),
        acl(bucket),
        ownership(bucket),
        versioning(bucket),
        replication(bucket),
        notifications(bucket),
        bucket.is_website()
    );
    let parts = [
        ("policy", policy),
        ("acl", acl),
        ("object_ownership", ownership),
        ("versioning", versioning),
        ("replication", replication),
        ("notifications", notifications),
        ("website", website.map(|website| Some(Value::from(website)))),
    ];
    let mut kept = vec![("policy_is_public", public(status))];
    for (name, part) in parts {
        match part {
            Err(error) if error.name.is_retryable() => return Err(error.into()),
            part => kept.push((name, part.map_err(|error| error.to_string()))),
        }
    }
    Ok(kept)
}

/// The parts as one object, and a sentence for each that is missing.
pub(super) fn settle(parts: Vec<Part>) -> (Value, Vec<String>) {
    let mut missing = Vec::new();
    let mut kept = Map::new();
    for (name, part) in parts {
        let value = match part {
            Ok(Some(value)) => bounded(name, value, &mut missing),
            Ok(None) => Value::Null,
            Err(error) => {
                missing.push(format!("evidence is missing, `{name}` couldn't be read: {error}"));
                json!({ "unreadable": error })
            }
        };
        kept.insert(name.to_owned(), value);
    }
    (Value::Object(kept), missing)
}

fn bounded(name: &str, value: Value, missing: &mut Vec<String>) -> Value {
    let text = value.to_string();
    if text.len() <= LONGEST_PART {
        return value;
    }
    missing.push(format!(
        "evidence is missing, `{name}` is too long for the log ({} bytes): copy it by hand",
        text.len()
    ));
    json!({ "too_long": text.len(), "sha256": canonical::sha256(text.as_bytes()) })
}

fn public(status: PolicyStatus) -> Result<Option<Value>, String> {
    match status {
        PolicyStatus::NoPolicy => Ok(None),
        PolicyStatus::Public => Ok(Some(Value::Bool(true))),
        PolicyStatus::NotPublic => Ok(Some(Value::Bool(false))),
        PolicyStatus::Unknown(why) => Err(why),
    }
}

/// The policy's exact text.
async fn policy(bucket: &Bucket) -> Result<Option<Value>, CallError> {
    Ok(bucket.policy().await?.map(Value::from))
}

async fn acl(bucket: &Bucket) -> Result<Option<Value>, CallError> {
    let answer = bucket
        .s3
        .get_bucket_acl()
        .bucket(&bucket.place.name)
        .expected_bucket_owner(bucket.place.owner.as_str())
        .send()
        .await
        .map_err(CallError::of(
            permissions::s3::GET_BUCKET_ACL.action,
            bucket.named(),
        ))?;
    Ok(Some(acl_json(&answer)))
}

fn acl_json(acl: &GetBucketAclOutput) -> Value {
    let grant = |grant: &Grant| {
        let to = grant.grantee();
        json!({
            "permission": grant.permission().map(|permission| permission.as_str()),
            "type": to.map(|to| to.r#type().as_str()),
            "id": to.and_then(|to| to.id()),
            "uri": to.and_then(|to| to.uri()),
        })
    };
    json!({
        "owner": acl.owner().and_then(|owner| owner.id()),
        "grants": acl.grants().iter().map(grant).collect::<Vec<_>>(),
    })
}

async fn ownership(bucket: &Bucket) -> Result<Option<Value>, CallError> {
    Ok(bucket.ownership().await?.map(Value::from))
}

async fn versioning(bucket: &Bucket) -> Result<Option<Value>, CallError> {
    let found = bucket
        .s3
        .get_bucket_versioning()
        .bucket(&bucket.place.name)
        .expected_bucket_owner(bucket.place.owner.as_str())
        .send()
        .await
        .map_err(CallError::of(
            permissions::s3::GET_BUCKET_VERSIONING.action,
            bucket.named(),
        ))?;
    Ok(found.status().map(|status| {
        json!({
            "status": status.as_str(),
            "mfa_delete": found.mfa_delete().map(|mfa| mfa.as_str()),
        })
    }))
}

async fn replication(bucket: &Bucket) -> Result<Option<Value>, CallError> {
    let answer = bucket
        .s3
        .get_bucket_replication()
        .bucket(&bucket.place.name)
        .expected_bucket_owner(bucket.place.owner.as_str())
        .send()
        .await
        .map_err(CallError::of(
            permissions::s3::GET_REPLICATION_CONFIGURATION.action,
            bucket.named(),
        ));
    let found = unless_absent(answer, "ReplicationConfigurationNotFoundError")?;
    Ok(found.and_then(|found| found.replication_configuration().map(replication_json)))
}

/// Where copies go: a rule to a bucket of another account takes data out.
fn replication_json(found: &ReplicationConfiguration) -> Value {
    let rules: Vec<Value> = found
        .rules()
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id(),
                "status": rule.status().as_str(),
                "to": rule.destination().map(|to| to.bucket()),
                "account": rule.destination().and_then(|to| to.account()),
            })
        })
        .collect();
    json!({ "role": found.role(), "rules": rules })
}

async fn notifications(bucket: &Bucket) -> Result<Option<Value>, CallError> {
    let found = bucket
        .s3
        .get_bucket_notification_configuration()
        .bucket(&bucket.place.name)
        .expected_bucket_owner(bucket.place.owner.as_str())
        .send()
        .await
        .map_err(CallError::of(
            permissions::s3::GET_BUCKET_NOTIFICATION.action,
            bucket.named(),
        ))?;
    Ok(notifications_json(&found))
}

/// Who is told of each object: an attacker's function or queue would be.
fn notifications_json(found: &GetBucketNotificationConfigurationOutput) -> Option<Value> {
    let one = |to: &str, events: &[Event]| json!({ "to": to, "events": events.iter().map(Event::as_str).collect::<Vec<_>>() });
    let functions = found.lambda_function_configurations().iter();
    let queues = found.queue_configurations().iter();
    let topics = found.topic_configurations().iter();
    let targets: Vec<Value> = functions
        .map(|it| one(it.lambda_function_arn(), it.events()))
        .chain(queues.map(|it| one(it.queue_arn(), it.events())))
        .chain(topics.map(|it| one(it.topic_arn(), it.events())))
        .collect();
    let by_eventbridge = found.event_bridge_configuration().is_some();
    (by_eventbridge || !targets.is_empty())
        .then(|| json!({ "targets": targets, "eventbridge": by_eventbridge }))
}

//! What a function's role grants, against what the gateway saw the function do.

use std::collections::BTreeSet;

use backstop_drill::Environment;
use backstop_emulator::{Principal, RecordedCall};

use crate::Role;

/// What Lambda does with any function's role outside of its process, where the gateway doesn't see it.
const BY_LAMBDA: [&str; 4] = [
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
];

/// Calls for which AWS asks for another permission besides.
const ASKED_WITH: &[(&str, &str)] = &[
    ("dynamodb:TransactWriteItems", "dynamodb:PutItem"),
    ("dynamodb:TransactWriteItems", "dynamodb:UpdateItem"),
    ("ec2:AssociateIamInstanceProfile", "iam:PassRole"),
    ("ec2:CreateSnapshots", "ec2:CreateTags"),
    ("ec2:CreateSecurityGroup", "ec2:CreateTags"),
];

/// Calls whose permission has another name (Service Authorization Reference, "Actions, resources, and condition keys
/// for Amazon S3", "… for AWS Lambda", "… for Amazon SQS").
const OTHER_NAMES: &[(&str, &str)] = &[
    // The record tells operations of this service by method and path.
    ("guardduty:GET /detector", "guardduty:ListDetectors"),
    ("lambda:Invoke", "lambda:InvokeFunction"),
    (
        "s3:DeleteAccountPublicAccessBlock",
        "s3:PutAccountPublicAccessBlock",
    ),
    ("s3:DeletePublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
    (
        "s3:GetBucketNotificationConfiguration",
        "s3:GetBucketNotification",
    ),
    ("s3:GetBucketReplication", "s3:GetReplicationConfiguration"),
    ("s3:GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
    ("s3:ListBuckets", "s3:ListAllMyBuckets"),
    ("s3:ListObjectVersions", "s3:ListBucketVersions"),
    ("s3:ListObjectsV2", "s3:ListBucket"),
    ("s3:PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
    ("sqs:SendMessageBatch", "sqs:SendMessage"),
];

/// What is used in some runs only: when two functions write to one log at the same time, the slower one reads whose
/// record is there.
const NOW_AND_THEN: &str = "dynamodb:GetItem";

/// What differs between the role of the function with this crate name and what the function did so far. `excused` is
/// what it is granted for what doesn't happen here.
pub async fn granted_and_used(environment: &Environment, function: &str, excused: &[&str]) -> Vec<String> {
    let role = Role::of(environment, function).await;
    let (granted, used) = (role.grants(), used(&environment.account().calls(), &role.name));
    let excused: BTreeSet<&str> = excused.iter().chain(&BY_LAMBDA).copied().collect();
    let unnamed = |grant: &&String| !excused.contains(grant.as_str()) && *grant != NOW_AND_THEN;
    let missing = used
        .difference(&granted)
        .map(|call| format!("{function} used `{call}`, which it isn't granted"));
    let unused = granted
        .difference(&used)
        .filter(unnamed)
        .map(|grant| format!("{function} is granted `{grant}` and never used it"));
    let not_excused = used
        .iter()
        .filter(|call| excused.contains(call.as_str()))
        .map(|call| format!("{function} used `{call}`: take it off the list of what isn't"));
    missing.chain(unused).chain(not_excused).collect()
}

/// The permissions behind the calls that a role made.
fn used(calls: &[RecordedCall], role: &str) -> BTreeSet<String> {
    let is_its =
        |call: &&RecordedCall| matches!(&call.principal, Principal::Role { name, .. } if name == role);
    let names = calls
        .iter()
        .filter(is_its)
        .map(|call| format!("{}:{}", call.service, call.action));
    let called: BTreeSet<String> = names.collect();
    let renamed = called.iter().map(|call| {
        let other = OTHER_NAMES.iter().find(|(name, _)| name == call);
        other
            .map_or(call.as_str(), |(_, permission)| permission)
            .to_owned()
    });
    let asked_with = ASKED_WITH.iter().filter(|(call, _)| called.contains(*call));
    // It has no permission of its own.
    let renamed = renamed.filter(|name| name != "dynamodb:TransactWriteItems");
    renamed
        .chain(asked_with.map(|(_, permission)| (*permission).to_owned()))
        .collect()
}

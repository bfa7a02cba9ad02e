//! What each function's role grants, against what the gateway saw the function do in all incidents of this test.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use backstop_sandbox::{Call, Principal};
use backstop_tests::{Role, Watched};

/// Who takes part in an incident. The sweep's role is used in the test of what was missed.
const FUNCTIONS: [&str; 8] = [
    "approve",
    "close",
    "intake",
    "investigate",
    "notify",
    "respond-ec2",
    "respond-iam",
    "respond-s3",
];

/// What Lambda does with any function's role outside of its process, where the gateway doesn't see it.
const BY_LAMBDA: [&str; 4] = [
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
];

/// Calls for which AWS asks for another permission besides.
const ASKED_WITH: &[(&str, &str)] = &[
    ("ec2:AssociateIamInstanceProfile", "iam:PassRole"),
    ("ec2:CreateSnapshots", "ec2:CreateTags"),
    ("ec2:CreateSecurityGroup", "ec2:CreateTags"),
];

/// Calls whose permission has another name (Service Authorization Reference, "Actions, resources, and condition keys
/// for Amazon S3").
const OTHER_NAMES: &[(&str, &str)] = &[
    ("s3:DeletePublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
    (
        "s3:GetBucketNotificationConfiguration",
        "s3:GetBucketNotification",
    ),
    ("s3:GetBucketReplication", "s3:GetReplicationConfiguration"),
    ("s3:GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
    ("s3:PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
];

/// What is granted for what no drill has.
const UNUSED: &[(&str, &str, &str)] = &[];

pub(crate) async fn granted_is_used(watched: &Arc<Watched>) -> Vec<String> {
    let calls = watched.stage.account().calls();
    let mut failed = Vec::new();
    let mut unused = BTreeMap::new();
    for function in FUNCTIONS {
        let role = Role::of(&watched.stage, function).await;
        let (granted, used) = (role.grants(), used(&calls, &role.name));
        failed.extend(
            used.difference(&granted)
                .map(|call| format!("{function} used `{call}`, which it isn't granted")),
        );
        unused.extend(
            granted
                .difference(&used)
                .map(|grant| ((function, grant.clone()), ())),
        );
    }
    let is_named = |(function, grant): &(&str, String)| {
        BY_LAMBDA.contains(&grant.as_str())
            || UNUSED.iter().any(|(of, name, _)| of == function && name == grant)
    };
    let unnamed = unused.keys().filter(|one| !is_named(one));
    failed.extend(
        unnamed.map(|(function, grant)| format!("{function} is granted `{grant}` and never used it")),
    );
    let is_used =
        |(function, grant, _): &&(&str, &str, &str)| !unused.contains_key(&(*function, (*grant).to_owned()));
    let wrong = UNUSED.iter().filter(is_used);
    failed.extend(
        wrong.map(|(function, grant, _)| format!("{function} used `{grant}`: it needs no excuse any more")),
    );
    failed
}

/// The permissions behind the calls that a role made.
fn used(calls: &[Call], role: &str) -> BTreeSet<String> {
    let is_its = |call: &&Call| matches!(&call.principal, Principal::Role { name, .. } if name == role);
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
    renamed
        .chain(asked_with.map(|(_, permission)| (*permission).to_owned()))
        .collect()
}

//! What each function's role grants, against what the gateway saw the function do in all incidents of this test.

use std::{collections::BTreeSet, sync::Arc};

use backstop_emulator::{Call, Principal};
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
    ("dynamodb:TransactWriteItems", "dynamodb:PutItem"),
    ("dynamodb:TransactWriteItems", "dynamodb:UpdateItem"),
    ("ec2:AssociateIamInstanceProfile", "iam:PassRole"),
    ("ec2:CreateSnapshots", "ec2:CreateTags"),
    ("ec2:CreateSecurityGroup", "ec2:CreateTags"),
];

/// Calls whose permission has another name (Service Authorization Reference, "Actions, resources, and condition keys
/// for Amazon S3", "… for AWS Lambda").
const OTHER_NAMES: &[(&str, &str)] = &[
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
    ("s3:PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
];

/// What is used in some runs only: when two functions write to one log at the same time, the slower one reads whose
/// record is there.
const NOW_AND_THEN: &str = "dynamodb:GetItem";

/// By function, what is granted for what no incident here has.
const UNUSED: &[(&str, &str, &[&str])] = &[
    (
        "close",
        "a finding that came by Security Hub",
        &["securityhub:BatchUpdateFindings"],
    ),
    (
        "close",
        "Lambda sends what a failed asynchronous invocation was about with the function's role",
        &["sqs:SendMessage"],
    ),
    (
        "intake",
        "Lambda's own poller takes messages off the queue with the function's role",
        &[
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
        ],
    ),
    ("intake", "a finding that can't be read", &["sqs:SendMessage"]),
    (
        "intake",
        "more incidents in an hour than the limit",
        &["sns:Publish"],
    ),
    (
        "notify",
        "Lambda sends what a failed asynchronous invocation was about with the function's role",
        &["sqs:SendMessage"],
    ),
    (
        "respond-ec2",
        "undo of a member that was in standby, or protected from scaling in",
        &["autoscaling:EnterStandby", "autoscaling:SetInstanceProtection"],
    ),
    (
        "respond-ec2",
        "a stack whose parameters ask to lock or share snapshots",
        &["ec2:DescribeLockedSnapshots", "ec2:DescribeSnapshotAttribute"],
    ),
    (
        "respond-ec2",
        "isolation with the option `untrack`, or with a group that somebody gave rules",
        &[
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:DeleteSecurityGroup",
            "ec2:RevokeSecurityGroupIngress",
        ],
    ),
];

pub(crate) async fn granted_is_used(watched: &Arc<Watched>) -> Vec<String> {
    let calls = watched.environment.account().calls();
    let mut failed = Vec::new();
    for function in FUNCTIONS {
        let role = Role::of(&watched.environment, function).await;
        let (granted, used) = (role.grants(), used(&calls, &role.name));
        let excused = excused(function);
        let unnamed = |grant: &&String| !excused.contains(grant.as_str()) && *grant != NOW_AND_THEN;
        for call in used.difference(&granted) {
            failed.push(format!("{function} used `{call}`, which it isn't granted"));
        }
        for grant in granted.difference(&used).filter(unnamed) {
            failed.push(format!("{function} is granted `{grant}` and never used it"));
        }
        for call in used.iter().filter(|call| excused.contains(call.as_str())) {
            failed.push(format!(
                "{function} used `{call}`: take it off the list of what isn't"
            ));
        }
    }
    failed
}

fn excused(function: &str) -> BTreeSet<&'static str> {
    let of_it = UNUSED.iter().filter(|(name, _, _)| *name == function);
    let named = of_it.flat_map(|(_, _, grants)| grants.iter().copied());
    named.chain(BY_LAMBDA).collect()
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
    // It has no permission of its own.
    let renamed = renamed.filter(|name| name != "dynamodb:TransactWriteItems");
    renamed
        .chain(asked_with.map(|(_, permission)| (*permission).to_owned()))
        .collect()
}

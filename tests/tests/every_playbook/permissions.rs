//! What each function's role grants, against what the gateway saw the function do in all incidents of this test.

use std::sync::Arc;

use backstop_tests::{Watched, granted_and_used};

/// Who takes part in an incident. The sweep's role is held against its use in the test of what was missed.
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

/// By function, what is granted for what no incident here has.
const UNUSED: &[(&str, &str, &[&str])] = &[
    (
        "respond-iam",
        "a user or role whose inline policies leave no room for a deny",
        &[
            "iam:AttachRolePolicy",
            "iam:AttachUserPolicy",
            "iam:PutRolePermissionsBoundary",
            "iam:PutUserPermissionsBoundary",
        ],
    ),
    (
        "respond-iam",
        "a role that instances, functions or tasks have, and that is revoked as a whole",
        &[
            "ec2:DescribeIamInstanceProfileAssociations",
            "ecs:DescribeTaskDefinition",
            "ecs:DescribeTasks",
            "ecs:ListClusters",
            "ecs:ListTasks",
            "lambda:ListFunctions",
        ],
    ),
    (
        "close",
        "a finding that came by Security Hub",
        &["securityhub:BatchUpdateFindings"],
    ),
    ("close", "an execution that died", &["states:DescribeExecution"]),
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
        "a message that can't be answered for now",
        &["sqs:ChangeMessageVisibility"],
    ),
    ("intake", "an incidents table that fails", &["sns:Publish"]),
    (
        "intake",
        "a finding of another product than GuardDuty",
        &["securityhub:GetFindings"],
    ),
    (
        "intake",
        "a finding that a person sent, and that isn't answered",
        &["lambda:InvokeFunction"],
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
    let mut failed = Vec::new();
    for function in FUNCTIONS {
        failed.extend(granted_and_used(&watched.environment, function, &excused(function)).await);
    }
    failed
}

fn excused(function: &str) -> Vec<&'static str> {
    let of_it = UNUSED.iter().filter(|(name, _, _)| *name == function);
    of_it.flat_map(|(_, _, grants)| grants.iter().copied()).collect()
}

//! What functions can do with their credentials: the rows of the table in docs/threat-model.md.

use std::future::Future;
use std::pin::Pin;

use crate::thief::Thief;

type Answer<'a> = Pin<Box<dyn Future<Output = bool> + 'a>>;
type Attempt = for<'a> fn(&'a Thief<'a>) -> Answer<'a>;

/// One power: a row of the table.
pub(crate) struct Power {
    pub(crate) name: &'static str,
    /// What it is made of. Each change that a role is allowed is part of a power that its function has.
    pub(crate) calls: &'static [&'static str],
    /// `None` where no emulator judges it, or the stack of the test lacks a parameter for it: the template says who has it.
    pub(crate) attempt: Option<Attempt>,
}

const fn power(name: &'static str, calls: &'static [&'static str], attempt: Attempt) -> Power {
    Power {
        name,
        calls,
        attempt: Some(attempt),
    }
}

const fn by_template(name: &'static str, calls: &'static [&'static str]) -> Power {
    Power {
        name,
        calls,
        attempt: None,
    }
}

/// What functions can do with their roles, beside reading and writing the table.
pub(crate) const POWERS: &[Power] = &[
    power("ends guards", &["dynamodb:DeleteItem"], |it| {
        Box::pin(it.ends_guards())
    }),
    power("starts machines", &["states:StartExecution"], |it| {
        Box::pin(it.starts_machines())
    }),
    power("answers questions", &["states:SendTaskSuccess"], |it| {
        Box::pin(it.answers_questions())
    }),
    power("sends findings", &["sqs:SendMessage"], |it| {
        Box::pin(it.sends_findings())
    }),
    power(
        "takes findings off the queue",
        &[
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:ReceiveMessage",
        ],
        |it| Box::pin(it.takes_findings()),
    ),
    power("adds dead letters", &["sqs:SendMessage"], |it| {
        Box::pin(it.adds_dead_letters())
    }),
    power("publishes", &["sns:Publish"], |it| Box::pin(it.publishes())),
    power("has `notify` tell people", &["lambda:InvokeFunction"], |it| {
        Box::pin(it.calls("NotifyFunction"))
    }),
    power("calls responders", &["lambda:InvokeFunction"], |it| {
        Box::pin(it.calls("RespondIamFunction"))
    }),
    power("adds evidence", &["s3:PutObject"], |it| {
        Box::pin(it.adds_object("incidents/none/none"))
    }),
    power("proves receipts", &["s3:PutObject"], |it| {
        Box::pin(it.adds_object("receipts/none"))
    }),
    by_template(
        "sets the workflow of findings in Security Hub",
        &["securityhub:BatchUpdateFindings"],
    ),
    power("writes users' inline policies", &["iam:PutUserPolicy"], |it| {
        Box::pin(it.writes_user_policies())
    }),
    power(
        "removes users' inline policies",
        &["iam:DeleteUserPolicy"],
        |it| Box::pin(it.removes_user_policies()),
    ),
    power("writes roles' inline policies", &["iam:PutRolePolicy"], |it| {
        Box::pin(it.writes_role_policies())
    }),
    power(
        "removes roles' inline policies",
        &["iam:DeleteRolePolicy"],
        |it| Box::pin(it.removes_role_policies()),
    ),
    power("writes roles' trust", &["iam:UpdateAssumeRolePolicy"], |it| {
        Box::pin(it.writes_trust())
    }),
    power(
        "switches users' credentials off, and on again",
        &[
            "iam:UpdateAccessKey",
            "iam:UpdateSSHPublicKey",
            "iam:UpdateServiceSpecificCredential",
            "iam:UpdateSigningCertificate",
        ],
        |it| Box::pin(it.switches_keys_on()),
    ),
    by_template(
        "denies principals everything, by AWS's own policy",
        &[
            "iam:AttachRolePolicy",
            "iam:AttachUserPolicy",
            "iam:PutRolePermissionsBoundary",
            "iam:PutUserPermissionsBoundary",
        ],
    ),
    power(
        "gives instances any role that EC2 may have",
        &[
            "ec2:AssociateIamInstanceProfile",
            "ec2:DisassociateIamInstanceProfile",
            "iam:PassRole",
        ],
        |it| Box::pin(it.gives_roles()),
    ),
    power(
        "moves instances' interfaces and addresses, and changes network ACLs",
        &[
            "ec2:AssociateAddress",
            "ec2:CreateNetworkAclEntry",
            "ec2:DeleteNetworkAclEntry",
            "ec2:DisassociateAddress",
            "ec2:ModifyNetworkInterfaceAttribute",
        ],
        |it| Box::pin(it.moves_addresses()),
    ),
    power(
        "makes and changes security groups of Backstop's tag",
        &[
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:CreateSecurityGroup",
            "ec2:DeleteSecurityGroup",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:RevokeSecurityGroupIngress",
        ],
        |it| Box::pin(it.deletes_groups()),
    ),
    power(
        "writes Backstop's tags on instances",
        &["ec2:CreateTags", "ec2:DeleteTags"],
        |it| Box::pin(it.tags_instances()),
    ),
    power(
        "switches instances' protections",
        &["ec2:ModifyInstanceAttribute"],
        |it| Box::pin(it.unprotects()),
    ),
    by_template(
        "takes servers out of groups and load balancers, and puts them in",
        &[
            "autoscaling:AttachInstances",
            "autoscaling:DetachInstances",
            "autoscaling:EnterStandby",
            "autoscaling:SetInstanceProtection",
            "elasticloadbalancing:DeregisterInstancesFromLoadBalancer",
            "elasticloadbalancing:DeregisterTargets",
            "elasticloadbalancing:RegisterInstancesWithLoadBalancer",
            "elasticloadbalancing:RegisterTargets",
        ],
    ),
    by_template("ends Session Manager sessions", &["ssm:TerminateSession"]),
    by_template(
        "drains container instances of Amazon ECS, and makes them active",
        &["ecs:UpdateContainerInstancesState"],
    ),
    power("takes snapshots", &["ec2:CreateSnapshots"], |it| {
        Box::pin(it.takes_snapshots())
    }),
    power(
        "shares Backstop's snapshots with the account of `ForensicAccountId`",
        &["ec2:ModifySnapshotAttribute"],
        |it| Box::pin(it.shares_snapshots()),
    ),
    by_template(
        "copies snapshots, and locks Backstop's, where parameters say so",
        &["ec2:CopySnapshot", "ec2:LockSnapshot"],
    ),
    by_template("starts malware scans", &["guardduty:StartMalwareScan"]),
    by_template(
        "uses the keys that parameters name",
        &[
            "kms:CreateGrant",
            "kms:Decrypt",
            "kms:GenerateDataKey",
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
        ],
    ),
    power(
        "changes Block Public Access of buckets and of the account",
        &["s3:PutAccountPublicAccessBlock", "s3:PutBucketPublicAccessBlock"],
        |it| Box::pin(it.opens_buckets()),
    ),
];

/// What no function can.
pub(crate) const NEVER: &[(&str, Attempt)] = &[
    ("read the whole table", |it| Box::pin(it.scans())),
    ("delete evidence", |it| Box::pin(it.deletes_evidence())),
    ("widen its own role", |it| Box::pin(it.widens_itself())),
    ("make a user", |it| Box::pin(it.makes_users())),
];

/// The kinds of items it can write, by their keys.
pub(crate) async fn kinds(thief: &Thief<'_>) -> String {
    let mut found = Vec::new();
    for kind in ["INCIDENT", "NOTICE", "TARGET", "LIMIT", "SWEEP", "GUARD"] {
        if thief.writes_items(kind).await {
            found.push(format!("`{kind}`"));
        }
    }
    found.join(", ")
}

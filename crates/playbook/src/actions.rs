//! The one list of known actions. An action is a file in its function's crate and an entry here.

use std::fmt;

use backstop_core::{Mode, TargetKind, log::Phase};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An action as playbooks and people know it; its code is in the function's crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Action {
    /// `service.verb-object`.
    pub id: &'static str,
    /// The function, by the name of its crate; its IAM role has the permissions below.
    pub function: &'static str,
    /// The phases a step of this action may stand in.
    pub phases: &'static [Phase],
    /// The kinds of target it can act on; on others it ends `skipped`.
    pub targets: &'static [TargetKind],
    /// Who else feels it.
    pub impact: Impact,
    /// The names of the options a step may give under `with`.
    pub options: &'static [&'static str],
    /// What the function's role needs, by part.
    pub permissions: Permissions,
    /// What it does, as a sentence for people.
    pub sentence: &'static str,
}

/// IAM actions by part of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Permissions {
    /// Reading only.
    pub plan: &'static [&'static str],
    /// What changes the account.
    pub act: &'static [&'static str],
    /// Reading back.
    pub verify: &'static [&'static str],
    /// Putting back.
    pub undo: &'static [&'static str],
}

/// Who feels an action, and with it the mode it may run in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Impact {
    /// Nobody: it only reads.
    Nobody,
    /// Nobody: it makes or marks evidence.
    Evidence,
    /// Only the reported credential stops working.
    Credential,
    /// Outsiders lose the reported resource; its own account keeps it.
    Outsiders,
    /// Everything the reported principal does stops.
    Principal,
    /// Others that share the resource are cut off too; its plan asks a person even in `auto` mode.
    SharedAsking,
    /// Others that share the resource are cut off too.
    Shared,
}

impl Impact {
    /// The furthest mode: what cuts others off waits for a person.
    pub const fn maximum_mode(self) -> Mode {
        match self {
            Self::Nobody
            | Self::Evidence
            | Self::Credential
            | Self::Outsiders
            | Self::Principal
            | Self::SharedAsking => Mode::Auto,
            Self::Shared => Mode::Approve,
        }
    }
}

impl fmt::Display for Impact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nobody => "nobody, it only reads",
            Self::Evidence => "nobody, it makes or marks evidence",
            Self::Credential => "the reported credential only",
            Self::Outsiders => "whoever reaches the reported resource from outside its account",
            Self::Principal => "everything the reported principal does",
            Self::SharedAsking => "others that share the resource too, so it asks a person even in auto mode",
            Self::Shared => "others that share the resource too",
        })
    }
}

/// What tells which buckets of an account are open, and by what.
const READS_ACCOUNT_BUCKETS: &[&str] = &[
    "s3:GetAccountPublicAccessBlock",
    "s3:GetBucketAcl",
    "s3:GetBucketPolicyStatus",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketTagging",
    "s3:GetBucketWebsite",
    "s3:ListAllMyBuckets",
];

/// Every action, by name.
pub const ACTIONS: &[Action] = &[
    Action {
        id: "ec2.capture-instance",
        function: "respond-ec2",
        phases: &[Phase::Preserve],
        targets: &[TargetKind::Instance],
        impact: Impact::Nobody,
        options: &[],
        permissions: Permissions {
            plan: &[
                "autoscaling:DescribeAutoScalingInstances",
                "ec2:DescribeAddresses",
                "ec2:DescribeIamInstanceProfileAssociations",
                "ec2:DescribeInstanceAttribute",
                "ec2:DescribeInstances",
                "ec2:DescribeNetworkAcls",
                "ec2:DescribeRouteTables",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeVolumes",
                "ec2:GetConsoleOutput",
            ],
            act: &[],
            verify: &[],
            undo: &[],
        },
        sentence: "Keeps the instance's settings, its network, and the end of its console output as evidence",
    },
    Action {
        id: "ec2.deny-subnet-traffic",
        function: "respond-ec2",
        phases: &[Phase::Contain],
        targets: &[TargetKind::Instance],
        // The rules are in ACLs that others share, and whoever gets the address next is cut off too.
        impact: Impact::Shared,
        options: &["hours"],
        permissions: Permissions {
            plan: &["ec2:DescribeInstances", "ec2:DescribeNetworkAcls"],
            act: &["ec2:CreateNetworkAclEntry", "ec2:DescribeNetworkAcls"],
            verify: &["ec2:DescribeNetworkAcls"],
            undo: &["ec2:DeleteNetworkAclEntry", "ec2:DescribeNetworkAcls"],
        },
        sentence: "Denies the instance's addresses in the network ACLs of its VPC, which ends open connections too",
    },
    Action {
        id: "ec2.deregister-from-load-balancers",
        function: "respond-ec2",
        phases: &[Phase::Contain],
        targets: &[TargetKind::Instance],
        impact: Impact::Principal,
        options: &[],
        permissions: Permissions {
            plan: &[
                "ec2:DescribeInstances",
                "elasticloadbalancing:DescribeInstanceHealth",
                "elasticloadbalancing:DescribeLoadBalancers",
                "elasticloadbalancing:DescribeTargetGroups",
                "elasticloadbalancing:DescribeTargetHealth",
            ],
            act: &[
                "elasticloadbalancing:DeregisterInstancesFromLoadBalancer",
                "elasticloadbalancing:DeregisterTargets",
            ],
            verify: &[
                "ec2:DescribeInstances",
                "elasticloadbalancing:DescribeInstanceHealth",
                "elasticloadbalancing:DescribeLoadBalancers",
                "elasticloadbalancing:DescribeTargetGroups",
                "elasticloadbalancing:DescribeTargetHealth",
            ],
            undo: &[
                "ec2:DescribeInstances",
                "elasticloadbalancing:DescribeLoadBalancers",
                "elasticloadbalancing:DescribeTargetHealth",
                "elasticloadbalancing:RegisterInstancesWithLoadBalancer",
                "elasticloadbalancing:RegisterTargets",
            ],
        },
        sentence: "Takes the instance out of every target group and Classic Load Balancer that sends users to it",
    },
    Action {
        id: "ec2.detach-from-auto-scaling",
        function: "respond-ec2",
        phases: &[Phase::Contain],
        targets: &[TargetKind::Instance],
        impact: Impact::Principal,
        options: &[],
        permissions: Permissions {
            plan: &[
                "autoscaling:DescribeAutoScalingGroups",
                "autoscaling:DescribeAutoScalingInstances",
                "ec2:DescribeInstances",
            ],
            act: &[
                "autoscaling:DescribeAutoScalingInstances",
                "autoscaling:DetachInstances",
            ],
            verify: &["autoscaling:DescribeAutoScalingInstances"],
            undo: &[
                "autoscaling:AttachInstances",
                "autoscaling:DescribeAutoScalingGroups",
                "autoscaling:DescribeAutoScalingInstances",
                "autoscaling:EnterStandby",
                "autoscaling:SetInstanceProtection",
                "ec2:DescribeInstances",
            ],
        },
        sentence: "Takes the instance out of its Auto Scaling group, which would terminate it; a replacement comes",
    },
    Action {
        id: "ec2.end-sessions",
        function: "respond-ec2",
        phases: &[Phase::Contain],
        targets: &[TargetKind::Instance],
        impact: Impact::Principal,
        options: &[],
        permissions: Permissions {
            plan: &["ec2:DescribeInstances", "ssm:DescribeSessions"],
            act: &["ssm:TerminateSession"],
            verify: &["ssm:DescribeSessions"],
            undo: &[],
        },
        sentence: "Ends the live Session Manager sessions on the instance",
    },
    Action {
        id: "ec2.isolate-instance",
        function: "respond-ec2",
        phases: &[Phase::Contain],
        targets: &[TargetKind::Instance],
        impact: Impact::Principal,
        options: &["untrack"],
        permissions: Permissions {
            plan: &[
                "autoscaling:DescribeAutoScalingGroups",
                "autoscaling:DescribeAutoScalingInstances",
                "ec2:DescribeInstances",
                "ec2:DescribeRouteTables",
                "ec2:DescribeSecurityGroups",
                "elasticloadbalancing:DescribeInstanceHealth",
                "elasticloadbalancing:DescribeLoadBalancers",
                "elasticloadbalancing:DescribeTargetGroups",
                "elasticloadbalancing:DescribeTargetHealth",
            ],
            act: &[
                "ec2:AuthorizeSecurityGroupEgress",
                "ec2:AuthorizeSecurityGroupIngress",
                "ec2:CreateSecurityGroup",
                "ec2:CreateTags",
                "ec2:DeleteSecurityGroup",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroupRules",
                "ec2:DescribeSecurityGroups",
                "ec2:ModifyNetworkInterfaceAttribute",
                "ec2:RevokeSecurityGroupEgress",
                "ec2:RevokeSecurityGroupIngress",
            ],
            verify: &["ec2:DescribeInstances", "ec2:DescribeSecurityGroups"],
            undo: &[
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:ModifyNetworkInterfaceAttribute",
            ],
        },
        sentence: "Puts every network interface of the instance into one security group without rules",
    },
    Action {
        id: "ec2.protect-instance",
        function: "respond-ec2",
        phases: &[Phase::Contain],
        targets: &[TargetKind::Instance],
        impact: Impact::Principal,
        options: &[],
        permissions: Permissions {
            plan: &["ec2:DescribeInstanceAttribute", "ec2:DescribeInstances"],
            act: &["ec2:ModifyInstanceAttribute"],
            verify: &["ec2:DescribeInstanceAttribute", "ec2:DescribeInstances"],
            undo: &[
                "ec2:DescribeInstanceAttribute",
                "ec2:DescribeInstances",
                "ec2:ModifyInstanceAttribute",
            ],
        },
        sentence: "Keeps the instance and its volumes from being stopped, terminated or deleted",
    },
    Action {
        id: "ec2.revoke-instance-credentials",
        function: "respond-ec2",
        phases: &[Phase::Contain],
        targets: &[TargetKind::Instance],
        impact: Impact::Principal,
        options: &[],
        permissions: Permissions {
            plan: &[
                "ec2:DescribeIamInstanceProfileAssociations",
                "ec2:DescribeInstances",
                "iam:GetInstanceProfile",
                "iam:GetRolePolicy",
            ],
            act: &[
                "ec2:DescribeIamInstanceProfileAssociations",
                "ec2:DisassociateIamInstanceProfile",
                "iam:PutRolePolicy",
            ],
            verify: &["ec2:DescribeIamInstanceProfileAssociations", "iam:GetRolePolicy"],
            undo: &[
                "ec2:AssociateIamInstanceProfile",
                "ec2:DescribeIamInstanceProfileAssociations",
                "ec2:DescribeInstances",
                "iam:DeleteRolePolicy",
                "iam:GetRolePolicy",
                "iam:PassRole",
                "iam:PutRolePolicy",
            ],
        },
        sentence: "Takes the instance's profile away and denies everything to the credentials that it was given",
    },
    Action {
        id: "ec2.secure-snapshots",
        function: "respond-ec2",
        phases: &[Phase::Preserve],
        targets: &[TargetKind::Instance],
        impact: Impact::Evidence,
        options: &[],
        permissions: Permissions {
            plan: &[
                "ec2:DescribeInstances",
                "ec2:DescribeLockedSnapshots",
                "ec2:DescribeSnapshotAttribute",
                "ec2:DescribeSnapshots",
            ],
            act: &[
                "ec2:CopySnapshot",
                "ec2:CreateTags",
                "ec2:DescribeLockedSnapshots",
                "ec2:DescribeSnapshotAttribute",
                "ec2:DescribeSnapshots",
                "ec2:LockSnapshot",
                "ec2:ModifySnapshotAttribute",
            ],
            verify: &[
                "ec2:DescribeLockedSnapshots",
                "ec2:DescribeSnapshotAttribute",
                "ec2:DescribeSnapshots",
            ],
            undo: &[],
        },
        sentence: "Locks the incident's snapshots, copies them under a key and shares them, as the stack's parameters say",
    },
    Action {
        id: "ec2.snapshot-volumes",
        function: "respond-ec2",
        phases: &[Phase::Preserve],
        targets: &[TargetKind::Instance],
        impact: Impact::Evidence,
        options: &[],
        permissions: Permissions {
            plan: &[
                "ec2:DescribeInstances",
                "ec2:DescribeSnapshots",
                "ec2:DescribeVolumes",
            ],
            act: &[
                "ec2:CreateSnapshots",
                "ec2:CreateTags",
                "ec2:DescribeInstances",
                "ec2:DescribeSnapshots",
            ],
            verify: &["ec2:DescribeInstances", "ec2:DescribeSnapshots"],
            undo: &[],
        },
        sentence: "Starts one crash-consistent snapshot of all of the instance's volumes as evidence",
    },
    Action {
        id: "ec2.tag-instance",
        function: "respond-ec2",
        phases: &[Phase::Preserve],
        targets: &[TargetKind::Instance],
        impact: Impact::Evidence,
        options: &[],
        permissions: Permissions {
            plan: &["ec2:DescribeInstances"],
            act: &["ec2:CreateTags"],
            verify: &["ec2:DescribeInstances"],
            undo: &["ec2:CreateTags", "ec2:DeleteTags", "ec2:DescribeInstances"],
        },
        sentence: "Tags the instance with the incident and its state",
    },
    Action {
        id: "iam.deactivate-access-key",
        function: "respond-iam",
        phases: &[Phase::Contain],
        targets: &[TargetKind::AccessKey],
        impact: Impact::Credential,
        options: &[],
        permissions: Permissions {
            plan: &["iam:GetAccessKeyLastUsed", "iam:GetUser", "iam:ListAccessKeys"],
            act: &["iam:UpdateAccessKey"],
            verify: &["iam:ListAccessKeys"],
            undo: &["iam:ListAccessKeys", "iam:UpdateAccessKey"],
        },
        sentence: "Sets the reported access key to Inactive; undo never brings a leaked key back",
    },
    Action {
        id: "iam.deactivate-other-credentials",
        function: "respond-iam",
        phases: &[Phase::Contain],
        targets: &[TargetKind::AccessKey, TargetKind::UserSession, TargetKind::User],
        impact: Impact::Principal,
        options: &[],
        permissions: Permissions {
            plan: &[
                "iam:GetAccessKeyLastUsed",
                "iam:GetUser",
                "iam:ListSSHPublicKeys",
                "iam:ListServiceSpecificCredentials",
                "iam:ListSigningCertificates",
            ],
            act: &[
                "iam:UpdateSSHPublicKey",
                "iam:UpdateServiceSpecificCredential",
                "iam:UpdateSigningCertificate",
            ],
            verify: &[
                "iam:ListSSHPublicKeys",
                "iam:ListServiceSpecificCredentials",
                "iam:ListSigningCertificates",
            ],
            undo: &[
                "iam:ListSSHPublicKeys",
                "iam:ListServiceSpecificCredentials",
                "iam:ListSigningCertificates",
                "iam:UpdateSSHPublicKey",
                "iam:UpdateServiceSpecificCredential",
                "iam:UpdateSigningCertificate",
            ],
        },
        sentence: "Sets the user's signing certificates, service-specific credentials and SSH public keys to Inactive",
    },
    Action {
        id: "iam.deny-instance-sessions",
        function: "respond-iam",
        phases: &[Phase::Contain],
        targets: &[TargetKind::RoleSession],
        impact: Impact::Principal,
        options: &[],
        permissions: Permissions {
            plan: &["iam:GetRole", "iam:GetRolePolicy"],
            act: &["iam:PutRolePolicy"],
            verify: &["iam:GetRole", "iam:GetRolePolicy"],
            undo: &["iam:DeleteRolePolicy", "iam:GetRolePolicy", "iam:PutRolePolicy"],
        },
        sentence: "Adds an inline policy that denies the credentials of the session's instance; other instances go on",
    },
    Action {
        id: "iam.deny-user",
        function: "respond-iam",
        phases: &[Phase::Contain],
        targets: &[TargetKind::AccessKey, TargetKind::UserSession, TargetKind::User],
        impact: Impact::Principal,
        options: &[],
        permissions: Permissions {
            plan: &["iam:GetAccessKeyLastUsed", "iam:GetUser", "iam:GetUserPolicy"],
            act: &["iam:PutUserPolicy"],
            verify: &["iam:GetUserPolicy"],
            undo: &["iam:DeleteUserPolicy", "iam:GetUserPolicy", "iam:PutUserPolicy"],
        },
        sentence: "Adds an inline policy that denies the user everything, sessions made with its keys included",
    },
    Action {
        id: "iam.narrow-role-trust",
        function: "respond-iam",
        phases: &[Phase::Contain],
        targets: &[TargetKind::RoleSession, TargetKind::Role],
        impact: Impact::Shared,
        options: &[],
        permissions: Permissions {
            plan: &["iam:GetRole"],
            act: &["iam:UpdateAssumeRolePolicy"],
            verify: &["iam:GetRole"],
            undo: &["iam:GetRole", "iam:UpdateAssumeRolePolicy"],
        },
        sentence: "Adds a deny to the role's trust policy, so that nobody can assume it any more",
    },
    Action {
        id: "iam.revoke-role-sessions",
        function: "respond-iam",
        phases: &[Phase::Contain],
        targets: &[TargetKind::RoleSession, TargetKind::Role],
        impact: Impact::SharedAsking,
        options: &["unasked"],
        permissions: Permissions {
            plan: &[
                "cloudtrail:LookupEvents",
                "iam:GetRole",
                "iam:GetRolePolicy",
                "iam:ListInstanceProfilesForRole",
            ],
            act: &["iam:PutRolePolicy"],
            verify: &["iam:GetRolePolicy"],
            undo: &["iam:DeleteRolePolicy", "iam:GetRolePolicy", "iam:PutRolePolicy"],
        },
        sentence: "Adds an inline policy that denies every session of the role issued before now; new sessions work",
    },
    Action {
        id: "investigate.credential-activity",
        function: "investigate",
        phases: &[Phase::Investigate],
        targets: &[
            TargetKind::AccessKey,
            TargetKind::UserSession,
            TargetKind::User,
            TargetKind::RoleSession,
            TargetKind::Role,
            TargetKind::FederatedUser,
        ],
        impact: Impact::Nobody,
        options: &["hours"],
        permissions: Permissions {
            plan: &[
                "cloudtrail:LookupEvents",
                "iam:GetAccessKeyLastUsed",
                "iam:GetRole",
                "iam:GetUser",
            ],
            act: &[],
            verify: &[],
            undo: &[],
        },
        sentence: "Reads in CloudTrail what the credential did and left behind, and proposes what to do; changes nothing",
    },
    Action {
        id: "s3.block-account-public-access",
        function: "respond-s3",
        phases: &[Phase::Contain],
        targets: &[TargetKind::Account],
        // Every bucket of the account, also those that are meant to be public.
        impact: Impact::Shared,
        options: &[],
        permissions: Permissions {
            plan: READS_ACCOUNT_BUCKETS,
            act: &["s3:PutAccountPublicAccessBlock"],
            verify: &["s3:GetAccountPublicAccessBlock"],
            undo: &["s3:GetAccountPublicAccessBlock", "s3:PutAccountPublicAccessBlock"],
        },
        sentence: "Turns on all of the account's Block Public Access, which reaches each of its buckets",
    },
    Action {
        id: "s3.block-public-access",
        function: "respond-s3",
        phases: &[Phase::Contain],
        targets: &[TargetKind::Bucket],
        impact: Impact::Outsiders,
        options: &[],
        permissions: Permissions {
            plan: &[
                "s3:GetBucketLogging",
                "s3:GetBucketPolicyStatus",
                "s3:GetBucketPublicAccessBlock",
                "s3:GetBucketTagging",
                "s3:GetBucketWebsite",
            ],
            act: &["s3:PutBucketPublicAccessBlock"],
            verify: &["s3:GetBucketPolicyStatus", "s3:GetBucketPublicAccessBlock"],
            undo: &["s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock"],
        },
        sentence: "Turns on all of the bucket's Block Public Access; its policy and ACLs stay as they are",
    },
    Action {
        id: "s3.capture-account",
        function: "respond-s3",
        phases: &[Phase::Preserve],
        targets: &[TargetKind::Account],
        impact: Impact::Nobody,
        options: &[],
        permissions: Permissions {
            plan: READS_ACCOUNT_BUCKETS,
            act: &[],
            verify: &[],
            undo: &[],
        },
        sentence: "Keeps which of the account's buckets were open, and how, as evidence",
    },
    Action {
        id: "s3.capture-bucket",
        function: "respond-s3",
        phases: &[Phase::Preserve],
        targets: &[TargetKind::Bucket],
        impact: Impact::Nobody,
        options: &[],
        permissions: Permissions {
            plan: &[
                "s3:GetBucketAcl",
                "s3:GetBucketLogging",
                "s3:GetBucketNotification",
                "s3:GetBucketOwnershipControls",
                "s3:GetBucketPolicy",
                "s3:GetBucketPolicyStatus",
                "s3:GetBucketPublicAccessBlock",
                "s3:GetBucketTagging",
                "s3:GetBucketVersioning",
                "s3:GetBucketWebsite",
                "s3:GetReplicationConfiguration",
            ],
            act: &[],
            verify: &[],
            undo: &[],
        },
        sentence: "Keeps the bucket's settings as evidence: policy, ACL, replication, notifications, logging and more",
    },
];

/// The action with this name.
pub fn find(id: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.id == id)
}

impl Action {
    /// Whether it can act on this kind of target.
    pub fn fits(&self, kind: TargetKind) -> bool {
        self.targets.contains(&kind)
    }

    /// Whether it changes anything, or only reads.
    pub const fn changes_something(&self) -> bool {
        !self.permissions.act.is_empty()
    }
}

impl Permissions {
    /// All of them, sorted, each once.
    pub fn all(&self) -> std::collections::BTreeSet<&'static str> {
        [self.plan, self.act, self.verify, self.undo]
            .concat()
            .into_iter()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_complete() {
        assert!(ACTIONS.is_sorted_by(|a, b| a.id < b.id));
        for action in ACTIONS {
            assert!(
                !action.targets.is_empty() && !action.phases.is_empty(),
                "{}",
                action.id
            );
            for part in [
                action.permissions.plan,
                action.permissions.act,
                action.permissions.verify,
            ] {
                let may_be_none = action.impact == Impact::Nobody && part != action.permissions.plan;
                assert!(may_be_none || !part.is_empty(), "{}", action.id);
                assert!(
                    part.is_sorted() && part.iter().all(|name| name.contains(':')),
                    "{}",
                    action.id
                );
            }
        }
    }

    #[test]
    fn planning_and_verifying_only_read() {
        for action in ACTIONS {
            for name in [action.permissions.plan, action.permissions.verify].concat() {
                let call = name.split_once(':').map_or(name, |(_, call)| call);
                assert!(
                    ["Get", "List", "Describe", "Lookup"]
                        .iter()
                        .any(|verb| call.starts_with(verb)),
                    "{name}"
                );
            }
        }
    }
}

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
    /// Only the reported credential stops working.
    Credential,
    /// Outsiders lose the reported resource; its own account keeps it.
    Outsiders,
    /// Everything the reported principal does stops.
    Principal,
    /// Others that share the resource are cut off too.
    Shared,
}

impl Impact {
    /// The furthest mode: what cuts others off waits for a person.
    pub const fn maximum_mode(self) -> Mode {
        match self {
            Self::Nobody | Self::Credential | Self::Outsiders | Self::Principal => Mode::Auto,
            Self::Shared => Mode::Approve,
        }
    }
}

impl fmt::Display for Impact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nobody => "nobody, it only reads",
            Self::Credential => "the reported credential only",
            Self::Outsiders => "whoever reaches the reported resource from outside its account",
            Self::Principal => "everything the reported principal does",
            Self::Shared => "others that share the resource too",
        })
    }
}

/// Every action, by name.
pub const ACTIONS: &[Action] = &[
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
            undo: &["iam:ListAccessKeys"],
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
            undo: &["iam:DeleteUserPolicy", "iam:GetUserPolicy"],
        },
        sentence: "Adds an inline policy that denies the user everything, sessions made with its keys included",
    },
    Action {
        id: "iam.revoke-role-sessions",
        function: "respond-iam",
        phases: &[Phase::Contain],
        targets: &[TargetKind::RoleSession, TargetKind::Role],
        impact: Impact::Shared,
        options: &[],
        permissions: Permissions {
            plan: &["iam:GetRole", "iam:GetRolePolicy"],
            act: &["iam:PutRolePolicy"],
            verify: &["iam:GetRolePolicy"],
            undo: &["iam:DeleteRolePolicy", "iam:GetRolePolicy"],
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

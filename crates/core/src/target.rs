//! The resource to contain, and the one text that names it for deduplication.

mod arn;
pub mod name;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, Region};

/// One resource in one account. Account and Region are the finding's, never the envelope's: an
/// administrator account and an aggregation Region receive findings of others (Security Hub User Guide,
/// "EventBridge integration types").
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Target {
    /// The account that owns the resource.
    pub account: AccountId,
    /// The Region the finding names. IAM is global; see [`Target::key`].
    pub region: Region,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// What it is.
    pub resource: Resource,
}

/// What the target is. Names and ids are as the finding gave them: hints, until an action has
/// resolved them against AWS.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Resource {
    /// A long-term access key (`AKIA…`) of an IAM user.
    AccessKey {
        /// `AKIA…`
        key_id: String,
        /// The user's name according to the finding.
        user_name: Option<String>,
    },
    /// A temporary session (`ASIA…`) that an IAM user got by `GetSessionToken`.
    UserSession {
        /// `ASIA…`
        key_id: String,
        /// The user's name according to the finding.
        user_name: String,
        /// The user's unique id, `AIDA…`.
        user_id: String,
    },
    /// An IAM user as such.
    User {
        /// The user's name.
        user_name: String,
    },
    /// A session (`ASIA…`) of a role.
    RoleSession {
        /// The session's temporary key, `ASIA…`.
        key_id: String,
        /// The role's name (GuardDuty puts it into `userName`).
        role_name: String,
        /// The role's unique id, `AROA…`.
        role_id: String,
        /// The part of `principalId` after the colon; an instance id for instance roles.
        session_name: String,
    },
    /// A role as such.
    Role {
        /// The role's name.
        role_name: String,
    },
    /// The account's root user: never contained, always paged.
    Root {
        /// The credential seen, if any.
        key_id: Option<String>,
    },
    /// A federated user (`GetFederationToken`): the finding doesn't tell whose key made the session.
    FederatedUser {
        /// The credential seen.
        key_id: String,
        /// The federated user's name.
        name: String,
    },
    /// An S3 general purpose bucket.
    Bucket {
        /// The bucket's name.
        name: String,
    },
    /// An EC2 instance.
    Instance {
        /// `i-…`
        instance_id: String,
    },
    /// The account itself (account-level Block Public Access, say).
    Account,
    /// Anything Backstop has no containment for yet; goes to triage.
    Other {
        /// GuardDuty's `resourceType` or the CloudFormation type, such as `AWS::EKS::Cluster`.
        resource_type: String,
        /// ARN or id.
        id: String,
    },
}

/// The kinds a playbook's `target` can name.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the variants of `Resource` say it")]
pub enum TargetKind {
    AccessKey,
    UserSession,
    User,
    RoleSession,
    Role,
    Root,
    FederatedUser,
    Bucket,
    Instance,
    Account,
    Other,
}

impl TargetKind {
    /// The kind's name as files write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessKey => "access-key",
            Self::UserSession => "user-session",
            Self::User => "user",
            Self::RoleSession => "role-session",
            Self::Role => "role",
            Self::Root => "root",
            Self::FederatedUser => "federated-user",
            Self::Bucket => "bucket",
            Self::Instance => "instance",
            Self::Account => "account",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for TargetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Resource {
    /// The kind, without the ids.
    pub const fn kind(&self) -> TargetKind {
        match self {
            Self::AccessKey { .. } => TargetKind::AccessKey,
            Self::UserSession { .. } => TargetKind::UserSession,
            Self::User { .. } => TargetKind::User,
            Self::RoleSession { .. } => TargetKind::RoleSession,
            Self::Role { .. } => TargetKind::Role,
            Self::Root { .. } => TargetKind::Root,
            Self::FederatedUser { .. } => TargetKind::FederatedUser,
            Self::Bucket { .. } => TargetKind::Bucket,
            Self::Instance { .. } => TargetKind::Instance,
            Self::Account => TargetKind::Account,
            Self::Other { .. } => TargetKind::Other,
        }
    }

    /// The id that tells two resources of one kind apart. Hints that can be missing or wrong on some
    /// routes (a user's name beside a key id) are left out, so that all routes agree.
    pub fn id(&self) -> String {
        match self {
            Self::AccessKey { key_id, .. } | Self::UserSession { key_id, .. } => key_id.clone(),
            Self::FederatedUser { key_id, .. } => key_id.clone(),
            Self::RoleSession {
                key_id, role_name, ..
            } => format!("{role_name}/{key_id}"),
            Self::User { user_name } => user_name.clone(),
            Self::Role { role_name } => role_name.clone(),
            Self::Root { .. } => "root".to_owned(),
            Self::Bucket { name } => name.clone(),
            Self::Instance { instance_id } => instance_id.clone(),
            Self::Account => "account".to_owned(),
            Self::Other { resource_type, id } => format!("{resource_type}/{id}"),
        }
    }

    /// Whether the resource belongs to a service without Regions, so that the finding's Region doesn't
    /// tell two of them apart. Bucket names are unique in a partition.
    const fn is_global(&self) -> bool {
        !matches!(self, Self::Instance { .. } | Self::Account | Self::Other { .. })
    }
}

impl Target {
    /// The text under which incidents are deduplicated: equal for the same resource on every route.
    pub fn key(&self) -> String {
        let region = if self.resource.is_global() {
            "global"
        } else {
            self.region.as_str()
        };
        format!(
            "{}/{region}/{}/{}",
            self.account,
            self.resource.kind(),
            self.resource.id()
        )
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AccessKey {
                key_id,
                user_name: Some(user),
            } => {
                write!(f, "access key {key_id} of user {user}")
            }
            Self::AccessKey {
                key_id,
                user_name: None,
            } => write!(f, "access key {key_id}"),
            Self::UserSession {
                key_id, user_name, ..
            } => write!(f, "session {key_id} of user {user_name}"),
            Self::User { user_name } => write!(f, "user {user_name}"),
            Self::RoleSession {
                role_name,
                session_name,
                ..
            } => {
                write!(f, "session {session_name} of role {role_name}")
            }
            Self::Role { role_name } => write!(f, "role {role_name}"),
            Self::Root { .. } => f.write_str("the root user"),
            Self::FederatedUser { name, .. } => write!(f, "federated user {name}"),
            Self::Bucket { name } => write!(f, "bucket {name}"),
            Self::Instance { instance_id } => write!(f, "instance {instance_id}"),
            Self::Account => f.write_str("the account"),
            Self::Other { resource_type, id } => write!(f, "{resource_type} {id}"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.resource {
            Resource::Account => write!(f, "account {}", self.account),
            _ => write!(f, "{} in account {}", self.resource, self.account),
        }
    }
}

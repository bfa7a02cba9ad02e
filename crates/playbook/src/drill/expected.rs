//! What must hold before the finding and after: calls that are tried, and states that no call can try.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Credential, Placed};

/// A call whose outcome is the proof.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// What it shows, for people.
    pub name: String,
    /// The planted credential that calls, or `anyone`: a request that isn't signed.
    pub who: Placed<String>,
    /// The call.
    pub call: ProbeCall,
    /// How often it is made, one after another; the first answer that is another counts.
    #[serde(default = "once")]
    pub times: u16,
    /// What AWS must answer before the finding.
    pub before: Access,
    /// What AWS must answer once the incident is contained.
    pub after: Access,
}

const fn once() -> u16 {
    1
}

/// A call that a probe makes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields
)]
pub enum ProbeCall {
    /// S3's `ListBuckets`.
    ListBuckets,
    /// S3's `GetObject` of a planted bucket's object.
    GetObject {
        /// The bucket.
        bucket: Placed<String>,
    },
}

/// What AWS answers to a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// AWS does it.
    Allowed,
    /// AWS refuses because of who calls.
    Denied,
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
        })
    }
}

/// A state that is read back from AWS. It names one of `credential`, `instance` and `role`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// What it shows, for people.
    pub name: Placed<String>,
    /// The planted user, instance or role.
    pub of: Placed<String>,
    /// Which of the user's credentials.
    #[serde(default)]
    pub credential: Option<Credential>,
    /// What of the instance.
    #[serde(default)]
    pub instance: Option<Aspect>,
    /// What of the role.
    #[serde(default)]
    pub role: Option<RoleAspect>,
    /// How it must be before.
    pub before: Placed<CheckState>,
    /// How it must be once the incident is contained.
    pub after: Placed<CheckState>,
}

/// What a check reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckSubject {
    /// All of a user's credentials of a kind.
    Credential(Credential),
    /// Something of an instance.
    Instance(Aspect),
    /// Something of a role.
    Role(RoleAspect),
}

impl Check {
    /// What it reads; `None` unless exactly one thing is named.
    pub fn subject(&self) -> Option<CheckSubject> {
        match (self.credential, self.instance, self.role) {
            (Some(credential), None, None) => Some(CheckSubject::Credential(credential)),
            (None, Some(aspect), None) => Some(CheckSubject::Instance(aspect)),
            (None, None, Some(aspect)) => Some(CheckSubject::Role(aspect)),
            _ => None,
        }
    }
}

/// What of an instance is read, and when it is contained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Aspect {
    /// Each of its interfaces has one security group and no other, and that has no rule.
    Interfaces,
    /// No instance profile is associated with it.
    Profile,
    /// It can't be terminated or stopped by a call, and its volumes outlive it.
    Protection,
    /// It is in no Auto Scaling group, and its group has lost no capacity.
    AutoScaling,
    /// It is registered with no load balancer.
    LoadBalancers,
    /// Nobody has a Session Manager session on it.
    Sessions,
    /// Each of its volumes has a snapshot.
    Snapshots,
    /// Every network ACL of its VPC that a subnet uses denies all traffic from and to its addresses, before all else.
    NetworkAcls,
    /// None of its interfaces has a public IPv4 address.
    PublicAddresses,
    /// The network ACL of its subnet denies all traffic from and to the address that the finding says it talked with, before
    /// all else.
    RemoteAddress,
}

/// What of a role is read, and when it is contained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RoleAspect {
    /// Its trust policy has every statement that it was planted with, in their order, and ends with one that denies
    /// everybody to assume it.
    Trust,
}

/// What a check reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CheckState {
    /// The credential works.
    Active,
    /// It doesn't.
    Inactive,
    /// The instance or role is as it was planted.
    AsPlanted,
    /// The instance or role is as containment leaves it, all of it.
    Contained,
    /// Neither: some are so and some aren't, or there is none. Seen, never expected.
    #[serde(skip_deserializing)]
    #[schemars(skip)]
    Mixed,
}

impl CheckState {
    /// What files write.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::AsPlanted => "as-planted",
            Self::Contained => "contained",
            Self::Mixed => "mixed",
        }
    }
}

impl fmt::Display for CheckState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AsPlanted => "as planted",
            other => other.as_str(),
        })
    }
}

//! The resource to contain, and the one text that names it for deduplication. What differs from kind to kind of
//! resource is asked of the kind ([`kind::Kind`]); nothing outside [`kind`] tells kinds apart.

mod arn;
mod credential;
pub mod kind;
pub mod name;
mod outlives;
mod precedence;
mod scope;
mod typed;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use arn::Arn;
pub(crate) use credential::PROTECTED_PRINCIPAL;
pub use credential::{Calls, IamRole, IamUser, Refusal};
pub use kind::{Resource, TargetKind};
pub use outlives::Outlives;
pub use precedence::Precedence;
pub use scope::Scope;
pub use typed::{Mistyped, forms, read_typed};

use crate::{
    ids::{AccountId, Region},
    text,
};

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

/// Where a resource is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The account that owns it.
    pub account: AccountId,
    /// Its Region.
    pub region: Region,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
}

impl Location {
    /// A resource that is there.
    pub fn target(&self, resource: impl Into<Resource>) -> Target {
        Target {
            account: self.account.clone(),
            region: self.region.clone(),
            partition: self.partition.clone(),
            resource: resource.into(),
        }
    }
}

impl Target {
    /// The text under which incidents are deduplicated: equal for the same resource on every route, different for
    /// resources of one name in two Regions.
    ///
    /// Locks of open incidents are kept under it. Where a version changes the text for a kind, what was locked under
    /// the old one is no longer found: a second finding, or the sweep with one of the last hours, opens one more
    /// incident on the same resource. That is harmless but for a second notice: its plan finds what is contained
    /// already and changes nothing.
    pub fn key(&self) -> String {
        let scope = self.resource.scope();
        format!(
            "{}/{}/{}/{}",
            self.account,
            scope.in_key(&self.region),
            self.resource.kind(),
            self.resource.id()
        )
    }

    /// Where it is.
    pub fn location(&self) -> Location {
        Location {
            account: self.account.clone(),
            region: self.region.clone(),
            partition: self.partition.clone(),
        }
    }

    /// The ARN as far as the finding tells, as policies name the resource: of a credential, that of its user or role.
    /// Paths of users and roles aren't in findings.
    pub fn arn(&self) -> Option<String> {
        self.resource.arn(&self.location())
    }

    /// For guardrails at opening; they look again, with the true ARN, right before acting. Where there is no ARN to
    /// tell: [`Target::key`].
    pub fn probable_arn(&self) -> String {
        self.arn().unwrap_or_else(|| self.key())
    }

    /// What a person types to mean this target: an ARN or id that [`read_typed`] takes. `None` where only the finding
    /// knows what belongs to it, as with sessions: there the incident's id stands for it; and where a name isn't one that
    /// AWS gives, since what is typed must be one word to any shell.
    pub fn as_typed(&self) -> Option<String> {
        let is_well_formed = self.account.is_well_formed() && self.resource.is_well_formed();
        self.resource
            .typed(&self.location())
            .filter(|typed| is_well_formed && text::is_plain_word(typed))
    }

    /// What an attacker may still have when the target itself is gone.
    pub fn outlives(&self) -> Option<Outlives> {
        self.resource.outlives(&self.location())
    }

    /// For subjects: "bucket logs (123456789012)".
    pub fn with_account(&self) -> String {
        self.resource.with_account(&self.account)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.resource.in_account(&self.account))
    }
}

#[cfg(test)]
mod tests;

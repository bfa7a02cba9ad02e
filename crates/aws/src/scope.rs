//! Which account and Region calls go to, and for which step they are made.

use backstop_core::{AccountId, IncidentId, Region, StepId};

/// What a client is asked for with. A step's scope holds all that a session in another account is narrowed to and
/// named after, so that assuming a role there changes nothing for who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The account that the calls go to.
    pub account: AccountId,
    /// The Region; a service without Regions is called in its home Region whatever stands here.
    pub region: Region,
    /// The step that makes the calls; none for work that belongs to no step.
    pub step: Option<StepScope>,
}

/// The step that calls are made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepScope {
    /// The incident: the `SourceIdentity` of a role session, so that the account's own CloudTrail tells which incident
    /// made each call.
    pub incident: IncidentId,
    /// The step: the name of a role session.
    pub step: StepId,
    /// The session policy, as JSON, that narrows a role session to what this step may call.
    pub session_policy: Option<String>,
}

impl Scope {
    /// An account in a Region, for no step.
    pub const fn new(account: AccountId, region: Region) -> Self {
        Self {
            account,
            region,
            step: None,
        }
    }

    /// The same account and step in another Region: where a bucket really is, say.
    #[must_use]
    pub fn in_region(self, region: impl Into<Region>) -> Self {
        Self {
            region: region.into(),
            ..self
        }
    }
}

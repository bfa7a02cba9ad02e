//! Where an incident stands, in a word. What leads to it is in [`crate::incident`].

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where an incident stands. "Contained" only when every containing step was proven by reading back; "confirmed" only
/// when it was read a second time, once AWS had brought it into force everywhere.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Opened; nothing was planned or done yet.
    Open,
    /// A plan waits for a person.
    AwaitingApproval,
    /// Steps are under way.
    Containing,
    /// Every containing step was read back once.
    Contained,
    /// It was read a second time and still holds, and CloudTrail shows nothing that says otherwise.
    Confirmed,
    /// It was contained, and doesn't hold any more, or whoever was contained goes on.
    Reopened,
    /// Some containing steps are proven, others aren't.
    PartiallyContained,
    /// No containing step is proven.
    Failed,
    /// A guardrail refused; nothing was changed.
    Refused,
    /// Planned and told only, as the mode says.
    Observed,
    /// People were told: the playbook contains nothing, so containing is theirs.
    Reported,
    /// A person refused the plan.
    Denied,
    /// Nobody decided in time.
    Expired,
    /// Nobody decided in time, and nobody could: the question reached nobody.
    Unreached,
    /// It was contained, and a person released it: nobody looks any more whether it holds.
    Released,
    /// Undo is under way.
    Undoing,
    /// Everything that can be put back is back.
    Undone,
    /// A person must finish it.
    Stuck,
}

impl Status {
    /// All of them, in the order of an incident's life.
    pub const ALL: [Self; 18] = [
        Self::Open,
        Self::AwaitingApproval,
        Self::Containing,
        Self::Contained,
        Self::Confirmed,
        Self::Reopened,
        Self::PartiallyContained,
        Self::Failed,
        Self::Refused,
        Self::Observed,
        Self::Reported,
        Self::Denied,
        Self::Expired,
        Self::Unreached,
        Self::Released,
        Self::Undoing,
        Self::Undone,
        Self::Stuck,
    ];

    /// The status as people and files write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::AwaitingApproval => "awaiting-approval",
            Self::Containing => "containing",
            Self::Contained => "contained",
            Self::Confirmed => "confirmed",
            Self::Reopened => "reopened",
            Self::PartiallyContained => "partially-contained",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Observed => "observed",
            Self::Reported => "reported",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Unreached => "unreached",
            Self::Released => "released",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
            Self::Stuck => "stuck",
        }
    }

    /// Whether somebody must decide or finish it.
    pub const fn needs_person(self) -> bool {
        match self {
            Self::AwaitingApproval
            | Self::Reopened
            | Self::PartiallyContained
            | Self::Failed
            | Self::Reported
            | Self::Expired
            | Self::Unreached
            | Self::Stuck => true,
            Self::Open
            | Self::Containing
            | Self::Contained
            | Self::Confirmed
            | Self::Refused
            | Self::Observed
            | Self::Denied
            | Self::Released
            | Self::Undoing
            | Self::Undone => false,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

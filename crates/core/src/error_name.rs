//! The fixed names under which functions fail, so that a state machine can catch and retry them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Every error that leaves a function. On the wire: `Backstop.<Variant>`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
pub enum ErrorName {
    /// AWS asked us to slow down; worth a retry.
    #[serde(rename = "Backstop.Throttled")]
    Throttled,
    /// AWS failed or didn't answer in time; worth a retry, every act is safe to run again.
    #[serde(rename = "Backstop.Unavailable")]
    Unavailable,
    /// Verification read a state that isn't the goal yet; IAM is eventually consistent, so worth a retry.
    #[serde(rename = "Backstop.NotYetVerified")]
    NotYetVerified,
    /// Several writers appended to one log at once, more often than the ledger's own retries; worth a retry.
    #[serde(rename = "Backstop.LogContended")]
    LogContended,
    /// Backstop's role lacks a permission.
    #[serde(rename = "Backstop.AccessDenied")]
    AccessDenied,
    /// A service control policy forbids the call to everyone in the account.
    #[serde(rename = "Backstop.BlockedByScp")]
    BlockedByScp,
    /// The target no longer exists.
    #[serde(rename = "Backstop.TargetGone")]
    TargetGone,
    /// The target isn't what the finding says (the key is another user's, say).
    #[serde(rename = "Backstop.TargetMismatch")]
    TargetMismatch,
    /// The world changed since the plan was approved.
    #[serde(rename = "Backstop.PlanDrifted")]
    PlanDrifted,
    /// A guardrail refused: protected, exempt, paused, or guardrails unreadable.
    #[serde(rename = "Backstop.Refused")]
    Refused,
    /// An AWS quota is reached (policy size, policies per user).
    #[serde(rename = "Backstop.QuotaExceeded")]
    QuotaExceeded,
    /// AWS refused the request as wrong.
    #[serde(rename = "Backstop.Rejected")]
    Rejected,
    /// The task, event or stored record can't be read.
    #[serde(rename = "Backstop.InvalidInput")]
    InvalidInput,
    /// The incidents table can't be read or written.
    #[serde(rename = "Backstop.LedgerUnavailable")]
    LedgerUnavailable,
    /// A notice was published, and nobody is subscribed to what it was published to.
    #[serde(rename = "Backstop.NoSubscription")]
    NoSubscription,
    /// A defect in Backstop.
    #[serde(rename = "Backstop.Internal")]
    Internal,
}

impl ErrorName {
    /// Every name: the compiler and a test hold machines and functions to this list.
    pub const ALL: [Self; 16] = [
        Self::Throttled,
        Self::Unavailable,
        Self::NotYetVerified,
        Self::LogContended,
        Self::AccessDenied,
        Self::BlockedByScp,
        Self::TargetGone,
        Self::TargetMismatch,
        Self::PlanDrifted,
        Self::Refused,
        Self::QuotaExceeded,
        Self::Rejected,
        Self::InvalidInput,
        Self::LedgerUnavailable,
        Self::NoSubscription,
        Self::Internal,
    ];

    /// The name as it stands in `errorType` and in state machines.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Throttled => "Backstop.Throttled",
            Self::Unavailable => "Backstop.Unavailable",
            Self::NotYetVerified => "Backstop.NotYetVerified",
            Self::LogContended => "Backstop.LogContended",
            Self::AccessDenied => "Backstop.AccessDenied",
            Self::BlockedByScp => "Backstop.BlockedByScp",
            Self::TargetGone => "Backstop.TargetGone",
            Self::TargetMismatch => "Backstop.TargetMismatch",
            Self::PlanDrifted => "Backstop.PlanDrifted",
            Self::Refused => "Backstop.Refused",
            Self::QuotaExceeded => "Backstop.QuotaExceeded",
            Self::Rejected => "Backstop.Rejected",
            Self::InvalidInput => "Backstop.InvalidInput",
            Self::LedgerUnavailable => "Backstop.LedgerUnavailable",
            Self::NoSubscription => "Backstop.NoSubscription",
            Self::Internal => "Backstop.Internal",
        }
    }

    /// Whether a state machine should try again. The others end the step.
    pub const fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::Throttled
                | Self::Unavailable
                | Self::NotYetVerified
                | Self::LogContended
                | Self::LedgerUnavailable
        )
    }

    /// Finds the name a state machine caught; `None` for names that aren't Backstop's (`Lambda.Unknown`).
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == text)
    }
}

impl fmt::Display for ErrorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn serde_and_as_str_agree() {
        for name in ErrorName::ALL {
            assert_eq!(serde_json::to_value(name).unwrap(), name.as_str());
            assert_eq!(ErrorName::parse(name.as_str()), Some(name));
        }
    }
}

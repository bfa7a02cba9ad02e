//! A pause: nobody acts, for a time, in a scope.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Decision, Effect};
use crate::ids::{AccountId, PlaybookName};

/// `backstop pause`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// What is paused.
    pub scope: PauseScope,
    /// The ARN of who paused it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when; always set, so that a forgotten pause ends.
    pub until: Timestamp,
}

/// What a pause covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "scope", content = "of", rename_all = "kebab-case")]
pub enum PauseScope {
    /// All acting.
    Everything,
    /// One playbook.
    Playbook(PlaybookName),
    /// One account.
    Account(AccountId),
}

impl fmt::Display for PauseScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_str("everything"),
            Self::Playbook(name) => write!(f, "playbook {name}"),
            Self::Account(account) => write!(f, "account {account}"),
        }
    }
}

impl Pause {
    pub(super) fn decide(
        &self,
        playbook: &PlaybookName,
        account: &AccountId,
        now: Timestamp,
    ) -> Option<Decision> {
        let covers = match &self.scope {
            PauseScope::Everything => true,
            PauseScope::Playbook(name) => name == playbook,
            PauseScope::Account(paused) => paused == account,
        };
        (covers && now < self.until).then(|| Decision {
            guardrail: "pause".to_owned(),
            effect: Effect::Refuse,
            detail: format!(
                "{} is paused until {} by {}: {}",
                self.scope, self.until, self.by, self.reason
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_pause_covers_its_scope_until_it_ends() {
        let pause = Pause {
            scope: PauseScope::Playbook("leaked-access-key".into()),
            by: "arn:aws:iam::123456789012:user/alice".into(),
            reason: "migration".into(),
            since: "2026-01-01T00:00:00Z".parse().unwrap(),
            until: "2026-01-01T02:00:00Z".parse().unwrap(),
        };
        let account = AccountId::from("123456789012");
        let before = "2026-01-01T01:59:59Z".parse().unwrap();
        let after = "2026-01-01T02:00:00Z".parse().unwrap();
        assert!(
            pause
                .decide(&"leaked-access-key".into(), &account, before)
                .is_some()
        );
        assert!(pause.decide(&"public-bucket".into(), &account, before).is_none());
        assert!(
            pause
                .decide(&"leaked-access-key".into(), &account, after)
                .is_none()
        );
    }
}

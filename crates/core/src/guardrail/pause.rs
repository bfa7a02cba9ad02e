//! A pause: nobody acts, for a time, in a scope.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{CLOCKS_DIFFER, Decision, Effect};
use crate::{
    ids::{AccountId, PlaybookName},
    mode::Mode,
};

/// The longest pause. Whatever the item says, it ends then.
pub const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(30 * 24);

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
    /// When it ends: as it says, but never later than the longest pause.
    pub fn ends(&self) -> Timestamp {
        let latest = self.since.saturating_add(LONGEST_PAUSE);
        latest.map_or(self.until, |latest| self.until.min(latest))
    }

    /// This pause where another of the same scope stands already: it never ends earlier than that one.
    #[must_use]
    pub fn beside(self, standing: &Self) -> Self {
        Self {
            until: self.until.max(standing.ends()),
            ..self
        }
    }

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
        let is_of_tomorrow = self.since.duration_since(now) > CLOCKS_DIFFER;
        if covers && is_of_tomorrow && now < self.ends() {
            return Some(Decision {
                guardrail: "pause".to_owned(),
                effect: Effect::LowerTo(Mode::Approve),
                detail: format!(
                    "the pause of {} isn't obeyed, since it says that it began later than now: until it is removed, \
                     nothing is done unasked",
                    self.scope
                ),
            });
        }
        (covers && now < self.ends()).then(|| Decision {
            guardrail: "pause".to_owned(),
            effect: Effect::Refuse,
            detail: format!(
                "{} is paused until {} by {}: {}",
                self.scope,
                self.ends(),
                self.by,
                self.reason
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

    #[test]
    fn whatever_an_item_says_it_ends_in_time_and_another_never_shortens_it() {
        let pause = Pause {
            scope: PauseScope::Everything,
            by: "arn:aws:iam::123456789012:user/alice".into(),
            reason: "migration".into(),
            since: "2026-01-01T00:00:00Z".parse().unwrap(),
            until: "9999-12-30T00:00:00Z".parse().unwrap(),
        };
        let effect = |pause: &Pause, now: &str| {
            pause
                .decide(
                    &"public-bucket".into(),
                    &AccountId::from("123456789012"),
                    now.parse().unwrap(),
                )
                .map(|decision| decision.effect)
        };
        assert_eq!(effect(&pause, "2026-01-30T23:59:59Z"), Some(Effect::Refuse));
        assert_eq!(effect(&pause, "2026-01-31T00:00:00Z"), None, "30 days are over");
        assert_eq!(
            effect(&pause, "2025-12-31T00:00:00Z"),
            Some(Effect::LowerTo(Mode::Approve)),
            "it begins tomorrow"
        );
        let second = Pause {
            since: "2026-01-02T00:00:00Z".parse().unwrap(),
            until: "2026-01-02T01:00:00Z".parse().unwrap(),
            ..pause.clone()
        };
        assert_eq!(second.clone().beside(&pause).ends(), pause.ends());
        assert_eq!(pause.clone().beside(&second).until, pause.until);
    }
}

//! An exemption: one thing Backstop leaves alone, with an owner, a reason and an end.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    CLOCKS_DIFFER, Decision, Effect, Subject,
    pattern::{matches_arn, means_anything},
};
use crate::{ids::AccountId, mode::Mode, text};

/// The longest exemption. Whatever the item says, it ends then: somebody must look at it again.
pub const LONGEST_EXEMPTION: SignedDuration = SignedDuration::from_hours(366 * 24);

/// `backstop exempt add`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exemption {
    /// A ULID.
    pub id: String,
    /// What is exempt.
    pub scope: ExemptionScope,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The end; after it the exemption does nothing.
    pub expires_at: Timestamp,
    /// The ARN of who added it.
    pub added_by: String,
    /// When it was added.
    pub added_at: Timestamp,
}

/// What an exemption covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "scope", rename_all = "kebab-case")]
pub enum ExemptionScope {
    /// ARNs that match a pattern with `*` and `?`.
    Arn {
        /// The pattern.
        pattern: String,
    },
    /// A whole account.
    Account {
        /// Which.
        account: AccountId,
    },
    /// Whatever carries a tag.
    Tag {
        /// The tag's key.
        key: String,
        /// The tag's value; any if absent.
        value: Option<String>,
    },
}

impl fmt::Display for ExemptionScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arn { pattern } => write!(f, "ARNs like {pattern}"),
            Self::Account { account } => write!(f, "account {account}"),
            Self::Tag {
                key,
                value: Some(value),
            } => write!(f, "tag {key}={value}"),
            Self::Tag { key, value: None } => write!(f, "tag {key}"),
        }
    }
}

impl Exemption {
    /// When it ends: as it says, but never later than the longest exemption.
    pub fn ends(&self) -> Timestamp {
        let latest = self.added_at.saturating_add(LONGEST_EXEMPTION);
        latest.map_or(self.expires_at, |latest| self.expires_at.min(latest))
    }

    /// Why it isn't obeyed, if it is one that no person could have added.
    pub(crate) fn fault(&self, now: Timestamp) -> Option<&'static str> {
        let is_too_wide = matches!(&self.scope, ExemptionScope::Arn { pattern } if means_anything(pattern));
        let is_blank = |text: &str| text::sanitize(text).trim().is_empty();
        let is_of_tomorrow = self.added_at.duration_since(now) > CLOCKS_DIFFER;
        if is_too_wide {
            Some("its pattern could mean anything, which makes it a pause in disguise")
        } else if is_of_tomorrow {
            Some("it says that it was added later than now")
        } else if is_blank(&self.owner) || is_blank(&self.reason) {
            Some("it names no owner or no reason")
        } else {
            None
        }
    }

    /// One that is at fault doesn't stop acting, but acting unasked: nobody knows what it is to protect.
    pub(super) fn decide(&self, subject: &Subject<'_>, now: Timestamp) -> Option<Decision> {
        if now < self.ends()
            && let Some(fault) = self.fault(now)
        {
            return Some(Decision {
                guardrail: "exemption".to_owned(),
                effect: Effect::LowerTo(Mode::Approve),
                detail: format!(
                    "exemption {} ({}) isn't obeyed, since {fault}: until it is removed, nothing is done unasked",
                    self.id, self.scope
                ),
            });
        }
        let covers = match &self.scope {
            ExemptionScope::Arn { pattern } => matches_arn(pattern, subject.principal),
            ExemptionScope::Account { account } => account == subject.account,
            ExemptionScope::Tag { key, value } => subject
                .tags
                .get(key)
                .is_some_and(|found| value.as_ref().is_none_or(|expected| expected == found)),
        };
        (covers && now < self.ends()).then(|| Decision {
            guardrail: "exemption".to_owned(),
            effect: Effect::Refuse,
            detail: format!(
                "exempt until {} ({}), owner {}: {}",
                self.ends(),
                self.scope,
                self.owner,
                self.reason
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::collections::BTreeMap;

    use super::*;

    fn exemption(scope: ExemptionScope) -> Exemption {
        Exemption {
            id: "01J".into(),
            scope,
            owner: "payments".into(),
            reason: "legacy job".into(),
            expires_at: "2026-02-01T00:00:00Z".parse().unwrap(),
            added_by: "arn:aws:iam::123456789012:user/alice".into(),
            added_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn an_expired_exemption_does_nothing() {
        let tags = BTreeMap::from([("team".to_owned(), "payments".to_owned())]);
        let playbook = "leaked-access-key".into();
        let account = AccountId::from("123456789012");
        let subject = Subject {
            playbook: &playbook,
            account: &account,
            principal: "arn:aws:iam::123456789012:user/ci-deploy",
            tags: &tags,
            is_drill: false,
        };
        let scopes = [
            ExemptionScope::Arn {
                pattern: "arn:aws:iam::*:user/ci-*".into(),
            },
            ExemptionScope::Account {
                account: account.clone(),
            },
            ExemptionScope::Tag {
                key: "team".into(),
                value: Some("payments".into()),
            },
            ExemptionScope::Tag {
                key: "team".into(),
                value: None,
            },
        ];
        for scope in scopes {
            let exemption = exemption(scope);
            assert!(
                exemption
                    .decide(&subject, "2026-01-31T23:59:59Z".parse().unwrap())
                    .is_some()
            );
            assert!(
                exemption
                    .decide(&subject, "2026-02-01T00:00:00Z".parse().unwrap())
                    .is_none()
            );
        }
        let other = exemption(ExemptionScope::Tag {
            key: "team".into(),
            value: Some("other".into()),
        });
        assert!(
            other
                .decide(&subject, "2026-01-15T00:00:00Z".parse().unwrap())
                .is_none()
        );
    }

    #[test]
    fn whatever_an_item_says_it_ends_in_time_and_never_covers_everything() {
        let tags = BTreeMap::new();
        let (playbook, account) = ("leaked-access-key".into(), AccountId::from("123456789012"));
        let subject = Subject {
            playbook: &playbook,
            account: &account,
            principal: "arn:aws:iam::123456789012:user/alice",
            tags: &tags,
            is_drill: false,
        };
        let own = || ExemptionScope::Arn {
            pattern: "arn:aws:iam::*:user/alice".into(),
        };
        let for_ever = Exemption {
            expires_at: "9999-12-30T00:00:00Z".parse().unwrap(),
            ..exemption(own())
        };
        let effect = |exemption: &Exemption, now: &str| {
            exemption
                .decide(&subject, now.parse().unwrap())
                .map(|decision| decision.effect)
        };
        assert_eq!(effect(&for_ever, "2027-01-01T00:00:00Z"), Some(Effect::Refuse));
        assert_eq!(
            effect(&for_ever, "2027-01-02T00:00:00Z"),
            None,
            "366 days are over"
        );

        let asks = Some(Effect::LowerTo(Mode::Approve));
        let everything = exemption(ExemptionScope::Arn { pattern: "*".into() });
        assert_eq!(effect(&everything, "2026-01-15T00:00:00Z"), asks);
        let from_tomorrow = Exemption {
            added_at: "2026-01-16T00:00:00Z".parse().unwrap(),
            ..exemption(own())
        };
        assert_eq!(effect(&from_tomorrow, "2026-01-15T00:00:00Z"), asks);
        let nobodys = Exemption {
            owner: "  ".into(),
            ..exemption(own())
        };
        assert_eq!(effect(&nobodys, "2026-01-15T00:00:00Z"), asks);
        assert_eq!(effect(&nobodys, "2026-02-15T00:00:00Z"), None, "it is over");
    }
}

//! An exemption: one thing Backstop leaves alone, with an owner, a reason and an end.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Decision, Effect, Subject, matches_pattern};
use crate::ids::AccountId;

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
    pub(super) fn decide(&self, subject: &Subject<'_>, now: Timestamp) -> Option<Decision> {
        let covers = match &self.scope {
            ExemptionScope::Arn { pattern } => matches_pattern(pattern, subject.principal),
            ExemptionScope::Account { account } => account == subject.account,
            ExemptionScope::Tag { key, value } => subject
                .tags
                .get(key)
                .is_some_and(|found| value.as_ref().is_none_or(|expected| expected == found)),
        };
        (covers && now < self.expires_at).then(|| Decision {
            guardrail: "exemption".to_owned(),
            effect: Effect::Refuse,
            detail: format!(
                "exempt until {} ({}), owner {}: {}",
                self.expires_at, self.scope, self.owner, self.reason
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
}

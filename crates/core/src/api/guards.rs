//! Pauses and exemptions: what is sent to begin and end them, and what must hold of one.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    guardrail::{
        Exemption, ExemptionScope, LONGEST_EXEMPTION, LONGEST_PAUSE, Pause, PauseScope, means_anything,
    },
    text,
};

const SHORTEST: SignedDuration = SignedDuration::from_mins(1);
/// Owners, reasons and patterns that people read have fewer.
const MOST_CHARS: usize = 1_000;

/// A pause to begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPause {
    /// What is to be paused.
    pub scope: PauseScope,
    /// For so many seconds.
    pub seconds: i64,
    /// Why.
    pub reason: String,
}

/// What is paused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pauses {
    /// The pauses.
    pub pauses: Vec<Pause>,
    /// When they were read.
    pub read_at: Timestamp,
}

/// A pause that ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// What was paused.
    pub resumed: PauseScope,
    /// What is paused still.
    pub still_paused: Vec<Pause>,
}

/// An exemption to begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewExemption {
    /// What is to be exempt.
    pub scope: ExemptionScope,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Its end.
    pub expires_at: Timestamp,
}

/// What is left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exemptions {
    /// The exemptions, that which ends first in front.
    pub exemptions: Vec<Exemption>,
    /// Where the next page begins; absent after the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// When they were read.
    pub read_at: Timestamp,
}

/// An exemption that ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedExemption {
    /// Its id.
    pub removed: String,
}

/// A pause or an exemption that nobody may begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongGuard {
    /// It ends before it begins, or at once.
    #[error("it would end at {0}: a pause or an exemption lasts at least one minute")]
    Past(Timestamp),
    /// It would be forgotten.
    #[error("it would end at {until}, which is too far away: at most {days} days, then look at it again")]
    TooFar {
        /// The end that was asked for.
        until: Timestamp,
        /// How long it may last.
        days: i64,
    },
    /// Nobody answers for it.
    #[error("its {0} is blank or longer than 1,000 characters")]
    Blank(&'static str),
    /// A pattern that could match anything is a pause in disguise.
    #[error(
        "name at least the service and a part of the resource, such as `arn:aws:iam::*:user/ci-*`; to stop all \
         acting: backstop pause"
    )]
    Everything,
    /// Not even the form of an ARN.
    #[error("not an ARN; it looks like `arn:aws:iam::123456789012:user/ci-*`")]
    NoArn,
    /// An account id is twelve digits.
    #[error("an account id is twelve digits")]
    NoAccount,
}

impl NewPause {
    /// The pause, if it may begin.
    pub fn begin(self, by: &str, now: Timestamp) -> Result<Pause, WrongGuard> {
        if let PauseScope::Account(account) = &self.scope
            && !account.is_well_formed()
        {
            return Err(WrongGuard::NoAccount);
        }
        // What doesn't fit the calendar is too far away all the same.
        let until = now
            .checked_add(SignedDuration::from_secs(self.seconds))
            .unwrap_or(Timestamp::MAX);
        check_end(until, now, LONGEST_PAUSE)?;
        Ok(Pause {
            scope: self.scope,
            by: by.to_owned(),
            reason: said("reason", &self.reason)?,
            since: now,
            until,
        })
    }
}

impl NewExemption {
    /// The exemption, if it may begin.
    pub fn begin(self, id: String, by: &str, now: Timestamp) -> Result<Exemption, WrongGuard> {
        match &self.scope {
            ExemptionScope::Arn { pattern } => check_pattern(pattern)?,
            ExemptionScope::Account { account } if !account.is_well_formed() => {
                return Err(WrongGuard::NoAccount);
            }
            ExemptionScope::Account { .. } => {}
            ExemptionScope::Tag { key, value } => {
                said("tag", key)?;
                value.as_deref().map(|value| bound("tag", value)).transpose()?;
            }
        }
        check_end(self.expires_at, now, LONGEST_EXEMPTION)?;
        Ok(Exemption {
            id,
            owner: said("owner", &self.owner)?,
            reason: said("reason", &self.reason)?,
            scope: self.scope,
            expires_at: self.expires_at,
            added_by: by.to_owned(),
            added_at: now,
        })
    }
}

fn check_end(until: Timestamp, now: Timestamp, longest: SignedDuration) -> Result<(), WrongGuard> {
    let lasts = until.duration_since(now);
    if lasts < SHORTEST {
        return Err(WrongGuard::Past(until));
    }
    if lasts > longest {
        let days = longest.as_hours() / 24;
        return Err(WrongGuard::TooFar { until, days });
    }
    Ok(())
}

/// Whether an exemption may have this pattern.
pub fn check_pattern(pattern: &str) -> Result<(), WrongGuard> {
    bound("pattern", pattern)?;
    if pattern.split(':').next() != Some("arn") {
        return Err(WrongGuard::NoArn);
    }
    if means_anything(pattern) {
        return Err(WrongGuard::Everything);
    }
    Ok(())
}

fn bound(what: &'static str, given: &str) -> Result<(), WrongGuard> {
    let is_long = given.chars().nth(MOST_CHARS).is_some();
    (!is_long).then_some(()).ok_or(WrongGuard::Blank(what))
}

/// Owners and reasons that say nothing are no owners and reasons.
fn said(what: &'static str, given: &str) -> Result<String, WrongGuard> {
    bound(what, given)?;
    if text::sanitize(given).is_empty() {
        return Err(WrongGuard::Blank(what));
    }
    Ok(given.to_owned())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const BY: &str = "arn:aws:iam::123456789012:user/alice";

    fn now() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    fn exemption(pattern: &str, until: &str) -> Result<Exemption, WrongGuard> {
        let new = NewExemption {
            scope: ExemptionScope::Arn {
                pattern: pattern.into(),
            },
            owner: "payments".into(),
            reason: "legacy job".into(),
            expires_at: until.parse().unwrap(),
        };
        new.begin("01K".into(), BY, now())
    }

    #[test]
    fn an_exemption_ends_within_a_year_and_names_something() {
        assert!(exemption("arn:aws:iam::*:user/ci-*", "2026-06-01T00:00:00Z").is_ok());
        for until in ["2025-12-31T00:00:00Z", "2026-01-01T00:00:30Z"] {
            let error = exemption("arn:aws:iam::*:user/ci-*", until).unwrap_err();
            assert!(matches!(error, WrongGuard::Past(_)), "{error}");
        }
        let error = exemption("arn:aws:iam::*:user/ci-*", "2027-06-01T00:00:00Z").unwrap_err();
        assert!(matches!(error, WrongGuard::TooFar { days: 366, .. }), "{error}");
        for pattern in ["arn:*", "arn:aws:iam::123456789012:*", "arn:aws:*:*:*:*"] {
            let error = exemption(pattern, "2026-06-01T00:00:00Z").unwrap_err();
            assert_eq!(error, WrongGuard::Everything, "{pattern}");
        }
        for pattern in ["*", "", "ci-deploy"] {
            let error = exemption(pattern, "2026-06-01T00:00:00Z").unwrap_err();
            assert_eq!(error, WrongGuard::NoArn, "{pattern}");
        }
    }

    #[test]
    fn a_pause_ends_within_a_month_and_says_why() {
        let pause = |seconds, reason: &str| {
            let new = NewPause {
                scope: PauseScope::Everything,
                seconds,
                reason: reason.into(),
            };
            new.begin(BY, now())
        };
        assert_eq!(
            pause(7_200, "move").unwrap().until.to_string(),
            "2026-01-01T02:00:00Z"
        );
        for seconds in [0, -1, i64::MIN, 59] {
            assert!(matches!(
                pause(seconds, "move"),
                Err(WrongGuard::Past(_) | WrongGuard::TooFar { .. })
            ));
        }
        for seconds in [31 * 24 * 3_600, i64::MAX] {
            assert!(matches!(
                pause(seconds, "move"),
                Err(WrongGuard::TooFar { days: 30, .. })
            ));
        }
        assert_eq!(pause(7_200, " \u{200b}"), Err(WrongGuard::Blank("reason")));
        assert_eq!(pause(7_200, &"x".repeat(1_001)), Err(WrongGuard::Blank("reason")));
    }
}

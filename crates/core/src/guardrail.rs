//! Whatever lowers the mode or refuses, and the [`Permit`] that only a passed check can make.
//!
//! Guardrails fail closed: who can't read them must not act.

mod exemption;
mod opening;
mod pause;
mod protected;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use exemption::{Exemption, ExemptionScope};
pub use opening::{FurthestMode, OpeningSubject};
pub use pause::{Pause, PauseScope};
pub use protected::Protection;

use crate::{
    ids::{AccountId, PlaybookName},
    mode::Mode,
};

/// The tag a target must carry for a drill event to act on it.
pub const DRILL_TAG: &str = "backstop:drill";

/// What a guardrail said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The guardrail's name: `exemption`, `pause`, `limit`, `protected-principal`, `drill-tag`, `maximum-mode`.
    pub guardrail: String,
    /// What it does to the incident.
    pub effect: Effect,
    /// Why, for people; names the entry, its owner and its end.
    pub detail: String,
}

/// What a guardrail does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Nothing may be changed.
    Refuse,
    /// No further than this mode.
    LowerTo(Mode),
}

/// The guardrails as read from the table just now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guardrails {
    /// Pauses, also expired ones.
    pub pauses: Vec<Pause>,
    /// Exemptions, also expired ones.
    pub exemptions: Vec<Exemption>,
}

/// What is about to be changed, as far as guardrails care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject<'a> {
    /// The playbook that wants to act.
    pub playbook: &'a PlaybookName,
    /// The account it would act in.
    pub account: &'a AccountId,
    /// The ARN (or id) it would change.
    pub principal: &'a str,
    /// The tags of what it would change.
    pub tags: &'a BTreeMap<String, String>,
    /// Whether a drill event asked for it.
    pub is_drill: bool,
}

/// Proof that the guardrails were asked and allowed it. What changes an account takes one.
#[derive(Debug)]
pub struct Permit {
    _only_made_here: (),
}

impl Guardrails {
    /// Checks right before acting. Every refusal is returned, so that people see all reasons at once.
    pub fn permit(
        &self,
        protection: &Protection,
        subject: &Subject<'_>,
        now: Timestamp,
    ) -> Result<Permit, Vec<Decision>> {
        let refusals: Vec<Decision> = self
            .decide(subject, now)
            .into_iter()
            .chain(protection.decide(subject.principal))
            .filter(|decision| decision.effect == Effect::Refuse)
            .collect();
        if refusals.is_empty() {
            Ok(Permit { _only_made_here: () })
        } else {
            Err(refusals)
        }
    }

    /// What pauses, exemptions and the drill tag say.
    pub fn decide(&self, subject: &Subject<'_>, now: Timestamp) -> Vec<Decision> {
        let mut decisions: Vec<Decision> = self
            .pauses
            .iter()
            .filter_map(|pause| pause.decide(subject.playbook, subject.account, now))
            .collect();
        decisions.extend(
            self.exemptions
                .iter()
                .filter_map(|exemption| exemption.decide(subject, now)),
        );
        if subject.is_drill && !subject.tags.contains_key(DRILL_TAG) {
            decisions.push(Decision {
                guardrail: "drill-tag".to_owned(),
                effect: Effect::Refuse,
                detail: format!("a drill may only change what is tagged `{DRILL_TAG}`"),
            });
        }
        decisions
    }

    /// What can be said at intake, before the target was resolved: pauses only.
    pub fn pauses(&self, playbook: &PlaybookName, account: &AccountId, now: Timestamp) -> Vec<Decision> {
        self.pauses
            .iter()
            .filter_map(|pause| pause.decide(playbook, account, now))
            .collect()
    }
}

impl Permit {
    /// Undo puts back what was; the log's own receipt is its permit, and a pause must not stop it.
    pub fn to_undo(_receipt: &crate::plan::Receipt) -> Self {
        Self { _only_made_here: () }
    }
}

/// The mode left after all decisions; `None` if one refused.
pub fn mode_after(mode: Mode, decisions: &[Decision]) -> Option<Mode> {
    decisions
        .iter()
        .try_fold(mode, |mode, decision| match decision.effect {
            Effect::Refuse => None,
            Effect::LowerTo(limit) => Some(mode.min(limit)),
        })
}

/// Matches `*` (any run of characters) and `?` (one), as IAM's ARN patterns do.
pub(crate) fn matches_pattern(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let mut reachable = vec![false; pattern.len() + 1];
    if let Some(start) = reachable.first_mut() {
        *start = true;
    }
    close_over_stars(&pattern, &mut reachable);
    for character in text {
        let mut next = vec![false; pattern.len() + 1];
        for (place, expected) in pattern.iter().enumerate() {
            if !reachable.get(place).copied().unwrap_or(false) {
                continue;
            }
            let to = if *expected == '*' { place } else { place + 1 };
            if (*expected == '*' || *expected == '?' || *expected == character)
                && let Some(slot) = next.get_mut(to)
            {
                *slot = true;
            }
        }
        close_over_stars(&pattern, &mut next);
        reachable = next;
    }
    reachable.last().copied().unwrap_or(false)
}

/// A star may match nothing: where it can be reached, so can what follows it.
fn close_over_stars(pattern: &[char], reachable: &mut [bool]) {
    for (place, character) in pattern.iter().enumerate() {
        if *character == '*'
            && reachable.get(place).copied().unwrap_or(false)
            && let Some(slot) = reachable.get_mut(place + 1)
        {
            *slot = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_iam_matches() {
        assert!(matches_pattern(
            "arn:aws:iam::*:role/ci-*",
            "arn:aws:iam::123456789012:role/ci-deploy"
        ));
        assert!(matches_pattern("*", ""));
        assert!(matches_pattern("a?c", "abc"));
        assert!(!matches_pattern("a?c", "ac"));
        assert!(!matches_pattern("ci-*", "xci-1"));
        assert!(matches_pattern("**a**", "bab"));
        assert!(!matches_pattern("", "a"));
    }

    #[test]
    fn one_refusal_is_enough() {
        let lower = Decision {
            guardrail: "limit".into(),
            effect: Effect::LowerTo(Mode::Approve),
            detail: String::new(),
        };
        let refuse = Decision {
            effect: Effect::Refuse,
            ..lower.clone()
        };
        assert_eq!(
            mode_after(Mode::Auto, std::slice::from_ref(&lower)),
            Some(Mode::Approve)
        );
        assert_eq!(
            mode_after(Mode::Observe, std::slice::from_ref(&lower)),
            Some(Mode::Observe)
        );
        assert_eq!(mode_after(Mode::Auto, &[lower, refuse]), None);
    }
}

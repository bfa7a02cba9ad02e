//! Whatever lowers the mode or refuses, and the [`Permit`] that only a passed check can make.
//!
//! Guardrails fail closed: who can't read them must not act.

mod exemption;
mod opening;
mod pattern;
mod pause;
mod protected;
mod unreadable;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use exemption::{Exemption, ExemptionScope, LONGEST_EXEMPTION};
pub use opening::{FurthestMode, OpeningSubject};
pub(crate) use pattern::{matches_pattern, means_anything};
pub use pause::{LONGEST_PAUSE, Pause, PauseScope};
pub use protected::Protection;
pub(crate) use protected::is_identity_center;
pub use unreadable::UnreadableGuard;

use crate::{
    ids::{AccountId, PlaybookName},
    mode::Mode,
};

/// Two clocks may differ by so much: a guard that begins later than this was written by a forger.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(5);

/// The tag a target must carry for a drill event to act on it.
pub const DRILL_TAG: &str = "backstop:drill";

/// The name of the guardrail that leaves to people what nothing confirms.
pub const UNCONFIRMED: &str = "unconfirmed-source";

/// The name of the guardrail that leaves to people what a finding of this type doesn't prove.
pub const WEAK_EVIDENCE: &str = "weak-evidence";

/// What a guardrail said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The guardrail's name: `exemption`, `pause`, `limit`, `protected-principal`, `drill-tag`, `maximum-mode`,
    /// `weak-evidence`, `unconfirmed-source`, `session-name`, `undone-before`, `unreadable-guard`.
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
    /// What stands among them and can't be read. It stops no other from being read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<UnreadableGuard>,
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
        decisions.extend(self.unreadable.iter().map(UnreadableGuard::decide));
        if subject.is_drill && !subject.tags.contains_key(DRILL_TAG) {
            decisions.push(Decision {
                guardrail: "drill-tag".to_owned(),
                effect: Effect::Refuse,
                detail: format!("a drill may only change what is tagged `{DRILL_TAG}`"),
            });
        }
        decisions
    }

    /// The furthest mode that is left by what lowers it without refusing, and which guardrail that is.
    pub fn lowered(&self, subject: &Subject<'_>, now: Timestamp) -> Option<(Mode, Decision)> {
        let lowering = self.decide(subject, now).into_iter();
        lowering
            .filter_map(|decision| match decision.effect {
                Effect::LowerTo(mode) => Some((mode, decision)),
                Effect::Refuse => None,
            })
            .min_by_key(|(mode, _)| *mode)
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

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

    #[test]
    fn what_cannot_be_read_stops_acting_unasked_and_nothing_else() {
        let guardrails = Guardrails {
            unreadable: vec![UnreadableGuard::new(
                "EXEMPTION#\u{1b}[2J",
                "expected value at line 1",
            )],
            ..Guardrails::default()
        };
        let (playbook, account) = ("leaked-access-key".into(), AccountId::from("123456789012"));
        let subject = Subject {
            playbook: &playbook,
            account: &account,
            principal: "arn:aws:iam::123456789012:user/alice",
            tags: &BTreeMap::new(),
            is_drill: false,
        };
        let decisions = guardrails.decide(&subject, Timestamp::UNIX_EPOCH);
        assert_eq!(mode_after(Mode::Auto, &decisions), Some(Mode::Approve));
        let (mode, why) = guardrails.lowered(&subject, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(
            (mode, why.guardrail.as_str()),
            (Mode::Approve, "unreadable-guard")
        );
        assert!(!why.detail.contains('\u{1b}'), "{}", why.detail);
        assert!(
            guardrails
                .permit(&Protection::default(), &subject, Timestamp::UNIX_EPOCH)
                .is_ok(),
            "what people approved is done"
        );
    }
}

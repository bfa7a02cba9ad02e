//! What guardrails say when an incident is about to be opened, by a finding or by a person.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Decision, Effect, Guardrails, Protection, Subject, WEAK_EVIDENCE, mode_after};
use crate::{ids::PlaybookName, mode::Mode, target::Target};

/// How far a playbook may go by itself on what a finding proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FurthestMode<'a> {
    /// The mode.
    pub mode: Mode,
    /// Why no further, for people.
    pub because: &'a str,
}

/// An incident about to be opened, as far as guardrails care.
#[derive(Clone, Copy, Debug)]
pub struct OpeningSubject<'a> {
    /// The playbook that answers.
    pub playbook: &'a PlaybookName,
    /// What it is to contain.
    pub target: &'a Target,
    /// The mode that is wanted: the playbook's own, or less.
    pub wanted: Mode,
    /// How far its evidence reaches; nothing where a person wants it.
    pub furthest: Option<FurthestMode<'a>>,
    /// The deployment's maximum.
    pub maximum: Mode,
}

impl FurthestMode<'_> {
    fn decision(self) -> Decision {
        Decision {
            guardrail: WEAK_EVIDENCE.to_owned(),
            effect: Effect::LowerTo(self.mode),
            detail: format!(
                "{}: no further than {} by itself",
                self.because.trim_end_matches('.'),
                self.mode
            ),
        }
    }
}

impl Guardrails {
    /// The mode to open with, and what lowered it. A refusal leaves `observe`: people see the plan and why
    /// nothing was done. Tags (the drill's too) and true ARNs are looked at again right before acting.
    pub fn mode_at_opening(
        &self,
        protection: &Protection,
        subject: OpeningSubject<'_>,
        now: Timestamp,
    ) -> (Mode, Vec<Decision>) {
        let OpeningSubject {
            playbook,
            target,
            wanted,
            furthest,
            maximum,
        } = subject;
        let mut decisions = Vec::new();
        if maximum < wanted {
            decisions.push(Decision {
                guardrail: "maximum-mode".to_owned(),
                effect: Effect::LowerTo(maximum),
                detail: format!("this deployment's maximum mode is {maximum}, the playbook's is {wanted}"),
            });
        }
        let principal = target.probable_arn();
        let subject = Subject {
            playbook,
            account: &target.account,
            principal: &principal,
            tags: &BTreeMap::new(),
            is_drill: false,
        };
        decisions.extend(self.decide(&subject, now));
        decisions.extend(protection.decide(&principal));
        let left = mode_after(wanted, &decisions).unwrap_or(Mode::Observe);
        // Told only where it is what lowers the mode: one reason is enough.
        match furthest.filter(|furthest| furthest.mode < left) {
            Some(furthest) => {
                decisions.push(furthest.decision());
                (furthest.mode, decisions)
            }
            None => (left, decisions),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::{
        guardrail::{Pause, PauseScope},
        kind,
        target::Resource,
    };

    fn target(resource: Resource) -> Target {
        Target {
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
            resource,
        }
    }

    fn opening(guardrails: &Guardrails, target: &Target, wanted: Mode) -> (Mode, Vec<String>) {
        let subject = OpeningSubject {
            playbook: &"compromised-role".into(),
            target,
            wanted,
            furthest: None,
            maximum: Mode::Approve,
        };
        let now = "2026-01-01T01:00:00Z".parse().unwrap();
        let (mode, decisions) = guardrails.mode_at_opening(&Protection::default(), subject, now);
        (
            mode,
            decisions.into_iter().map(|decision| decision.guardrail).collect(),
        )
    }

    #[test]
    fn the_maximum_lowers_and_lesser_modes_stay() {
        let role = target(Resource::Role(kind::Role {
            role_name: "build".into(),
            role_id: None,
        }));
        let none = Guardrails::default();
        assert_eq!(
            opening(&none, &role, Mode::Auto),
            (Mode::Approve, vec!["maximum-mode".to_owned()])
        );
        assert_eq!(opening(&none, &role, Mode::Observe), (Mode::Observe, vec![]));
    }

    #[test]
    fn weak_evidence_lowers_and_says_why() {
        let role = target(Resource::Role(kind::Role {
            role_name: "build".into(),
            role_id: None,
        }));
        let opened = |wanted, furthest_mode| {
            let subject = OpeningSubject {
                playbook: &"compromised-role".into(),
                target: &role,
                wanted,
                furthest: Some(FurthestMode {
                    mode: furthest_mode,
                    because: "a visitor can provoke it.",
                }),
                maximum: Mode::Auto,
            };
            let now = "2026-01-01T01:00:00Z".parse().unwrap();
            Guardrails::default().mode_at_opening(&Protection::default(), subject, now)
        };
        let (mode, decisions) = opened(Mode::Auto, Mode::Approve);
        assert_eq!(mode, Mode::Approve);
        let decision = decisions.first().unwrap();
        assert_eq!(decision.guardrail, "weak-evidence");
        assert_eq!(
            decision.detail,
            "a visitor can provoke it: no further than approve by itself"
        );
        assert_eq!(opened(Mode::Observe, Mode::Approve), (Mode::Observe, vec![]));
        assert_eq!(opened(Mode::Auto, Mode::Auto), (Mode::Auto, vec![]));
    }

    #[test]
    fn a_refusal_leaves_observe() {
        let root = target(Resource::Root(kind::Root { key_id: None }));
        let (mode, names) = opening(&Guardrails::default(), &root, Mode::Approve);
        assert_eq!(
            (mode, names),
            (Mode::Observe, vec!["protected-principal".to_owned()])
        );

        let paused = Guardrails {
            pauses: vec![Pause {
                scope: PauseScope::Everything,
                by: "arn:aws:iam::123456789012:user/alice".into(),
                reason: "migration".into(),
                since: "2026-01-01T00:00:00Z".parse().unwrap(),
                until: "2026-01-01T02:00:00Z".parse().unwrap(),
            }],
            ..Guardrails::default()
        };
        let role = target(Resource::Role(kind::Role {
            role_name: "build".into(),
            role_id: None,
        }));
        assert_eq!(
            opening(&paused, &role, Mode::Approve),
            (Mode::Observe, vec!["pause".to_owned()])
        );
    }
}

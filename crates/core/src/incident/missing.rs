//! Which evidence an incident lacks. It is said wherever people look, since nobody misses what they never knew of.

use serde::Serialize;

use super::{Answer, Incident, StepState};
use crate::{guardrail::Effect, ids::StepId, mode::Mode, outcome::Outcome};

/// Evidence that isn't there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MissingEvidence {
    /// The step that was to keep it.
    pub step: StepId,
    /// The step as a sentence.
    pub title: String,
    /// Whether it may still come.
    pub is_awaited: bool,
    /// Why it isn't there.
    pub why: String,
}

impl Incident {
    /// What was to be kept or read and isn't. Where nobody was to act, only what was tried is missed; what doesn't
    /// apply to the target isn't.
    pub fn missing_evidence(&self) -> Vec<MissingEvidence> {
        self.steps
            .iter()
            .filter(|state| state.is_evidence())
            .filter_map(|state| {
                let (is_awaited, why) = self.lack(state)?;
                Some(MissingEvidence {
                    step: state.step.step.clone(),
                    title: state.step.title.clone(),
                    is_awaited,
                    why,
                })
            })
            .collect()
    }

    fn lack(&self, state: &StepState) -> Option<(bool, String)> {
        match &state.outcome {
            Some(Outcome::Done | Outcome::Already | Outcome::Skipped { .. }) => None,
            Some(Outcome::Partial { missing }) => Some((false, format!("only a part was kept: {missing}"))),
            Some(Outcome::Failed { error, detail }) => Some((false, format!("{error}: {detail}"))),
            _ if self.nobody_was_to_act() => None,
            Some(Outcome::Refused { guardrail, reason }) => {
                Some((false, format!("refused by {guardrail}: {reason}")))
            }
            None if self.closed.is_some() => Some((false, "it never ended".to_owned())),
            None => Some((true, "still under way".to_owned())),
        }
    }

    fn nobody_was_to_act(&self) -> bool {
        let is_refused = |decision: &crate::guardrail::Decision| decision.effect == Effect::Refuse;
        self.opened.mode == Mode::Observe
            || matches!(self.decision, Some(Answer::Denied | Answer::Expired))
            || self.opened.guardrails.iter().any(is_refused)
    }
}

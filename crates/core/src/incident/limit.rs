//! What the hourly limit means for an incident.

use super::Incident;
use crate::{error_name::ErrorName, guardrail::Decision, mode::Mode, outcome::Outcome};

impl Incident {
    /// The limit that keeps it from being contained by itself.
    pub fn limit(&self) -> Option<&Decision> {
        let mut guardrails = self.opened.guardrails.iter();
        guardrails.find(|decision| decision.guardrail == "limit")
    }

    /// Whether it was counted against the limit, and had nothing to contain: its target isn't there (any more), and nothing
    /// was changed.
    pub fn is_counted_in_vain(&self) -> bool {
        let is_gone = |outcome: &Outcome| outcome.error_name() == Some(ErrorName::TargetGone);
        let outcomes = || self.contain_steps().map(|state| state.outcome.as_ref());
        self.opened.mode == Mode::Auto
            && !self.contain_steps().any(|state| state.acted)
            && outcomes().any(|outcome| outcome.is_some_and(is_gone))
            && outcomes().all(|outcome| {
                outcome.is_some_and(|outcome| is_gone(outcome) || matches!(outcome, Outcome::Skipped { .. }))
            })
    }
}

//! Which changes of an incident's plans people are shown: those that were made or may have been, and never as made what
//! wasn't.

use super::{Incident, StepState};
use crate::{
    error_name::ErrorName,
    outcome::{Outcome, UndoOutcome},
    plan::Plan,
};

impl StepState {
    /// Whether the changes of its plan are shown: they are still planned, were made, or may have been. A step that was
    /// skipped, refused or found nothing to do made none.
    pub fn shows_changes(&self) -> bool {
        match &self.outcome {
            None | Some(Outcome::Done | Outcome::Partial { .. }) => true,
            Some(Outcome::Already) => self.acted,
            Some(Outcome::Failed { .. }) => self.may_have_changed_something(),
            Some(Outcome::Skipped { .. } | Outcome::Refused { .. }) => false,
        }
    }

    /// Whether it failed, though some of its changes may have been made: not if there is only one, and AWS said no to it.
    pub fn may_have_changed_something(&self) -> bool {
        let Some(failed @ Outcome::Failed { .. }) = &self.outcome else {
            return false;
        };
        let is_only_one = self.plan.as_ref().is_some_and(|plan| plan.changes.len() == 1);
        let is_denied = matches!(
            failed.error_name(),
            Some(ErrorName::AccessDenied | ErrorName::BlockedByScp | ErrorName::QuotaExceeded)
        );
        self.changed_something() && !(is_only_one && is_denied)
    }

    /// Whether its undo put back what it changed, or narrowed it.
    fn is_put_back(&self) -> bool {
        matches!(
            self.undo,
            Some(
                UndoOutcome::Restored { .. }
                    | UndoOutcome::NothingToUndo { .. }
                    | UndoOutcome::KeptUntil { .. }
            )
        )
    }
}

impl Incident {
    /// The lines about what may break, each once. Where acting is over, what was planned and never made breaks nothing;
    /// nor does what is put back.
    pub fn what_may_break(&self, is_over: bool) -> Vec<&String> {
        let is_over = is_over && self.steps.iter().any(StepState::changed_something);
        let counts =
            |state: &&StepState| state.shows_changes() && !state.is_put_back() && (state.acted || !is_over);
        let plans = self
            .steps
            .iter()
            .filter(counts)
            .filter_map(|state| state.plan.as_ref());
        let mut lines: Vec<&String> = Vec::new();
        for line in plans.flat_map(|plan: &Plan| &plan.blast_radius) {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests;

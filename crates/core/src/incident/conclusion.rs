//! The status of an incident, and the conclusion it would be closed with now.

use super::{Answer, Incident, Status, StepState, Undo};
use crate::{
    guardrail::Effect,
    mode::Mode,
    outcome::{Outcome, UndoOutcome},
};

impl Incident {
    /// Where the incident stands now.
    pub fn status(&self) -> Status {
        if self.stuck.is_some() {
            return Status::Stuck;
        }
        match &self.undo {
            Undo::Running(_) => return Status::Undoing,
            Undo::Ended => return self.status_after_undo(),
            Undo::NotAsked => {}
        }
        if self.released.is_some() {
            return Status::Released;
        }
        if let Some((status, _)) = self.closed {
            return self.status_as_confirmed(status);
        }
        match (&self.question, self.decision) {
            (Some(_), None) => return Status::AwaitingApproval,
            (_, Some(Answer::Approved)) => return Status::Containing,
            (_, Some(Answer::Denied)) => return Status::Denied,
            (_, Some(Answer::Expired)) => return self.expired(),
            (None, None) => {}
        }
        // Planning ends steps as well (skipped, refused), but only `auto` acts without a decision.
        let under_way = self
            .steps
            .iter()
            .any(|state| state.acted || (state.outcome.is_some() && self.opened.mode == Mode::Auto));
        if under_way {
            Status::Containing
        } else {
            Status::Open
        }
    }

    /// The status with which to close, were it closed now.
    ///
    /// A step counts as contained only if it ended `done` or `already` and reading back proved it. A step
    /// that was skipped doesn't apply and doesn't count; one without an end had its function die. A playbook
    /// without containing steps contains nothing, whatever its mode and the guardrails.
    pub fn conclusion(&self) -> Status {
        if self.contain_steps().next().is_none() {
            return Status::Reported;
        }
        if let Some(status) = self.conclusion_without_acting() {
            return status;
        }
        let counted: Vec<&StepState> = self
            .contain_steps()
            .filter(|state| !matches!(state.outcome, Some(Outcome::Skipped { .. })))
            .collect();
        let proven = counted.iter().filter(|state| state.is_proven()).count();
        if proven > 0 && proven == counted.len() {
            return Status::Contained;
        }
        if proven > 0 {
            return Status::PartiallyContained;
        }
        let all_refused = !counted.is_empty()
            && counted
                .iter()
                .all(|state| matches!(state.outcome, Some(Outcome::Refused { .. })));
        if all_refused {
            return Status::Refused;
        }
        // Changed but not proven, or cut off after the receipt was saved: not contained, yet not nothing.
        let unproven =
            |state: &&&StepState| state.acted && matches!(state.outcome, Some(Outcome::Done) | None);
        if counted.iter().any(|state| unproven(&state)) {
            Status::PartiallyContained
        } else {
            Status::Failed
        }
    }

    /// Observed, refused at intake, denied or expired: nobody was to act.
    fn conclusion_without_acting(&self) -> Option<Status> {
        if self.contain_steps().any(|state| state.acted) {
            return None;
        }
        if self
            .opened
            .guardrails
            .iter()
            .any(|decision| decision.effect == Effect::Refuse)
        {
            return Some(Status::Refused);
        }
        match (self.opened.mode, self.decision) {
            (Mode::Observe, _) => Some(Status::Observed),
            (_, Some(Answer::Denied)) => Some(Status::Denied),
            (_, Some(Answer::Expired)) => Some(self.expired()),
            (_, None | Some(Answer::Approved)) => None,
        }
    }

    fn expired(&self) -> Status {
        if self.nobody_was_reached() {
            Status::Unreached
        } else {
            Status::Expired
        }
    }

    fn status_after_undo(&self) -> Status {
        let unfinished = self.steps.iter().any(|state| {
            matches!(
                state.undo,
                Some(UndoOutcome::Failed { .. } | UndoOutcome::Drifted { .. })
            )
        });
        if unfinished { Status::Stuck } else { Status::Undone }
    }
}

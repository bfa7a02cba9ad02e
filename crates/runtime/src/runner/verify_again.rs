//! Reading back once more what makes the incident contained, by the code that proved it: whether it still holds is written
//! down, whatever it is, and so is what can't be read. What follows from it is for whoever has all of it.

use backstop_core::{StepId, incident::StepState, log::Event, task::VerifyTask};
use futures_util::future::join_all;
use serde::Serialize;

use super::Runner;
use crate::{IncidentLog, StepError};

/// What reading again found.
#[derive(Debug, Default, Serialize)]
pub(super) struct ReadAgain {
    /// Steps that hold.
    pub(super) hold: Vec<StepId>,
    /// Steps that don't.
    pub(super) gone: Vec<StepId>,
    /// Steps that couldn't be read.
    pub(super) unread: Vec<StepId>,
}

impl Runner {
    /// Reads this function's containing steps again. Nothing is read of what is to hold no more: whoever wants it undone is
    /// not told that it is gone. What may be read later is the machine's to try again; what was read by then isn't read anew.
    pub(super) async fn verify_again(&self, task: &VerifyTask) -> Result<ReadAgain, StepError> {
        let (mut log, incident) = self.ledger.log_of(task).await?;
        let mut answer = ReadAgain::default();
        if !incident.can_be_read_again() {
            return Ok(answer);
        }
        let mut passing = None;
        let ours = |state: &&StepState| {
            state.is_containing()
                && !state.is_read_again()
                && self.actions.contains_key(state.step.action.as_str())
        };
        let ours: Vec<&StepState> = incident.steps.iter().filter(ours).collect();
        let receipts = join_all(ours.iter().map(|state| self.receipt_to_verify(&log, task, state))).await;
        for (state, receipt) in ours.into_iter().zip(receipts) {
            let step = state.step.step.clone();
            match self.verify_step(&mut log, task, state, receipt, false).await {
                Ok(true) => answer.hold.push(step),
                Ok(false) => answer.gone.push(step),
                // One unreadable step must not keep the others from being read.
                Err(error) => {
                    tracing::warn!(incident = %task.incident, %step, %error, "step can't be read again");
                    self.note_not_read_again(&mut log, state, &error).await?;
                    answer.unread.push(step);
                    if error.name().is_retryable() {
                        passing = Some(error);
                    }
                }
            }
        }
        passing.map_or(Ok(answer), Err)
    }

    /// Once for the same reason, however often the machine tries.
    async fn note_not_read_again(
        &self,
        log: &mut IncidentLog,
        state: &StepState,
        error: &StepError,
    ) -> Result<(), StepError> {
        let (name, detail) = (error.name().as_str().to_owned(), error.to_string());
        if state.not_read_again.as_deref() == Some(format!("{name}: {detail}").as_str()) {
            return Ok(());
        }
        let event = Event::NotReadAgain {
            step: state.step.step.clone(),
            error: name,
            detail,
        };
        Ok(log.append(&self.ledger, event).await?)
    }
}

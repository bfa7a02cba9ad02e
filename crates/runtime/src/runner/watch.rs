//! Reading back, again and again, what makes incidents contained. What holds is answered and not written down: a log that grew
//! with each look would be long after a month. What doesn't hold is written down, since a verdict follows from it.

use backstop_core::{
    ErrorName,
    incident::StepState,
    log::Event,
    task::{ReadBack, VerifyTask, WatchAnswer, WatchTask},
};
use futures_util::future::join_all;

use super::{Runner, request_to_verify};
use crate::{IncidentLog, StepError};

impl Runner {
    /// Reads this function's containing steps of each incident. One that can't be read doesn't keep the others from it.
    pub(super) async fn watch(&self, task: &WatchTask) -> WatchAnswer {
        let incidents = join_all(task.incidents.iter().map(|one| self.watch_one(one)));
        WatchAnswer {
            incidents: incidents.await,
        }
    }

    async fn watch_one(&self, task: &VerifyTask) -> ReadBack {
        let mut answer = ReadBack {
            incident: task.incident.clone(),
            hold: Vec::new(),
            gone: Vec::new(),
            unread: Vec::new(),
        };
        if let Err(error) = self.read_back(task, &mut answer).await {
            tracing::warn!(incident = %task.incident, %error, "can't be read back");
            answer.unread.push(error.to_string());
        }
        answer
    }

    async fn read_back(&self, task: &VerifyTask, answer: &mut ReadBack) -> Result<(), StepError> {
        let (mut log, incident) = self.ledger.log_of(task).await?;
        if !incident.can_be_read_again() {
            return Ok(());
        }
        let ours = |state: &&StepState| {
            state.is_containing() && self.actions.contains_key(state.step.action.as_str())
        };
        for state in incident.steps.iter().filter(ours) {
            let step = state.step.step.clone();
            match self.holds(&mut log, task, state).await {
                Ok(true) => answer.hold.push(step),
                Ok(false) => answer.gone.push(step),
                // What isn't there any more does no harm.
                Err(error) if error.name() == ErrorName::TargetGone => answer.hold.push(step),
                Err(error) => {
                    tracing::warn!(incident = %task.incident, %step, %error, "step can't be read back");
                    answer.unread.push(format!("\"{}\": {error}", state.step.title));
                }
            }
        }
        Ok(())
    }

    async fn holds(
        &self,
        log: &mut IncidentLog,
        task: &VerifyTask,
        state: &StepState,
    ) -> Result<bool, StepError> {
        let receipt = self.receipt_to_verify(log, task, state).await?;
        let action = self.action(&state.step.action)?;
        let request = request_to_verify(log, task, state, action.as_ref())?;
        let verification = action.verify(&request, receipt.as_ref()).await?;
        if verification.holds {
            return Ok(true);
        }
        // A run that died after this reads it again, and has nothing new to say.
        let is_known = state.is_read_again() && state.verification.as_ref() == Some(&verification);
        if !is_known {
            let event = Event::Verified {
                step: state.step.step.clone(),
                verification,
                after_end: false,
            };
            log.append(&self.ledger, event).await?;
        }
        Ok(false)
    }
}

//! Undoing one step from its receipt.

use backstop_core::{
    ErrorName, Receipt, UndoOutcome, attack_began,
    guardrail::Permit,
    incident::{Incident, Undo},
    log::Event,
    task::StepTask,
};

use super::{Runner, logged_request};
use crate::{IncidentLog, StepError, action::StepRequest, proof};

impl Runner {
    /// Undoes a step that a person asked to undo, and writes down how it went. Asked again, a step that ended
    /// answers as before; a new request tries a failed or drifted one again.
    pub async fn undo(&self, task: &StepTask) -> Result<UndoOutcome, StepError> {
        let action = self.action(&task.action)?;
        let mut log = self.ledger.log(&task.incident).await?;
        let incident = self.checked(&log, task)?;
        let is_asked = matches!(&incident.undo, Undo::Running(steps) if steps.contains(&task.step));
        let Some(state) = incident.step(&task.step) else {
            return Err(StepError::Invalid {
                what: "the task",
                detail: format!("incident `{}` has no step `{}`", task.incident, task.step),
            });
        };
        match state.undo.clone() {
            Some(outcome) if !is_asked => return Ok(outcome),
            // It was asked for again by somebody who didn't know yet how it had ended.
            Some(outcome) if is_final(&outcome) => return self.end_undo(&mut log, task, outcome).await,
            None if !is_asked => {
                return Err(StepError::Refused {
                    guardrail: "undo-request".to_owned(),
                    reason: "the log holds no request to undo this step".to_owned(),
                });
            }
            _ => {}
        }
        let outcome = match self.what_to_undo(&log, &incident, task).await? {
            Err(outcome) => outcome,
            Ok(receipt) => {
                log.append(
                    &self.ledger,
                    Event::Undoing {
                        step: task.step.clone(),
                    },
                )
                .await?;
                let request = StepRequest {
                    accepted: incident.accepted.clone(),
                    attack_began: Some(attack_began::at_the_earliest(log.records(), &incident)),
                    ..logged_request(&task.incident, state, &task.target)
                };
                match action.undo(&Permit::to_undo(&receipt), &request, &receipt).await {
                    Ok(outcome) => outcome,
                    Err(error) if error.name().is_retryable() => return Err(error),
                    Err(error) => UndoOutcome::Failed {
                        error: error.name().as_str().to_owned(),
                        detail: error.to_string(),
                    },
                }
            }
        };
        self.end_undo(&mut log, task, outcome).await
    }

    /// The receipt of the step, if it is proven; else how the undo ends.
    async fn what_to_undo(
        &self,
        log: &IncidentLog,
        incident: &Incident,
        task: &StepTask,
    ) -> Result<Result<Receipt, UndoOutcome>, StepError> {
        if proof::begun(log.records(), &task.step).next().is_none() {
            return Ok(Err(UndoOutcome::NothingToUndo {
                reason: "the step changed nothing".to_owned(),
            }));
        }
        let (id, target) = (&task.incident, &incident.opened.target);
        let why = match self.proven(id, target, &task.step, log.records()).await {
            Ok(Some(plan)) => return Ok(Ok(plan.receipt.clone())),
            // Of what isn't there S3 may say no more than that it may not be read.
            Ok(None) => "isn't proven: the evidence bucket shows no proof of it".to_owned(),
            Err(error) if error.name().is_retryable() => return Err(error),
            Err(error) => format!("can't be proven: {error}"),
        };
        tracing::error!(incident = %id, step = %task.step, %why, "the step's receipt isn't followed");
        Ok(Err(UndoOutcome::Failed {
            error: ErrorName::Refused.as_str().to_owned(),
            detail: format!(
                "guardrail `receipt`: the log's receipt of this step {why}, so nothing was put back. Look at the target \
                 itself and restore it by hand; read the commands of this incident's log before you type one, for they \
                 are no better proven"
            ),
        }))
    }

    async fn end_undo(
        &self,
        log: &mut IncidentLog,
        task: &StepTask,
        outcome: UndoOutcome,
    ) -> Result<UndoOutcome, StepError> {
        let event = Event::UndoEnded {
            step: task.step.clone(),
            outcome: outcome.clone(),
        };
        log.append(&self.ledger, event).await?;
        Ok(outcome)
    }
}

/// Nothing is left to do for the step.
const fn is_final(outcome: &UndoOutcome) -> bool {
    matches!(
        outcome,
        UndoOutcome::Restored { .. } | UndoOutcome::NothingToUndo { .. }
    )
}

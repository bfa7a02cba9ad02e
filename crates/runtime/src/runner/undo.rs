//! Undoing one step from its receipt.

use backstop_core::{
    UndoOutcome,
    guardrail::Permit,
    log::{Event, receipt},
    task::StepTask,
};

use super::{Runner, order};
use crate::StepError;

impl Runner {
    /// Undoes a step and writes down how it went. A step that never acted has nothing to undo; one that was
    /// undone before answers the same again.
    pub async fn undo(&self, task: &StepTask) -> Result<UndoOutcome, StepError> {
        let action = self.action(&task.action)?;
        let mut log = self.ledger.log(&task.incident).await?;
        let incident = self.checked(&log, task)?;
        let before = incident.step(&task.step).and_then(|state| state.undo.clone());
        if let Some(outcome) = before.filter(|outcome| !matches!(outcome, UndoOutcome::Failed { .. })) {
            return Ok(outcome);
        }
        let outcome = match receipt(log.records(), &task.step).cloned() {
            None => UndoOutcome::NothingToUndo {
                reason: "the step changed nothing".to_owned(),
            },
            Some(receipt) => {
                log.append(
                    &self.ledger,
                    Event::Undoing {
                        step: task.step.clone(),
                    },
                )
                .await?;
                match action
                    .undo(&Permit::to_undo(&receipt), &order(task), &receipt)
                    .await
                {
                    Ok(outcome) => outcome,
                    Err(error) if error.name().is_retryable() => return Err(error),
                    Err(error) => UndoOutcome::Failed {
                        error: error.name().as_str().to_owned(),
                        detail: error.to_string(),
                    },
                }
            }
        };
        let event = Event::UndoEnded {
            step: task.step.clone(),
            outcome: outcome.clone(),
        };
        log.append(&self.ledger, event).await?;
        Ok(outcome)
    }
}

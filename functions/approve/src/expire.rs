//! Writes down that nobody decided in time.

use backstop_core::{IncidentId, incident::Question, log::Event};
use backstop_runtime::{IncidentLog, LedgerError, StepError, now};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{Approver, ask::a_step_waits};

/// The machine's clock runs out after the question's own; so much of a difference is no order past the machine.
const TOLERATED: SignedDuration = SignedDuration::from_mins(1);

impl Approver {
    /// Expires the open question, and says how it ended: a decision that came at the last moment stands, and the machine goes
    /// on with it. Else the notice that follows in the machine escalates. Where no step could be planned nobody was to be asked.
    pub(crate) async fn expire(&self, id: &IncidentId) -> Result<Value, StepError> {
        let mut log = self.ledger.log(id).await?;
        let incident = log.incident()?;
        match &incident.question {
            Some(question) if incident.decision.is_none() => {
                check_is_over(question)?;
                self.end(id, &mut log).await?;
            }
            Some(_) => {}
            None if a_step_waits(&incident) => {
                let reason = "the time to decide was over before the question could be written down";
                self.park(id, &mut log, reason.to_owned()).await?;
            }
            None => {}
        }
        Ok(json!({ "answer": log.incident()?.decision }))
    }

    async fn end(&self, id: &IncidentId, log: &mut IncidentLog) -> Result<(), StepError> {
        match log.append(&self.ledger, Event::ApprovalExpired).await {
            // Expired, or reached nobody: the log knows.
            Ok(()) => Ok(self.ledger.show_status(id, log.incident()?.status()).await?),
            // Somebody decided meanwhile.
            Err(LedgerError::Illegal(_)) => {
                *log = self.ledger.log(id).await?;
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Refuses to end a question early: whoever may invoke the function could have people find their decision taken away.
fn check_is_over(question: &Question) -> Result<(), StepError> {
    let is_over = question.expires_at <= now() + TOLERATED;
    is_over.then_some(()).ok_or_else(|| StepError::NotApplicable {
        reason: format!("people may decide until {}", question.expires_at),
    })
}

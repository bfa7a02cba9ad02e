//! Writes down that nobody decided in time.

use backstop_core::{IncidentId, incident::Question, log::Event};
use backstop_runtime::{StepError, now};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::Approver;

/// The machine's clock runs out after the question's own; so much of a difference is no order past the machine.
const TOLERATED: SignedDuration = SignedDuration::from_mins(1);

impl Approver {
    /// Expires the open question, and says how it ended: a decision that came at the last moment stands, and the machine goes
    /// on with it. Else the notice that follows in the machine escalates.
    pub(crate) async fn expire(&self, id: &IncidentId) -> Result<Value, StepError> {
        let mut log = self.ledger.log(id).await?;
        let incident = log.incident()?;
        if incident.decision.is_none() {
            incident.question.as_ref().map_or(Ok(()), check_is_over)?;
        }
        if incident.question.is_some() && incident.decision.is_none() {
            log.append(&self.ledger, Event::ApprovalExpired).await?;
            // Expired, or reached nobody: the log knows.
            self.ledger.show_status(id, log.incident()?.status()).await?;
        }
        if incident.question.is_none() {
            let reason = "the time to decide was over before the question could be written down";
            self.park(id, &mut log, reason.to_owned()).await?;
        }
        Ok(json!({ "answer": log.incident()?.decision }))
    }
}

/// Refuses to end a question early: whoever may invoke the function could have people find their decision taken away.
fn check_is_over(question: &Question) -> Result<(), StepError> {
    let is_over = now().saturating_add(TOLERATED).is_ok_and(|then| question.expires_at <= then);
    is_over.then_some(()).ok_or_else(|| StepError::NotApplicable {
        reason: format!("people may decide until {}", question.expires_at),
    })
}

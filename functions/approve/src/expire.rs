//! Writes down that nobody decided in time.

use backstop_core::{IncidentId, log::Event};
use backstop_runtime::StepError;
use serde_json::{Value, json};

use crate::Approver;

impl Approver {
    /// Expires the open question, and says how it ended: a decision that came at the last moment stands, and the machine goes
    /// on with it. Else the notice that follows in the machine escalates.
    pub(crate) async fn expire(&self, id: &IncidentId) -> Result<Value, StepError> {
        let mut log = self.ledger.log(id).await?;
        let incident = log.incident()?;
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

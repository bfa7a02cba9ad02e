//! Pages people while there is still time to decide, since nobody has.

use backstop_core::{IncidentId, notice, sweep::unreminded};
use backstop_runtime::{StepError, ledger::PendingApproval, now};
use serde_json::{Value, json};

use crate::Approver;

impl Approver {
    /// The machine waits anew from here on, so that the token that it waits with now is kept first. Whoever decided in the
    /// moment in which nothing waited wrote it down before reading the token: it is found in the log that is read after that,
    /// and the machine goes on with it instead of waiting.
    pub(crate) async fn remind(&self, id: &IncidentId, task_token: String) -> Result<Value, StepError> {
        let question = self.ledger.log(id).await?.incident()?.question;
        let plan_hash = question.ok_or_else(nobody_waits)?.plan_hash;
        let pending = PendingApproval {
            plan_hash,
            task_token,
        };
        self.ledger.put_approval(id, &pending).await?;
        let log = self.ledger.log(id).await?;
        let (incident, now) = (log.incident()?, now());
        let is_open = incident.decision.is_none()
            && incident
                .question
                .as_ref()
                .is_some_and(|question| now < question.expires_at);
        if !is_open {
            return Err(nobody_waits());
        }
        if let Some((question, asked_at)) = unreminded(&incident, log.records(), now) {
            let notice = notice::reminder(id, &incident, question, asked_at);
            self.hand_over(id, &notice).await?;
        }
        Ok(json!({ "reminded": pending.plan_hash.short() }))
    }
}

fn nobody_waits() -> StepError {
    StepError::NotApplicable {
        reason: "nothing waits for a decision any more".to_owned(),
    }
}

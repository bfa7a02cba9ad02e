//! Asks people to decide on the plan that the log holds.

use backstop_core::{
    IncidentId,
    incident::{Incident, Status, StepState},
    log::Event,
    message,
};
use backstop_runtime::{StepError, ledger::PendingApproval, now};
use jiff::ToSpan;
use serde_json::{Value, json};

use crate::Approver;

/// How much earlier people's time ends than the machine's.
const MARGIN_SECONDS: u64 = 30;

impl Approver {
    /// Keeps the task token, writes the question to the log, and tells people. Run again after a crash, the
    /// newest token is the one that resumes the machine, and what people have said of the plan stands.
    pub(crate) async fn ask(
        &self,
        id: &IncidentId,
        task_token: String,
        expires_in_seconds: u64,
    ) -> Result<Value, StepError> {
        let mut log = self.ledger.log(id).await?;
        let incident = log.incident()?;
        let (plan_hash, _) = incident.plan_hashes().map_err(|error| StepError::Invalid {
            what: "the plan",
            detail: error.to_string(),
        })?;
        let waits = |state: &&StepState| state.plan.is_some() && state.outcome.is_none();
        if !incident.contain_steps().any(|state| waits(&state)) {
            return Err(StepError::NotApplicable {
                reason: "no step could be planned, so there is nothing to approve".to_owned(),
            });
        }
        // The machine's own clock started before this function did: nobody may approve what it gave up.
        let seconds = i64::try_from(expires_in_seconds.saturating_sub(MARGIN_SECONDS)).unwrap_or(i64::MAX);
        let expires_at = now()
            .checked_add(seconds.seconds())
            .map_err(|error| StepError::Invalid {
                what: "the task's `expires_in_seconds`",
                detail: error.to_string(),
            })?;
        let needed = people_needed(&incident);
        let question = message::question(id, &incident, &plan_hash, needed, expires_at);
        let pending = PendingApproval {
            plan_hash: plan_hash.clone(),
            task_token,
        };
        self.ledger.put_approval(id, &pending).await?;
        let is_asked = incident.decision.is_none()
            && incident
                .question
                .as_ref()
                .is_some_and(|question| question.plan_hash == plan_hash);
        if !is_asked {
            let event = Event::ApprovalRequested {
                plan_hash: plan_hash.clone(),
                expires_at,
                needed,
                body: Some(question.body.clone()),
            };
            log.append(&self.ledger, event).await?;
        }
        self.ledger.show_status(id, Status::AwaitingApproval).await?;
        self.tell(id, &log.incident()?, &question).await?;
        Ok(json!({ "asked": plan_hash.short() }))
    }

    /// One notice for each question; for those beyond the hourly limit, one notice an hour for all.
    async fn tell(
        &self,
        id: &IncidentId,
        incident: &Incident,
        question: &message::Message,
    ) -> Result<(), StepError> {
        let opened = &incident.opened;
        let limit = opened
            .guardrails
            .iter()
            .find(|decision| decision.guardrail == "limit");
        let message = match limit {
            None => question.clone(),
            Some(decision) => {
                let (account, hour) = (&opened.target.account, incident.opened_at);
                if !self
                    .ledger
                    .claim_limit_notice(id, &opened.playbook, account, hour)
                    .await?
                {
                    tracing::info!(incident = %id, "beyond the limit: covered by the hour's one notice");
                    return Ok(());
                }
                message::limit_reached(incident, decision)
            }
        };
        match self.alerts.publish(&message).await {
            Ok(message_id) => tracing::info!(incident = %id, message_id, "asked for a decision"),
            Err(error) if error.name.is_retryable() => return Err(error.into()),
            // The question stands and lists show it; giving the incident up would be worse.
            Err(error) => tracing::error!(incident = %id, %error, "nobody could be told of the question"),
        }
        Ok(())
    }
}

/// High-impact steps want two different people.
fn people_needed(incident: &Incident) -> u8 {
    let high = incident.asked_about().any(|state| {
        state.step.high_impact && state.plan.as_ref().is_some_and(|plan| !plan.changes.is_empty())
    });
    if high { 2 } else { 1 }
}

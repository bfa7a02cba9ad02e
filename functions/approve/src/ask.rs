//! Asks people to decide on the plan that the log holds.

use backstop_core::{
    IncidentId, NoticeKey,
    incident::{HAND_OVER, Incident, Question, Status, StepState},
    log::Event,
    notice::{self, Notice},
    task::APPROVAL_MARGIN_SECONDS,
};
use backstop_runtime::{IncidentLog, StepError, ledger::PendingApproval, now, outbox::HandOverError};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::Approver;

impl Approver {
    /// Keeps the task token, writes the question to the log, and has people notified. Run again after a crash, the
    /// newest token is the one that resumes the machine, and what people have said of the plan stands: if it is decided, this
    /// is refused, and the machine takes the answer from the log.
    pub(crate) async fn ask(
        &self,
        id: &IncidentId,
        task_token: String,
        expires_in_seconds: u64,
    ) -> Result<Value, StepError> {
        let mut log = self.ledger.log(id).await?;
        let incident = log.incident()?;
        let (plan_hash, step_hashes) = incident.plan_hashes().map_err(|error| StepError::Invalid {
            what: "the plan",
            detail: error.to_string(),
        })?;
        if !a_step_waits(&incident) {
            return Err(StepError::NotApplicable {
                reason: "no step could be planned, so there is nothing to approve".to_owned(),
            });
        }
        let pending = PendingApproval {
            plan_hash: plan_hash.clone(),
            task_token,
        };
        self.ledger.put_approval(id, &pending).await?;
        // Whoever decided in the moment in which nothing waited wrote it down before reading the token.
        log.catch_up(&self.ledger).await?;
        let incident = log.incident()?;
        let is_asked = incident
            .question
            .as_ref()
            .is_some_and(|question| question.plan_hash == plan_hash);
        if is_asked && incident.decision.is_some() {
            return Err(StepError::NotApplicable {
                reason: "this plan is decided".to_owned(),
            });
        }
        if !is_asked {
            let asked = Question {
                // Its key follows from the record that is written now; the text needs none.
                notice: NoticeKey::default(),
                plan_hash: plan_hash.clone(),
                step_hashes,
                expires_at: expires_at(expires_in_seconds)?,
                needed: people_needed(&incident),
            };
            self.write(id, &mut log, &incident, asked).await?;
        }
        self.ledger.show_status(id, Status::AwaitingApproval).await?;
        self.notify(id, &log.incident()?).await?;
        Ok(json!({ "asked": plan_hash.short() }))
    }

    /// The log keeps the text with the question.
    async fn write(
        &self,
        id: &IncidentId,
        log: &mut IncidentLog,
        incident: &Incident,
        asked: Question,
    ) -> Result<(), StepError> {
        let text = notice::mail(&notice::question(id, incident, &asked)).body;
        let event = Event::ApprovalRequested {
            plan_hash: asked.plan_hash,
            expires_at: asked.expires_at,
            needed: asked.needed,
            body: Some(text),
        };
        log.append(&self.ledger, event).await?;
        Ok(())
    }

    /// One notice for each question. Beyond the hourly limit one notice an hour for all but what is high or critical, or
    /// cheap decoys could silence it; the sweep lists the rest by severity.
    async fn notify(&self, id: &IncidentId, incident: &Incident) -> Result<(), StepError> {
        let Some(notice) = self.notice(id, incident).await? else {
            tracing::info!(incident = %id, "beyond the limit: covered by the hour's one notice");
            return Ok(());
        };
        self.hand_over(id, &notice).await
    }

    pub(crate) async fn hand_over(&self, id: &IncidentId, notice: &Notice) -> Result<(), StepError> {
        match self.outbox.hand_over(&self.ledger, notice).await {
            Ok(()) => tracing::info!(incident = %id, notice = %notice.key, "a decision is asked for"),
            Err(HandOverError::Ledger(error)) => return Err(error.into()),
            Err(HandOverError::Call(error)) if error.name.is_retryable() => return Err(error.into()),
            // The question stands, lists show it, and the sweep hands the notice over again; giving the incident up
            // would be worse.
            Err(HandOverError::Call(error)) => {
                tracing::error!(incident = %id, %error, "nobody could be notified of the question yet");
                self.write_failure(id, notice, &error).await?;
            }
        }
        Ok(())
    }

    async fn notice(&self, id: &IncidentId, incident: &Incident) -> Result<Option<Notice>, StepError> {
        let limit = incident.limit().filter(|_| !incident.is_asked_by_itself());
        let Some(decision) = limit else {
            let question = incident.question.as_ref();
            return Ok(question.map(|question| notice::question(id, incident, question)));
        };
        let claimed = self
            .ledger
            .claim_limit_notice(id, &incident.opened, incident.opened_at)
            .await?;
        Ok(claimed.then(|| notice::limit_reached(id, incident, decision)))
    }

    async fn write_failure(
        &self,
        id: &IncidentId,
        notice: &Notice,
        error: &backstop_runtime::CallError,
    ) -> Result<(), StepError> {
        let mut log = self.ledger.log(id).await?;
        let event = Event::NotNotified {
            channel: HAND_OVER.to_owned(),
            about: notice.about,
            notice: notice.key.clone(),
            error: error.name.as_str().to_owned(),
            detail: error.to_string(),
        };
        log.append(&self.ledger, event).await?;
        Ok(())
    }
}

/// Whether there is something to decide on.
pub(crate) fn a_step_waits(incident: &Incident) -> bool {
    let waits = |state: &StepState| state.plan.is_some() && state.outcome.is_none();
    incident.contain_steps().any(waits)
}

/// The machine's own clock started before this function did: nobody may approve what it gave up.
fn expires_at(expires_in_seconds: u64) -> Result<Timestamp, StepError> {
    let seconds =
        i64::try_from(expires_in_seconds.saturating_sub(APPROVAL_MARGIN_SECONDS)).unwrap_or(i64::MAX);
    now()
        .checked_add(seconds.seconds())
        .map_err(|error| StepError::Invalid {
            what: "the task's `expires_in_seconds`",
            detail: error.to_string(),
        })
}

/// High-impact steps want two different people.
fn people_needed(incident: &Incident) -> u8 {
    let high = incident.asked_about().any(|state| {
        state.step.high_impact && state.plan.as_ref().is_some_and(|plan| !plan.changes.is_empty())
    });
    if high { 2 } else { 1 }
}

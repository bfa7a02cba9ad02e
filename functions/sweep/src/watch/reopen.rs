//! What doesn't hold any more: intake decides whether it is contained again, the log says who changed it, and people are paged.

use backstop_core::{
    IncidentId,
    incident::{Incident, Status},
    notice::confirmation,
    sweep::ContainmentReverted,
    task::{CloseTask, InvestigateTask, LookBackTask, VerifyTask},
};
use backstop_runtime::{CallError, LedgerError, functions::AskError, now, playbooks};
use serde_json::Value;
use tokio::time::Instant;

use crate::{Sweep, report::Report};

/// What keeps an incident from being opened again.
#[derive(Debug, thiserror::Error)]
enum ReopenError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Ask(#[from] AskError),
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("a message can't be made")]
    Message(#[from] serde_json::Error),
}

impl Sweep {
    /// Containing again never waits for who it was: intake is told of all first.
    pub(super) async fn reopen_all(&self, gone: Vec<IncidentId>, until: Instant, report: &mut Report) {
        for id in &gone {
            report.reverted += 1;
            if let Err(error) = self.tell_intake(id).await {
                report.failed(&format!("telling intake that incident {id} doesn't hold"), &error);
            }
        }
        for id in gone {
            // Until its log says so, the next run finds it again.
            if Instant::now() >= until {
                report.unfinished.push(format!("who changed incident {id}"));
                continue;
            }
            if let Err(error) = self.reopen(&id, report).await {
                report.failed(&format!("opening incident {id} again"), &error);
            }
        }
    }

    /// What is open again, by its log: intake and people hear of it once.
    pub(super) async fn hand_over_reopened(&self, id: &IncidentId, report: &mut Report) {
        if let Err(error) = self.finish_reopening(id, report).await {
            report.failed(&format!("telling that incident {id} doesn't hold"), &error);
        }
    }

    /// Whoever wrote the verdict may have died right after: before people were paged, Security Hub told, or the evidence kept.
    /// What was done of it isn't done again.
    async fn finish_reopening(&self, id: &IncidentId, report: &mut Report) -> Result<(), ReopenError> {
        self.tell_intake(id).await?;
        let incident = self.ledger.log(id).await?.incident()?;
        self.page_reopened(id, &incident, report).await?;
        self.closer.finish(id).await?;
        // Intake has it: the incident that follows is watched instead.
        Ok(self.ledger.note_watch_over(id, now()).await?)
    }

    async fn page_reopened(
        &self,
        id: &IncidentId,
        incident: &Incident,
        report: &mut Report,
    ) -> Result<(), LedgerError> {
        if let Some(notice) = confirmation(id, incident, playbooks()) {
            self.hand_over(&notice, report).await?;
        }
        Ok(())
    }

    async fn tell_intake(&self, id: &IncidentId) -> Result<(), ReopenError> {
        let body = serde_json::to_string(&ContainmentReverted::of(id.clone()))?;
        let sent = self
            .sqs
            .send_message()
            .queue_url(&self.queue_url)
            .message_body(body)
            .send();
        sent.await
            .map_err(CallError::of("sqs:SendMessage", "the intake queue"))?;
        Ok(())
    }

    async fn reopen(&self, id: &IncidentId, report: &mut Report) -> Result<(), ReopenError> {
        let target = self.ledger.log(id).await?.incident()?.opened.target;
        let look_back = InvestigateTask::LookBack(LookBackTask::LookBack(VerifyTask {
            incident: id.clone(),
            target,
        }));
        // That it doesn't hold is known without it.
        if let Err(error) = self.functions.ask::<Value>("investigate", &look_back).await {
            report.failed(&format!("looking for who changed incident {id}"), &error);
        }
        let confirm = CloseTask::Confirm { incident: id.clone() };
        self.functions.ask::<Value>("close", &confirm).await?;
        let incident = self.ledger.log(id).await?.incident()?;
        if incident.status() != Status::Reopened {
            tracing::warn!(incident = %id, status = %incident.status(), "didn't hold, and isn't open again");
            return Ok(());
        }
        tracing::warn!(incident = %id, "doesn't hold any more");
        self.page_reopened(id, &incident, report).await?;
        Ok(self.ledger.note_watch_over(id, now()).await?)
    }
}

#[cfg(test)]
mod tests;

//! The log that a task is about.

use backstop_core::{incident::Incident, task::VerifyTask};

use crate::{IncidentLog, Ledger, StepError};

impl Ledger {
    /// The log and the state of the task's incident, if it was opened with the task's target: whoever invokes a function names
    /// both.
    pub async fn log_of(&self, task: &VerifyTask) -> Result<(IncidentLog, Incident), StepError> {
        let log = self.log(&task.incident).await?;
        let incident = log.incident()?;
        if incident.opened.target == task.target {
            return Ok((log, incident));
        }
        Err(StepError::Invalid {
            what: "the task",
            detail: format!(
                "the target isn't the one incident `{}` was opened with",
                task.incident
            ),
        })
    }
}

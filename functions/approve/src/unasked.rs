//! Parks an incident about which people couldn't be asked: it needs one who finds it, since none was told.

use backstop_core::{IncidentId, incident::Status, log::Event};
use backstop_runtime::{IncidentLog, StepError};
use serde_json::{Value, json};

use crate::Approver;

impl Approver {
    /// The incident is stuck: lists show it so, the notice that follows says it, and the sweep pages.
    pub(crate) async fn unasked(&self, id: &IncidentId, reason: String) -> Result<Value, StepError> {
        let mut log = self.ledger.log(id).await?;
        self.park(id, &mut log, reason).await?;
        Ok(json!({ "asked": false }))
    }

    /// Once: run again, what is written stands. A decision that was made all the same stands, too.
    pub(crate) async fn park(
        &self,
        id: &IncidentId,
        log: &mut IncidentLog,
        reason: String,
    ) -> Result<(), StepError> {
        let incident = log.incident()?;
        if incident.stuck.is_some() || incident.decision.is_some() {
            return Ok(());
        }
        let what = match incident.question {
            Some(_) => "NOBODY CAN DECIDE ANY MORE",
            None => "NOBODY WAS ASKED",
        };
        let stuck = Event::Stuck {
            during: "asking people to decide".to_owned(),
            reason: format!("{what}, and nothing was done: {reason}"),
            commands: Vec::new(),
        };
        log.append(&self.ledger, stuck).await?;
        self.ledger.show_status(id, Status::Stuck).await?;
        tracing::error!(incident = %id, "nobody could be asked");
        Ok(())
    }
}

//! The task token of an open question: a secret that never enters the log.

use backstop_actions::permissions::dynamodb;
use backstop_core::{Hash, IncidentId};
use serde::{Deserialize, Serialize};

use super::{
    Ledger, LedgerError, incident_pk,
    item::{get_json, text},
};
use crate::CallError;

/// What resumes a waiting machine.
#[derive(Clone, Serialize, Deserialize)]
pub struct PendingApproval {
    /// The plan that the machine waits with.
    pub plan_hash: Hash,
    /// Step Functions' task token.
    pub task_token: String,
}

impl Ledger {
    /// Keeps the token until people have decided; a newer question replaces an older one.
    pub async fn put_approval(
        &self,
        incident: &IncidentId,
        pending: &PendingApproval,
    ) -> Result<(), LedgerError> {
        let json = serde_json::to_string(pending).map_err(|error| LedgerError::Unwritable {
            what: "an approval",
            detail: error.to_string(),
        })?;
        self.client
            .put_item()
            .table_name(&self.table)
            .item("pk", text(incident_pk(incident)))
            .item("sk", text("APPROVAL"))
            .item("approval", text(json))
            .send()
            .await
            .map_err(CallError::of(
                dynamodb::PUT_ITEM,
                format!("the question of incident `{incident}`"),
            ))?;
        Ok(())
    }

    /// The open question's token, if there is one.
    pub async fn approval(&self, incident: &IncidentId) -> Result<Option<PendingApproval>, LedgerError> {
        let item = self.item(incident, "APPROVAL", "the question").await?;
        item.map(|item| get_json(&item, "approval")).transpose()
    }
}

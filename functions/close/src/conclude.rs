//! Computes the status from the log and writes it down. The log's own `closed` is what releases the target: whoever
//! meets its lock next reads it there.

use backstop_core::{IncidentId, hub_update::HubUpdate, incident::Incident, log::Event};
use backstop_runtime::{Ledger, StepError};
use serde_json::{Value, json};

use crate::hub::Hub;

/// Closes the incident. Run again, it finishes what a run that died left undone.
pub(crate) async fn close(ledger: &Ledger, hub: &Hub, incident_id: &IncidentId) -> Result<Value, StepError> {
    let mut log = ledger.log(incident_id).await?;
    let incident = log.incident()?;
    if incident.closed.is_none() {
        let status = incident.conclusion();
        log.append(ledger, Event::Closed { status }).await?;
        give_back(ledger, &incident).await;
        // A step that began meanwhile wrote to a chain of its own: what it did counts.
        log = ledger.log(incident_id).await?;
    }
    let status = log.incident()?.status();
    ledger.show_status(incident_id, status).await?;
    tracing::info!(incident = %incident_id, %status, "closed");
    let update = HubUpdate::of(incident_id, &log.incident()?, log.records());
    if let Some(update) = update {
        let told = hub.tell(&update).await;
        log.append(ledger, told).await?;
    }
    Ok(json!({ "incident": incident_id, "status": status }))
}

/// What wasn't there to be contained doesn't count against the hour's limit. Only by whoever closes, so that it is taken
/// back once; should that fail, one target less is contained in this hour without a person.
async fn give_back(ledger: &Ledger, incident: &Incident) {
    if incident.is_counted_in_vain()
        && let Err(error) = ledger.uncount(&incident.opened, incident.opened_at).await
    {
        tracing::error!(%error, "what wasn't there stays counted against the hour's limit");
    }
}

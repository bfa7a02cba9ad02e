//! Computes the status from the log, writes it down, and releases the target.

use backstop_core::{IncidentId, log::Event};
use backstop_runtime::{Ledger, StepError};
use serde_json::{Value, json};

/// Closes the incident. Run again, it finishes what a run that died left undone.
pub(crate) async fn close(ledger: &Ledger, incident_id: &IncidentId) -> Result<Value, StepError> {
    let mut log = ledger.log(incident_id).await?;
    let incident = log.incident()?;
    let (status, at) = match incident.closed {
        Some(closed) => closed,
        None => {
            let status = incident.conclusion();
            let record = log.append(ledger, Event::Closed { status }).await?;
            (status, record.at)
        }
    };
    ledger.show_status(incident_id, status).await?;
    let opened = &incident.opened;
    ledger.mark_closed(incident_id, opened, at).await?;
    tracing::info!(incident = %incident_id, %status, "closed");
    Ok(json!({ "incident": incident_id, "status": status }))
}

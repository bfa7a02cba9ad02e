//! Computes the status from the log and writes it down. The log's own `closed` is what releases the target: whoever
//! meets its lock next reads it there.

use backstop_core::{
    IncidentId,
    hub_update::HubUpdate,
    incident::{Incident, Status},
    log::Event,
    task::Closed,
};
use backstop_runtime::{IncidentLog, Ledger, StepError};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::hub::Hub;

/// Who says that the incident is at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// Whoever gave the order; a machine, if nobody else may.
    ByOrder,
    /// Step Functions, of an execution that has ended.
    ByStepFunctions,
}

/// Closes the incident, and says when what contains it is to be read a second time: so long after it was contained. Run
/// again, it finishes what a run that died left undone.
pub(crate) async fn close(
    ledger: &Ledger,
    hub: &Hub,
    incident_id: &IncidentId,
    told: Told,
    confirm_after: SignedDuration,
) -> Result<Closed, StepError> {
    let mut log = ledger.log(incident_id).await?;
    let incident = log.incident()?;
    if incident.closed.is_none() {
        if told == Told::ByOrder && incident.status() == Status::AwaitingApproval {
            return Err(still_asked(incident_id));
        }
        let status = incident.conclusion();
        log.append(ledger, Event::Closed { status }).await?;
        give_back(ledger, &incident).await;
        // A step that began meanwhile wrote to a chain of its own: what it did counts.
        log = ledger.log(incident_id).await?;
    }
    let incident = log.incident()?;
    let status = incident.status();
    ledger.show_status(incident_id, status).await?;
    tracing::info!(incident = %incident_id, %status, "closed");
    tell_hub(ledger, hub, &mut log).await?;
    Ok(Closed {
        incident: incident_id.clone(),
        status,
        look_again_at: look_again_at(&incident, confirm_after)?,
    })
}

/// A machine writes down what came of its question before it closes. Should it have failed to, this fails its execution,
/// which is then closed as one that died; somebody else's order takes the decision from nobody.
fn still_asked(incident: &IncidentId) -> StepError {
    tracing::error!(%incident, "ordered to close what people are still asked about: nothing is closed");
    StepError::Invalid {
        what: "the order to close",
        detail: format!("people are asked about incident {incident}, and nobody has decided"),
    }
}

/// What the second reading showed, once, or that what was read later doesn't hold; run again, it finishes what a run that
/// died left undone. What is undone or released meanwhile is confirmed by nobody.
pub(crate) async fn confirm(ledger: &Ledger, hub: &Hub, id: &IncidentId) -> Result<Value, StepError> {
    let mut log = ledger.log(id).await?;
    let incident = log.incident()?;
    if let Some(verdict) = incident.verdict_due() {
        log.append(ledger, verdict.into_event()).await?;
    }
    let status = log.incident()?.status();
    ledger.show_status(id, status).await?;
    tracing::info!(incident = %id, %status, "looked at again");
    tell_hub(ledger, hub, &mut log).await?;
    Ok(json!({ "incident": id, "status": status }))
}

async fn tell_hub(ledger: &Ledger, hub: &Hub, log: &mut IncidentLog) -> Result<(), StepError> {
    if let Some(update) = HubUpdate::of(log.id(), &log.incident()?, log.records()) {
        let told = hub.tell(&update).await;
        log.append(ledger, told).await?;
    }
    Ok(())
}

/// In whole seconds, as the machine waits.
fn look_again_at(incident: &Incident, confirm_after: SignedDuration) -> Result<Option<Timestamp>, StepError> {
    let contained_at = incident
        .contained_at()
        .filter(|_| incident.awaits_second_reading());
    let Some(contained_at) = contained_at else {
        return Ok(None);
    };
    let at = contained_at.checked_add(confirm_after);
    let at = at.and_then(|at| Timestamp::from_second(at.as_second()));
    at.map(Some).map_err(|error| StepError::Invalid {
        what: "when to look again",
        detail: error.to_string(),
    })
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

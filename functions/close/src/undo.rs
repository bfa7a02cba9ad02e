//! The end of an undo: what its function couldn't write down, and the commands that finish a stuck one.

use backstop_core::{
    IncidentId, StepId, UndoOutcome,
    incident::{Incident, Status, StepState, Undo},
    log::Event,
};
use backstop_runtime::{Ledger, StepError};
use serde_json::{Value, json};

use crate::record_failure::detail;

/// Writes down that undoing a step failed, unless the log knows how it ended.
pub(crate) async fn record_failure(
    ledger: &Ledger,
    id: &IncidentId,
    step: &StepId,
    error: &str,
    cause: &str,
) -> Result<Value, StepError> {
    let mut log = ledger.log(id).await?;
    let known = log
        .incident()?
        .step(step)
        .is_some_and(|state| state.undo.is_some());
    if !known {
        tracing::warn!(incident = %id, %step, error, "undo of a step failed outside its function");
        let outcome = UndoOutcome::Failed {
            error: error.to_owned(),
            detail: detail(cause),
        };
        log.append(
            ledger,
            Event::UndoEnded {
                step: step.clone(),
                outcome,
            },
        )
        .await?;
    }
    Ok(json!({ "step": step }))
}

/// Says how the undo ended. What failed, was cut off or drifted makes the incident `stuck`: a person must look at it.
pub(crate) async fn finish(ledger: &Ledger, id: &IncidentId) -> Result<Value, StepError> {
    let mut log = ledger.log(id).await?;
    let incident = log.incident()?;
    let left: Vec<String> = unfinished(&incident)
        .map(|(title, why)| format!("\"{title}\": {why}"))
        .collect();
    if !left.is_empty() && incident.stuck.is_none() {
        let event = Event::Stuck {
            during: "undo".to_owned(),
            reason: left.join("; "),
            commands: commands(&incident),
        };
        log.append(ledger, event).await?;
    }
    let status: Status = log.incident()?.status();
    ledger.show_status(id, status).await?;
    Ok(json!({ "incident": id, "status": status }))
}

/// The steps that a person must look at, and why.
fn unfinished(incident: &Incident) -> impl Iterator<Item = (&str, &str)> {
    incident.steps.iter().filter_map(|state| {
        let why = match &state.undo {
            _ if is_cut_off(incident, state) => "the undo was cut off",
            Some(UndoOutcome::Failed { detail, .. }) => detail,
            Some(UndoOutcome::Drifted { found }) => found,
            _ => return None,
        };
        Some((state.step.title.as_str(), why))
    })
}

/// Still waiting for its undo, though the machine that was to do it has ended.
fn is_cut_off(incident: &Incident, state: &StepState) -> bool {
    matches!(&incident.undo, Undo::Running(waiting) if waiting.contains(&state.step.step))
}

fn has_failed(state: &StepState) -> bool {
    matches!(&state.undo, Some(UndoOutcome::Failed { .. })) && !state.is_undo_refused()
}

/// The commands of the steps whose undo failed or was cut off, last made first. A drifted step gets none: what to do
/// there depends on who changed it and why. Nor does one whose undo was refused: either it would do harm, or its receipt
/// isn't proven, and its commands come from the same record: nobody must be led to type what a forger wrote.
fn commands(incident: &Incident) -> Vec<String> {
    incident
        .steps
        .iter()
        .rev()
        .filter(|state| is_cut_off(incident, state) || has_failed(state))
        .filter_map(|state| state.plan.as_ref())
        .flat_map(|plan| plan.manual_undo.iter().cloned())
        .collect()
}

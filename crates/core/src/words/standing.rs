//! How an incident stands, as far as its log tells: of one that is undone, what isn't back, and until when.

use super::status;
use crate::{
    incident::{Incident, StepState},
    outcome::UndoOutcome,
    status::Status,
};

/// The status as a sentence about this incident.
pub fn standing(incident: &Incident, of: Status) -> String {
    if of != Status::Undone {
        return status(of).to_owned();
    }
    let left: Vec<String> = incident.steps.iter().filter_map(left).collect();
    if !left.is_empty() {
        return format!("undone, but for: {}", left.join("; "));
    }
    let is_back = |state: &StepState| matches!(state.undo, Some(UndoOutcome::Restored { .. }));
    let mut changed = incident.steps.iter().filter(|state| state.changed_something());
    if changed.all(is_back) {
        "undone: what was changed is back".to_owned()
    } else {
        status(of).to_owned()
    }
}

/// What isn't back of a step.
fn left(state: &StepState) -> Option<String> {
    let title = &state.step.title;
    match &state.undo {
        Some(UndoOutcome::KeptOff { .. }) => Some(format!("\"{title}\", which stays on purpose")),
        Some(UndoOutcome::KeptUntil { until, .. }) => {
            Some(format!("\"{title}\", of which a part stays until {until}"))
        }
        Some(UndoOutcome::Drifted { .. } | UndoOutcome::Failed { .. }) => {
            Some(format!("\"{title}\", whose undo a person must finish"))
        }
        Some(UndoOutcome::Restored { .. } | UndoOutcome::NothingToUndo { .. }) => None,
        None => state
            .changed_something()
            .then(|| format!("\"{title}\", which nobody asked to undo")),
    }
}

#[cfg(test)]
mod tests;

//! The notice after an undo: what is back, what stays off, and what a person must finish.

use super::{Message, section, subject};
use crate::{
    ids::IncidentId,
    incident::{Incident, Status, StepState},
    outcome::UndoOutcome,
};

/// The notice for an incident whose undo has ended.
pub fn undone(id: &IncidentId, incident: &Incident) -> Message {
    let target = &incident.opened.target;
    let (word, headline) = match incident.status() {
        Status::Undone => ("UNDONE", format!("What was done to {target} is undone.")),
        _ => (
            "UNDO STUCK, act now",
            format!("The undo of what was done to {target} is NOT complete."),
        ),
    };
    let steps: Vec<String> = incident.steps.iter().filter_map(line).collect();
    let mut body = format!("{headline}\nincident {id}\n\n");
    body.push_str(&section("How each step ended", &steps));
    body.push_str(&section("To finish it by hand", &incident.stuck_commands));
    let mut next = vec![format!("see everything: backstop incidents show {id}")];
    if incident.status() == Status::Stuck {
        next.push(format!(
            "try again what failed or had drifted: backstop undo {id}"
        ));
    }
    if incident
        .steps
        .iter()
        .any(|state| matches!(state.undo, Some(UndoOutcome::KeptUntil { .. })))
    {
        next.push(format!(
            "end what is kept off until a time, once it has passed: backstop undo {id}"
        ));
    }
    next.push("the same finding won't act on this target by itself again".to_owned());
    body.push_str(&section("What to do next", &next));
    Message {
        subject: subject(incident, word),
        body,
    }
}

fn line(state: &StepState) -> Option<String> {
    let title = &state.step.title;
    Some(match state.undo.as_ref()? {
        UndoOutcome::Restored { what } => format!("{title}: {what}"),
        UndoOutcome::NothingToUndo { reason } => format!("{title}: nothing to undo, {reason}"),
        UndoOutcome::KeptOff { reason } => format!("{title}: left off on purpose, {reason}"),
        UndoOutcome::KeptUntil { until, what } => format!("{title}: {what}, until {until}"),
        UndoOutcome::Drifted { found } => format!("{title}: NOT TOUCHED, someone changed it since: {found}"),
        UndoOutcome::Failed { error, detail } => format!("{title}: FAILED, {error}: {detail}"),
    })
}

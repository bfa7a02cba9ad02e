//! What each step changed, now → after, how that is proven, and what puts it back.

use backstop_core::{
    IncidentId, Outcome, UndoOutcome,
    incident::{Incident, StepState},
    words,
};
use serde::Serialize;

use crate::{
    harmless::{clean, command},
    timeline::Tone,
};

/// One step of the playbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The step as a sentence.
    pub title: String,
    /// Its phase.
    pub phase: &'static str,
    /// How it ended.
    pub how: String,
    /// How it is drawn.
    pub tone: Tone,
    /// What was read back.
    pub observed: Option<String>,
    /// What it changed, or would.
    pub changes: Vec<Change>,
    /// What puts it back; absent where nothing was changed.
    pub undo: Option<Undo>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The call that makes it.
    pub api: String,
    /// What is changed.
    pub what: String,
    /// The value before.
    pub now: String,
    /// The value after.
    pub after: String,
}

/// How a step is put back, or was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Undo {
    /// How its undo ended, if it was undone.
    pub ended: Option<String>,
    /// What to type; absent once it is undone.
    pub command: Option<String>,
    /// AWS CLI lines that do it without Backstop; empty where undo leaves things off on purpose.
    pub by_hand: Vec<String>,
}

pub(crate) fn steps(id: &IncidentId, incident: &Incident) -> Vec<Step> {
    incident
        .steps
        .iter()
        .map(|state| step(id, incident, state))
        .collect()
}

fn step(id: &IncidentId, incident: &Incident, state: &StepState) -> Step {
    let how = words::outcome(state, incident.opened.mode, incident.closed.is_some());
    let plan = state.plan.as_ref().filter(|_| state.shows_changes());
    let changes = plan.map(|plan| plan.changes.iter().map(change).collect());
    Step {
        title: clean(&state.step.title),
        phase: words::phase(state.step.phase),
        how: clean(&how),
        tone: tone(state),
        observed: state.verification.as_ref().map(|read| clean(&read.observed)),
        changes: changes.unwrap_or_default(),
        undo: undo(id, state),
    }
}

fn change(change: &backstop_core::Change) -> Change {
    Change {
        api: clean(&change.api),
        what: clean(&change.what),
        now: clean(&change.now),
        after: clean(&change.after),
    }
}

fn tone(state: &StepState) -> Tone {
    match &state.outcome {
        Some(Outcome::Done | Outcome::Already) if state.is_proven() || words::is_kept(state) => Tone::Good,
        Some(Outcome::Skipped { .. }) => Tone::Plain,
        None if !state.acted => Tone::Plain,
        _ => Tone::Bad,
    }
}

fn undo(id: &IncidentId, state: &StepState) -> Option<Undo> {
    if !state.changed_something() {
        return None;
    }
    let is_open = matches!(
        state.undo,
        None | Some(UndoOutcome::Failed { .. } | UndoOutcome::Drifted { .. })
    );
    Some(Undo {
        ended: state.undo.as_ref().map(|ended| clean(&words::undo(ended))),
        command: is_open.then(|| command(&format!("backstop undo {id} --step {}", state.step.step))),
        by_hand: if is_open {
            state.manual_undo().iter().map(|line| command(line)).collect()
        } else {
            Vec::new()
        },
    })
}

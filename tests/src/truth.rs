//! What the log and the notices of an incident say, held against the account.

use backstop_core::{
    IncidentId, Outcome,
    incident::{Incident, StepState},
    log::receipt,
};
use backstop_runtime::IncidentLog;

use crate::{KnownAction, Notice, Seen, StagedTarget, States, story};

/// Holds each step's end against the account, and looks for the receipts of what was changed.
pub fn assert_log_is_true(staged: &StagedTarget<'_>, log: &IncidentLog, states: &States) {
    let incident = log.incident().unwrap();
    for step in &incident.steps {
        effect_is_as_said(staged, log, step, states);
    }
    if states != &staged.before {
        let has_receipt = |step: &&StepState| receipt(log.records(), &step.step.step).is_some();
        assert!(
            incident.steps.iter().any(|step| has_receipt(&step)),
            "changed without a receipt"
        );
    }
}

/// People are told of the outcome once, and of each containing step that is open; gives the notice.
pub async fn assert_people_are_told(
    staged: &StagedTarget<'_>,
    id: &IncidentId,
    incident: &Incident,
) -> Notice {
    let mut notices = staged.watched.people.told_of(id.as_str()).await;
    // It may have asked before, or said that it takes longer, and may tell afterwards what an investigation found.
    let is_other = |notice: &Notice| {
        ["DECIDE", "NOT CONTAINED YET", "LOOK,"]
            .iter()
            .any(|word| notice.subject.contains(word))
    };
    notices.retain(|notice| !is_other(notice));
    let [outcome] = notices.as_slice() else {
        panic!("people are told of the outcome once: {notices:#?}");
    };
    for step in incident.contain_steps().filter(|step| is_open(step)) {
        let (title, text) = (&step.step.title, &outcome.body);
        assert!(text.contains(title), "`{title}` isn't named in {text}");
    }
    outcome.clone()
}

/// Whether a step still has something to do.
pub fn is_open(step: &StepState) -> bool {
    !matches!(
        step.outcome,
        Some(Outcome::Done | Outcome::Already | Outcome::Skipped { .. })
    )
}

/// `done` is in the account, and what is in the account has its receipt in the log.
fn effect_is_as_said(staged: &StagedTarget<'_>, log: &IncidentLog, step: &StepState, states: &States) {
    let id = step.step.action.as_str();
    let action = backstop_actions::find(id).unwrap();
    if !KnownAction::is_tried(action) {
        return;
    }
    let known = KnownAction::find(action.id);
    // Something else may have changed what is there.
    if !known.has_entry {
        return;
    }
    let effect = |now: &States| {
        (known.effect)(&Seen {
            before: &staged.before,
            now,
            planted: &staged.planted,
            incident: log.id(),
        })
    };
    let is_there = effect(states);
    let is_new = is_there && !effect(&staged.before);
    match &step.outcome {
        Some(Outcome::Done | Outcome::Already) => assert!(is_there, "`{id}` is done, they say: {states:#?}"),
        Some(Outcome::Skipped { .. }) => assert!(!is_new, "`{id}` was skipped, they say: {states:#?}"),
        Some(Outcome::Failed { .. } | Outcome::Partial { .. }) => {}
        other => panic!("`{id}` ended as {other:?}: {}", story(log)),
    }
    if is_new {
        assert!(
            receipt(log.records(), &step.step.step).is_some(),
            "`{id}` has no receipt"
        );
    }
}

//! What the log and the notice say, held against the account.

use backstop_core::{
    IncidentId, Outcome,
    incident::{Incident, Status, StepState},
    log::{Event, receipt},
};
use backstop_playbook::actions;
use backstop_runtime::IncidentLog;
use backstop_tests::{KnownAction, Notice, Seen, States, story};

use super::{faults::Kind, run::Place};

pub(crate) async fn check(place: &Place<'_>, id: &IncidentId, kind: Kind) {
    // Reading it checks its chain.
    let log = place.scene.stage.ledger().log(id).await.unwrap();
    let incident = log.incident().unwrap();
    let states = place.states().await;
    for step in &incident.steps {
        effect_is_as_said(place, &log, step, &states);
    }
    if states != place.before {
        let has_receipt = |step: &&StepState| receipt(log.records(), &step.step.step).is_some();
        assert!(
            incident.steps.iter().any(|step| has_receipt(&step)),
            "changed without a receipt"
        );
    }
    status_is_right(&incident, kind, &log);
    let mut notices = place.scene.people.told_of(id.as_str()).await;
    // It may have asked before, and may tell afterwards what an investigation found.
    let is_other = |notice: &Notice| {
        ["DECIDE", "LOOK,"]
            .iter()
            .any(|word| notice.subject.contains(word))
    };
    notices.retain(|notice| !is_other(notice));
    let [outcome] = notices.as_slice() else {
        panic!("people are told of the outcome once: {notices:#?}{}", story(&log));
    };
    for step in incident.contain_steps().filter(|step| is_open(step)) {
        let (title, text) = (&step.step.title, &outcome.body);
        assert!(text.contains(title), "`{title}` isn't named in {text}");
    }
}

/// `done` is in the account, and what is in the account has its receipt in the log.
fn effect_is_as_said(place: &Place<'_>, log: &IncidentLog, step: &StepState, states: &States) {
    let id = step.step.action.as_str();
    if !KnownAction::is_tried(actions::find(id).unwrap()) {
        return;
    }
    let effect = |now: &States| {
        (KnownAction::find(id).effect)(&Seen {
            before: &place.before,
            now,
            target: &place.planted.target,
            incident: log.id(),
        })
    };
    let is_there = effect(states);
    match &step.outcome {
        Some(Outcome::Done | Outcome::Already) => assert!(is_there, "`{id}` is done, they say: {states:#?}"),
        Some(Outcome::Skipped { .. }) => assert!(!is_there, "`{id}` was skipped, they say: {states:#?}"),
        Some(Outcome::Failed { .. }) => {}
        other => panic!("`{id}` ended as {other:?}: {}", story(log)),
    }
    if is_there && !effect(&place.before) {
        assert!(
            receipt(log.records(), &step.step.step).is_some(),
            "`{id}` has no receipt"
        );
    }
}

/// A retry heals all but a missing permission.
fn status_is_right(incident: &Incident, kind: Kind, log: &IncidentLog) {
    let status = incident.status();
    let open = incident.contain_steps().filter(|step| is_open(step)).count();
    // A step that was refused is tried again if a person is asked about another and approves.
    let is_tried_again = log
        .records()
        .iter()
        .any(|record| matches!(record.event, Event::Approved { .. }));
    let is_healed = kind.is_healed_by_a_retry() || (is_tried_again && open == 0);
    let expected = if is_healed {
        Status::Contained
    } else if incident.contain_steps().any(StepState::is_proven) {
        Status::PartiallyContained
    } else {
        Status::Failed
    };
    assert_eq!(status, expected, "{}", story(log));
    assert_eq!(open == 0, is_healed, "{}", story(log));
}

fn is_open(step: &StepState) -> bool {
    !matches!(
        step.outcome,
        Some(Outcome::Done | Outcome::Already | Outcome::Skipped { .. })
    )
}

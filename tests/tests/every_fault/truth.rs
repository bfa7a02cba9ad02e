//! What the log and the notice say, held against the account and the fault.

use backstop_core::{
    StepId,
    incident::{Incident, Status, StepState},
    log::Event,
};
use backstop_runtime::IncidentLog;
use backstop_tests::{StagedTarget, assert_log_is_true, assert_people_are_told, is_open, story};

use super::faults::{Hit, Kind};

pub(crate) async fn check(staged: &StagedTarget<'_>, log: &IncidentLog, hits: &[(Hit, Kind)]) {
    let incident = log.incident().unwrap();
    assert_log_is_true(staged, log, &staged.states().await);
    status_is_right(&incident, hits, log);
    assert_people_are_told(staged, log.id(), &incident).await;
}

/// A retry heals all but a missing permission.
fn status_is_right(incident: &Incident, hits: &[(Hit, Kind)], log: &IncidentLog) {
    let is_denied = |state: &&StepState| {
        let mut for_good = hits.iter().filter(|(_, kind)| !kind.is_healed_by_a_retry());
        for_good.any(|(hit, _)| hit.step == state.step.step)
    };
    let open: Vec<&StepState> = incident.contain_steps().filter(|step| is_open(step)).collect();
    let denied: Vec<&StepState> = incident.contain_steps().filter(is_denied).collect();
    // A step that was refused is tried again if a person is asked about another and approves.
    let is_tried_again = log
        .records()
        .iter()
        .any(|record| matches!(record.event, Event::Approved { .. }));
    let is_healed = denied.is_empty() || (is_tried_again && open.is_empty());
    let expected = if is_healed {
        Status::Contained
    } else if incident.contain_steps().any(StepState::is_proven) {
        Status::PartiallyContained
    } else {
        Status::Failed
    };
    assert_eq!(incident.status(), expected, "{}", story(log));
    if !is_healed {
        assert_eq!(open, denied, "{}", story(log));
    }
    let missing: Vec<StepId> = incident
        .missing_evidence()
        .into_iter()
        .map(|one| one.step)
        .collect();
    let lost = incident
        .steps
        .iter()
        .filter(|state| state.is_evidence())
        .filter(is_denied);
    let lost: Vec<StepId> = lost.map(|state| state.step.step.clone()).collect();
    assert_eq!(missing, lost, "{}", story(log));
}

//! What the log and the notice say, held against the account and the fault.

use backstop_core::{
    incident::{Incident, Status, StepState},
    log::Event,
};
use backstop_runtime::IncidentLog;
use backstop_tests::{Place, assert_log_is_true, assert_people_are_told, is_open, story};

use super::faults::Kind;

pub(crate) async fn check(place: &Place<'_>, log: &IncidentLog, kind: Kind) {
    let incident = log.incident().unwrap();
    assert_log_is_true(place, log, &place.states().await);
    status_is_right(&incident, kind, log);
    assert_people_are_told(place, log.id(), &incident).await;
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

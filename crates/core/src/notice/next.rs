//! What people should do about an incident that ended.

use super::{Command, Line, Point, line, outside};
use crate::{
    advice,
    error_name::ErrorName,
    ids::IncidentId,
    incident::{Incident, Status, StepState},
    log::Opened,
    outcome::Outcome,
    playbooks::Playbooks,
};

/// What people should do about an incident that ends, or ended, with this status; a sentence each.
pub fn what_next(id: &IncidentId, incident: &Incident, status: Status, playbooks: &Playbooks) -> Vec<Point> {
    let resource = &incident.opened.target.resource;
    let mut points: Vec<Point> = match status {
        Status::Contained => said(resource.once_contained()),
        Status::PartiallyContained | Status::Failed => finish(id, incident, playbooks),
        Status::Reported => advice::steps(&incident.opened.finding.finding_type)
            .into_iter()
            .map(Point::from)
            .collect(),
        Status::Refused if !resource.once_refused().is_empty() => said(resource.once_refused()),
        Status::Refused | Status::Observed | Status::Denied | Status::Expired => vec![Point::new(
            "if it must be contained after all".into(),
            Command::of(id, run_command(id, &incident.opened)),
        )],
        _ => Vec::new(),
    };
    points.extend(keep_by_hand(incident));
    if status != Status::Undone && incident.steps.iter().any(StepState::changed_something) {
        points.push(Point::new(
            "if this was a false alarm".into(),
            Command::of(id, format!("backstop undo {id}")),
        ));
    }
    points
}

/// Each step that isn't proven, and how to try again.
fn finish(id: &IncidentId, incident: &Incident, playbooks: &Playbooks) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    for state in incident.contain_steps().filter(|state| !state.is_proven()) {
        let title = || outside(&state.step.title);
        match &state.outcome {
            Some(Outcome::Failed { error, .. }) => {
                points.push(line!["\"", title(), advice(ErrorName::parse(error))].into())
            }
            Some(Outcome::Skipped { .. }) => {}
            _ => points.push(line!["\"", title(), "\" is not proven: check it by hand"].into()),
        }
    }
    points.extend(what_outlives(id, incident, playbooks));
    points.push(Point::new(
        "then run the playbook again; what is done already is left alone".into(),
        Command::of(id, run_command(id, &incident.opened)),
    ));
    points
}

/// Evidence that nobody will get any more once somebody cleans up.
fn keep_by_hand(incident: &Incident) -> Option<Point> {
    let mut lost: Option<Line> = None;
    for one in incident.missing_evidence().iter().filter(|one| !one.is_awaited) {
        let begun = lost.map_or_else(
            || Line::from("keep by hand, before anything is cleaned up, what is missing of the evidence: "),
            |line| line.and([", ".into()]),
        );
        lost = Some(begun.and(["\"".into(), outside(&one.title), "\"".into()]));
    }
    lost.map(Point::from)
}

/// What the attacker may still have when the target itself is gone. Nothing proves that the finding names the right
/// user, so a person decides.
fn what_outlives(id: &IncidentId, incident: &Incident, playbooks: &Playbooks) -> Option<Point> {
    let is_gone = |state: &StepState| {
        state.outcome.as_ref().and_then(Outcome::error_name) == Some(ErrorName::TargetGone)
    };
    if !incident.contain_steps().any(is_gone) {
        return None;
    }
    let outlives = incident.opened.target.outlives()?;
    Some(match playbooks.containing(outlives.kind) {
        Some(playbook) => Point::new(
            outlives.what.into(),
            Command::of(id, format!("backstop run {playbook} --target {}", outlives.typed)),
        ),
        None => outlives.what.into(),
    })
}

/// After a step's title in quotes; `None` is an error that isn't Backstop's own.
const fn advice(error: Option<ErrorName>) -> &'static str {
    match error {
        Some(ErrorName::AccessDenied) => {
            "\": the call named above was denied to Backstop; allow it, or do it by hand now"
        }
        Some(ErrorName::BlockedByScp) => {
            "\": a service control policy forbids it; do it from the management account"
        }
        Some(ErrorName::TargetGone) => {
            "\": the target isn't in this account (any more); find out who owned it"
        }
        Some(ErrorName::TargetMismatch) => {
            "\": IAM and the finding disagree about whose credential it is; look before you act"
        }
        Some(_) | None => "\" failed: do it by hand now",
    }
}

fn said(lines: &[&'static str]) -> Vec<Point> {
    lines.iter().copied().map(Point::from).collect()
}

/// What to type to run an incident's playbook on its target by hand.
pub fn run_command(id: &IncidentId, opened: &Opened) -> String {
    let target = opened.target.as_typed().unwrap_or_else(|| id.to_string());
    format!("backstop run {} --target {target}", opened.playbook)
}

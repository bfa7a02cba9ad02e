//! What the log can't say. An open question that is written down is answered; one that isn't is forgotten.

use backstop_core::{
    Outcome,
    incident::{Incident, StepState},
    log::{Phase, Record},
    times::Times,
    words,
};

use crate::harmless::clean;

pub(crate) fn unknown(log: &[Record], incident: &Incident, times: &Times) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for state in &incident.steps {
        lines.extend(of_step(incident, state));
        let limits = state.plan.iter().flat_map(|plan| &plan.limits);
        lines.extend(limits.map(|limit| clean(limit)));
    }
    if !incident
        .steps
        .iter()
        .any(|state| is_kept(state, Phase::Investigate))
    {
        lines.push(clean(&format!(
            "no step of this playbook looked into what was done with {} until then: read CloudTrail",
            incident.opened.target.resource
        )));
    }
    if times.first_seen.is_none() {
        lines
            .push("the finding doesn't say when it began, so how long it went unseen isn't known".to_owned());
    }
    if times.detected.is_none() {
        lines.push(
            "the finding doesn't say when it was made, so how long it was under way isn't known".to_owned(),
        );
    }
    if let Some(failure) = &incident.evidence.failure {
        lines.push(clean(&format!(
            "evidence could NOT be written to the bucket: {failure}"
        )));
    }
    if let Some(last) = log.last() {
        lines.push(format!(
            "whatever happened after {} isn't in this report",
            last.at
        ));
    }
    let mut once: Vec<String> = Vec::new();
    for line in lines {
        if !once.contains(&line) {
            once.push(line);
        }
    }
    once
}

/// What a step leaves open by the way in which it ended.
fn of_step(incident: &Incident, state: &StepState) -> Option<String> {
    let title = &state.step.title;
    let reads_only = matches!(state.step.phase, Phase::Preserve | Phase::Investigate);
    let line = match &state.outcome {
        Some(Outcome::Failed { error, detail }) if reads_only => {
            format!("\"{title}\" failed, so what it would have kept is missing: {error}: {detail}")
        }
        Some(Outcome::Failed { error, detail }) => {
            format!("\"{title}\" failed, and what it was to change may be as it was: {error}: {detail}")
        }
        Some(Outcome::Partial { missing }) => {
            format!("\"{title}\" kept only a part: {missing}")
        }
        Some(Outcome::Skipped { reason }) if reads_only => {
            format!("\"{title}\" was skipped, so it kept nothing: {reason}")
        }
        Some(Outcome::Done | Outcome::Already) if !state.is_proven() && !words::is_kept(state) => {
            format!("\"{title}\" ended, but reading back didn't prove it")
        }
        None if state.acted && incident.closed.is_some() => {
            format!("\"{title}\" was cut off: it may or may not have taken effect")
        }
        _ => return None,
    };
    Some(clean(&line))
}

fn is_kept(state: &StepState, phase: Phase) -> bool {
    state.step.phase == phase
        && matches!(
            state.outcome,
            Some(Outcome::Done | Outcome::Already | Outcome::Partial { .. })
        )
}

//! The notice after acting: what happened, what was done, what is proven, what may break, what to do next.

use super::{Message, changes, collected, run_command, section, subject, what_happened};
use crate::{
    advice,
    error_name::ErrorName,
    ids::IncidentId,
    incident::{Incident, Status, StepState},
    mode::Mode,
    outcome::Outcome,
    target::{Resource, Target, name},
};

/// The notice for an incident as it stands.
pub fn outcome(id: &IncidentId, incident: &Incident) -> Message {
    let status = incident.conclusion();
    let (word, headline) = headline(status, incident);
    let mut body = format!(
        "{headline}\nincident {id}\n\nWhat happened\n{}\n",
        what_happened(incident)
    );
    body.push_str(&done(incident));
    body.push_str(&section("What is proven, by reading back", &proven(incident)));
    body.push_str(&section("Evidence that is missing", &missing(incident)));
    body.push_str(&section(
        "What may break",
        &collected(incident, |plan| &plan.blast_radius),
    ));
    body.push_str(&section(
        "What this can't reach",
        &collected(incident, |plan| &plan.limits),
    ));
    let mut next = what_next(id, incident, status);
    next.push(format!("see everything: backstop incidents show {id}"));
    body.push_str(&section("What to do next", &next));
    Message {
        subject: subject(incident, word),
        body,
    }
}

fn headline(status: Status, incident: &Incident) -> (&'static str, String) {
    let target = &incident.opened.target;
    match status {
        Status::Contained => ("CONTAINED", format!("{target} is contained, and that is proven.")),
        Status::PartiallyContained => (
            "PARTLY CONTAINED, act now",
            format!("{target} is only partly contained. A person must finish it."),
        ),
        Status::Refused => (
            "NOT CONTAINED, refused",
            format!("{target} was not touched: a guardrail refused."),
        ),
        Status::Observed => (
            "OBSERVED only",
            format!("{target} was not touched: this playbook only observes here."),
        ),
        Status::Reported => (
            "LOOK",
            format!("{target} was not touched: no playbook contains this by itself. A person must look."),
        ),
        Status::Denied => (
            "NOT CONTAINED, denied",
            format!("{target} was not touched: a person denied it."),
        ),
        Status::Expired => (
            "NOT CONTAINED, nobody answered",
            format!("{target} was not touched: nobody decided in time."),
        ),
        _ => (
            "NOT CONTAINED, act now",
            format!("{target} is NOT contained. A person must act."),
        ),
    }
}

fn done(incident: &Incident) -> String {
    let mut text = String::new();
    for decision in &incident.opened.guardrails {
        text.push_str(&format!(
            "  guardrail {}: {}\n",
            decision.guardrail, decision.detail
        ));
    }
    for state in &incident.steps {
        text.push_str(&format!("  - {}: {}\n", state.step.title, ended(state, incident)));
        if let Some(plan) = &state.plan {
            text.push_str(&changes(plan));
        }
    }
    if text.is_empty() {
        text.push_str("  nothing\n");
    }
    let heading = if incident.steps.is_empty() || incident.steps.iter().any(StepState::changed_something) {
        "What was done"
    } else {
        "What was planned"
    };
    format!("{heading}\n{text}\n")
}

fn ended(state: &StepState, incident: &Incident) -> String {
    match &state.outcome {
        Some(Outcome::Done) => "done".to_owned(),
        Some(Outcome::Already) => "was so already".to_owned(),
        Some(Outcome::Skipped { reason }) => format!("skipped: {reason}"),
        Some(Outcome::Refused { guardrail, reason }) => format!("refused by {guardrail}: {reason}"),
        Some(Outcome::Failed { error, detail }) => format!("FAILED, {error}: {detail}"),
        // The notice doesn't wait for evidence.
        None if state.is_evidence() && incident.closed.is_none() && incident.opened.mode != Mode::Observe => {
            "still under way".to_owned()
        }
        None if state.acted => "CUT OFF: it may or may not have taken effect".to_owned(),
        None if incident.opened.mode == Mode::Auto => "NOT DONE: it never ended".to_owned(),
        None => "planned only".to_owned(),
    }
}

/// A line for each, also as people read it in lists.
pub fn missing(incident: &Incident) -> Vec<String> {
    let missing = incident.missing_evidence().into_iter();
    missing
        .map(|one| format!("\"{}\": {}", one.title, one.why))
        .collect()
}

fn proven(incident: &Incident) -> Vec<String> {
    incident
        .steps
        .iter()
        .filter_map(|state| {
            let verification = state.verification.as_ref()?;
            let word = if verification.holds { "yes" } else { "NO" };
            Some(format!("{word}: {}", verification.observed))
        })
        .collect()
}

/// What people should do about an incident that ends, or ended, with this status; a sentence each.
pub fn what_next(id: &IncidentId, incident: &Incident, status: Status) -> Vec<String> {
    let mut lines = Vec::new();
    match status {
        Status::Contained if matches!(incident.opened.target.resource, Resource::Bucket { .. }) => {
            lines.push("tell the owner: whoever reads it without signing in gets 403 now".to_owned());
            lines.push("find out who opened it, and what was read, before it is opened again".to_owned());
        }
        Status::Contained if matches!(incident.opened.target.resource, Resource::Instance { .. }) => {
            lines.push(
                "tell the owner: the instance reaches nobody and nobody reaches it; leave it running"
                    .to_owned(),
            );
            lines.push("find out how it was broken into before its replacement is, too".to_owned());
        }
        Status::Contained if incident.opened.target.resource == Resource::Account => {
            lines.push(
                "tell the owners of public buckets: whoever reads them without signing in gets 403 now"
                    .to_owned(),
            );
            lines.push("find out who opened the account, and what was read".to_owned());
        }
        Status::Contained => {
            lines.push("tell the owner: work that used this credential has stopped".to_owned());
            lines.push(
                "find out what was done with it, and how it leaked, before you give out a new one".to_owned(),
            );
        }
        Status::PartiallyContained | Status::Failed => {
            for state in incident.contain_steps().filter(|state| !state.is_proven()) {
                if let Some(Outcome::Failed { error, .. }) = &state.outcome {
                    lines.push(advice(error, &state.step.title));
                } else if !matches!(state.outcome, Some(Outcome::Skipped { .. })) {
                    lines.push(format!(
                        "\"{}\" is not proven: check it by hand",
                        state.step.title
                    ));
                }
            }
            lines.extend(what_outlives(incident));
            lines.push(format!(
                "then run the playbook again; what is done already is left alone: {}",
                run_command(id, &incident.opened)
            ));
        }
        Status::Reported => lines.extend(advice::steps(&incident.opened.finding.finding_type)),
        Status::Refused if matches!(incident.opened.target.resource, Resource::Root { .. }) => {
            lines.extend(root_instructions());
        }
        Status::Refused | Status::Observed | Status::Denied | Status::Expired => {
            lines.push(format!(
                "if it must be contained after all: {}",
                run_command(id, &incident.opened)
            ));
        }
        _ => {}
    }
    let lost: Vec<String> = incident
        .missing_evidence()
        .into_iter()
        .filter(|one| !one.is_awaited)
        .map(|one| format!("\"{}\"", one.title))
        .collect();
    if !lost.is_empty() {
        lines.push(format!(
            "keep by hand, before anything is cleaned up, what is missing of the evidence: {}",
            lost.join(", ")
        ));
    }
    if status != Status::Undone && incident.steps.iter().any(StepState::changed_something) {
        lines.push(format!("if this was a false alarm: backstop undo {id}"));
    }
    lines
}

/// What the attacker may still have when the target itself is gone. Nothing proves that the finding names the right
/// user, so a person decides.
fn what_outlives(incident: &Incident) -> Option<String> {
    let is_gone = |state: &StepState| {
        let gone = ErrorName::TargetGone.as_str();
        matches!(&state.outcome, Some(Outcome::Failed { error, .. }) if error == gone)
    };
    if !incident.contain_steps().any(is_gone) {
        return None;
    }
    let opened = &incident.opened;
    match &opened.target.resource {
        Resource::AccessKey {
            user_name: Some(user_name),
            ..
        } if name::is_iam_name(user_name) => {
            let user = Target {
                resource: Resource::User {
                    user_name: user_name.clone(),
                },
                ..opened.target.clone()
            };
            let user = user.as_typed()?;
            Some(format!(
                "sessions made with the key outlive it by up to 36 hours; if its user is still there: backstop run {} \
                 --target {user}",
                opened.playbook
            ))
        }
        Resource::Instance { .. } => Some(
            "credentials that the instance got outlive it by hours: find its role in CloudTrail, and revoke that \
             role's sessions: backstop run compromised-role --target ROLE-ARN"
                .to_owned(),
        ),
        _ => None,
    }
}

fn advice(error: &str, title: &str) -> String {
    match error {
        "Backstop.AccessDenied" => {
            format!(
                "\"{title}\": the call named above was denied to Backstop; allow it, or do it by hand now"
            )
        }
        "Backstop.BlockedByScp" => {
            format!("\"{title}\": a service control policy forbids it; do it from the management account")
        }
        "Backstop.TargetGone" => {
            format!("\"{title}\": the target isn't in this account (any more); find out who owned it")
        }
        "Backstop.TargetMismatch" => {
            format!(
                "\"{title}\": IAM and the finding disagree about whose credential it is; look before you act"
            )
        }
        _ => format!("\"{title}\" failed: do it by hand now"),
    }
}

/// Root can't be denied by a policy in its own account, so people must do it.
fn root_instructions() -> Vec<String> {
    [
        "sign in as root from a trusted machine, change the password and check the e-mail address and phone number",
        "delete every access key of root (Security credentials page), and replace its MFA device",
        "in an organization: deny root by a service control policy, or remove root's credentials centrally",
        "open a case with AWS Support: they can help to lock out an attacker who holds root",
    ]
    .map(str::to_owned)
    .to_vec()
}

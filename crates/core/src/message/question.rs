//! The notice that asks people to decide on a plan.

use jiff::Timestamp;

use super::{Message, changes, collected, section, subject, what_happened};
use crate::{
    guardrail::Decision,
    ids::{Hash, IncidentId},
    incident::{Incident, StepState},
    outcome::Outcome,
    text,
};

/// Asks for a decision on the plan with this hash.
pub fn question(
    id: &IncidentId,
    incident: &Incident,
    plan_hash: &Hash,
    needed: u8,
    expires_at: Timestamp,
) -> Message {
    let so_far = if incident.steps.iter().any(StepState::changed_something) {
        "Some steps are done already and stay; the others changed since you were asked."
    } else {
        "NOTHING has been changed yet."
    };
    let mut body = format!(
        "{} waits for your decision. {so_far}\nincident {id}, plan {}, decide before {expires_at}\n\nWhat happened\n{}\n",
        incident.opened.target,
        plan_hash.short(),
        what_happened(incident)
    );
    body.push_str("What would be done\n");
    for state in incident.asked_about() {
        let mark = if state.step.high_impact {
            " (HIGH IMPACT)"
        } else {
            ""
        };
        body.push_str(&format!("  - {}{mark}\n", state.step.title));
        match (&state.plan, &state.outcome) {
            (_, Some(Outcome::Failed { error, detail })) => {
                body.push_str(&format!("      can't be planned: {error}: {detail}\n"));
            }
            (_, Some(Outcome::Refused { guardrail, reason })) => {
                body.push_str(&format!("      refused by {guardrail}: {reason}\n"));
            }
            (_, Some(Outcome::Done)) => body.push_str("      done already\n"),
            (_, Some(Outcome::Already)) => body.push_str("      is so already\n"),
            (_, Some(Outcome::Skipped { reason })) => body.push_str(&format!("      skipped: {reason}\n")),
            (Some(plan), _) if plan.changes.is_empty() => body.push_str("      is so already\n"),
            (Some(plan), _) => body.push_str(&changes(plan)),
            (None, _) => body.push_str("      could not be planned\n"),
        }
    }
    body.push('\n');
    let of_plans = incident
        .asked_about()
        .filter_map(|state| state.plan.as_ref()?.needs_approval.clone());
    let mut why: Vec<String> = incident.opened.guardrails.iter().map(in_words).collect();
    for reason in of_plans {
        if !why.contains(&reason) {
            why.push(reason);
        }
    }
    body.push_str(&section("Why you are asked", &why));
    body.push_str(&section(
        "What would break",
        &collected(incident, |plan| &plan.blast_radius),
    ));
    body.push_str(&section(
        "What this can't reach",
        &collected(incident, |plan| &plan.limits),
    ));
    body.push_str(&section("How it is undone", &how_to_undo(id, incident)));
    let mut next = vec![
        format!("look again: backstop incidents show {id}"),
        format!("do it: backstop approve {id} --plan {}", plan_hash.short()),
        format!("don't: backstop deny {id} --reason \"…\""),
    ];
    if needed > 1 {
        next.push(format!(
            "{needed} different people must approve, since a step has high impact"
        ));
    }
    body.push_str(&section("What to do next", &next));
    Message {
        subject: subject(incident, "DECIDE"),
        body,
    }
}

/// How what is planned is taken back afterwards, and what isn't.
pub fn how_to_undo(id: &IncidentId, incident: &Incident) -> Vec<String> {
    let is_change = |state: &&StepState| {
        let changes = state.plan.as_ref().is_some_and(|plan| !plan.changes.is_empty());
        changes
            && !matches!(
                state.outcome,
                Some(Outcome::Skipped { .. } | Outcome::Refused { .. })
            )
    };
    let changing: Vec<&StepState> = incident.asked_about().filter(is_change).collect();
    let is_kept = |state: &&&StepState| {
        state
            .plan
            .as_ref()
            .is_some_and(|plan| plan.manual_undo.is_empty())
    };
    let kept: Vec<String> = changing
        .iter()
        .filter(is_kept)
        .map(|state| format!("\"{}\"", state.step.title))
        .collect();
    let mut lines = Vec::new();
    if kept.len() < changing.len() {
        lines.push(format!(
            "once the incident is closed: backstop undo {id} (with --plan it only says what it would put back)"
        ));
    }
    if !kept.is_empty() {
        lines.push(format!("undo doesn't take back: {}", kept.join(", ")));
    }
    lines
}

/// One notice for all incidents of an hour beyond the limit, instead of one each.
pub fn limit_reached(incident: &Incident, decision: &Decision) -> Message {
    let opened = &incident.opened;
    let body = format!(
        "{}.\n\nFurther targets of this hour are NOT contained by themselves: each waits for a decision.\n\n\
         What to do next\n  - list them: backstop incidents list --status awaiting-approval\n  \
         - see one: backstop incidents show <incident>\n  - do it: backstop approve <incident>\n  \
         - stop all acting if this is a flood of false findings: backstop pause --for 2h --reason \"…\"\n",
        decision.detail
    );
    Message {
        subject: text::for_subject(&format!(
            "[Backstop] LIMIT REACHED: {} in account {}, further targets wait for you",
            opened.playbook, opened.target.account
        )),
        body,
    }
}

fn in_words(decision: &Decision) -> String {
    format!("{}: {}", decision.guardrail, decision.detail)
}

//! What people are told: a subject that a tired person understands, and a plain-text body.
//!
//! Everything that came from a finding passes through [`crate::text`]: it is hostile.

mod attention;
mod outcome;
mod proposals;
mod question;
mod undone;

pub use attention::{Found, Needy, attention};
pub use outcome::{missing, outcome, what_next};
pub use proposals::proposals;
pub use question::{how_to_undo, limit_reached, question};
use serde::Serialize;
pub use undone::undone;

use crate::{
    finding::Finding,
    ids::IncidentId,
    incident::Incident,
    log::{Opened, Origin},
    plan::Plan,
    target::Resource,
    text,
};

/// A message for the alerts topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// ASCII, at most 100 characters (Amazon SNS API Reference, "Publish").
    pub subject: String,
    /// Plain text.
    pub body: String,
}

fn subject(incident: &Incident, word: &str) -> String {
    let drill = if incident.opened.origin == Origin::Drill {
        "DRILL "
    } else {
        ""
    };
    let target = &incident.opened.target;
    let on = match &target.resource {
        Resource::Account => target.to_string(),
        resource => format!("{resource} ({})", target.account),
    };
    text::for_subject(&format!("[Backstop] {drill}{word}: {on}"))
}

/// "What happened": the finding in two lines, its text made harmless.
fn what_happened(incident: &Incident) -> String {
    let opened = &incident.opened;
    let finding = &opened.finding;
    let mut lines = vec![format!(
        "  {} ({} {:.1}), by {}, seen {} time(s)",
        text::for_plain_email(&finding.finding_type),
        finding.severity.label,
        finding.severity.score,
        finding.route,
        finding.count,
    )];
    if !opened.title.is_empty() {
        lines.push(format!("  \"{}\"", text::for_plain_email(&opened.title)));
    }
    match (finding.first_seen, finding.last_seen) {
        (Some(first), Some(last)) if first != last => lines.push(format!("  seen from {first} to {last}")),
        (Some(first), _) => lines.push(format!("  first seen {first}")),
        (None, _) => {}
    }
    for fact in &finding.facts {
        lines.push(format!("  {}", text::for_plain_email(fact)));
    }
    if let Origin::Manual { by, reason } = &opened.origin {
        let reason = reason.as_deref().unwrap_or("no reason given");
        lines.push(format!("  started by {by}: {}", text::for_plain_email(reason)));
    }
    if let Some(linked) = &opened.linked {
        lines.push(format!(
            "  the same target was answered before by incident {linked}"
        ));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn changes(plan: &Plan) -> String {
    plan.changes
        .iter()
        .map(|change| {
            format!(
                "      {}: {} -> {}   ({})\n",
                change.what, change.now, change.after, change.api
            )
        })
        .collect()
}

/// A heading and its lines; nothing at all if there are no lines.
fn section(heading: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let lines: String = lines.iter().map(|line| format!("  - {line}\n")).collect();
    format!("{heading}\n{lines}\n")
}

/// The lines of all plans, each once.
fn collected(incident: &Incident, lines: impl Fn(&Plan) -> &Vec<String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in incident
        .steps
        .iter()
        .filter_map(|state| state.plan.as_ref())
        .flat_map(lines)
    {
        if !found.contains(line) {
            found.push(line.clone());
        }
    }
    found
}

/// The title of an incident for people: the finding's own, bounded.
pub fn title_of(finding: &Finding) -> String {
    text::bounded(&text::sanitize(&finding.title), 200)
}

/// What to type to run an incident's playbook on its target by hand.
pub fn run_command(id: &IncidentId, opened: &Opened) -> String {
    let target = opened.target.as_typed().unwrap_or_else(|| id.to_string());
    format!("backstop run {} --target {target}", opened.playbook)
}

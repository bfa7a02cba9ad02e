//! The finding, as a notice says it.

use super::{Entry, Line, Section, line, outside};
use crate::{case::is_of_object, finding::Finding, incident::Incident, text};

/// The finding in a few lines.
pub(super) fn what_happened(incident: &Incident) -> Section {
    let opened = &incident.opened;
    let finding = &opened.finding;
    let mut lines: Vec<Line> = vec![line![
        outside(&finding.finding_type),
        " (",
        outside(finding.severity.label),
        " ",
        outside(format!("{:.1}", finding.severity.score)),
        "), by ",
        outside(finding.route),
        ", seen ",
        finding.count,
        " time(s)",
    ]];
    if !opened.title.is_empty() {
        lines.push(line!["\"", outside(&opened.title), "\""]);
    }
    match (finding.first_seen, finding.last_seen) {
        (Some(first), Some(last)) if first != last => {
            lines.push(line!["seen from ", first, " to ", last]);
        }
        (Some(first), _) => lines.push(line!["first seen ", first]),
        (None, _) => {}
    }
    lines.extend(finding.facts.iter().map(|fact| line![outside(fact)]));
    if let Some((by, reason)) = opened.origin.person() {
        let reason = reason.unwrap_or("no reason given");
        lines.push(line!["started by ", outside(by), ": ", outside(reason)]);
    }
    if let Some(linked) = &opened.linked {
        lines.push(line!["the same target was answered before by incident ", linked]);
    }
    if let Some(first) = &opened.case.first {
        lines.push(line!["one case with incident ", first]);
    }
    if is_of_object(&finding.finding_type) && opened.steps.is_empty() {
        lines.push(
            "more objects of this bucket within six hours join this incident without another notice".into(),
        );
    }
    Section {
        heading: "What happened".into(),
        entries: lines.into_iter().map(Entry::Text).collect(),
    }
}

/// The title of an incident for people: the finding's own, bounded.
pub fn title_of(finding: &Finding) -> String {
    text::bounded(&text::sanitize(&finding.title), 200)
}

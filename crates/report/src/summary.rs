//! What happened, was done and is left to do, in sentences for who decides and has a minute.

use backstop_core::{
    incident::{Confirmation, Incident, Status, Undo, Verdict},
    log::{Event, Origin, Record},
    times::{Times, length},
    words,
};
use jiff::{Timestamp, tz::TimeZone};

use crate::harmless::clean;

pub(crate) fn summary(log: &[Record], incident: &Incident, times: &Times) -> Vec<String> {
    let mut lines = vec![what_happened(incident), outcome(incident)];
    lines.extend(second_reading(incident));
    lines.extend(speed(incident, times));
    lines.extend(people(log, incident));
    lines.extend(undo(incident, times));
    lines.extend(
        incident
            .stuck
            .as_deref()
            .map(|why| clean(&format!("A person must finish it: {why}."))),
    );
    lines
}

fn what_happened(incident: &Incident) -> String {
    let opened = &incident.opened;
    let when = day(opened.finding.created_at.unwrap_or(incident.opened_at));
    let drill = if opened.origin == Origin::Drill {
        "In a drill, on"
    } else {
        "On"
    };
    let title = match opened.title.trim_end_matches('.') {
        "" => String::new(),
        title => format!(": \u{201c}{title}\u{201d}"),
    };
    clean(&format!(
        "{drill} {when} a finding of {} severity was reported about {}{title}.",
        opened.finding.severity.label, opened.target
    ))
}

fn outcome(incident: &Incident) -> String {
    let closed = incident.ended_as().unwrap_or_else(|| incident.status());
    let steps = incident.contain_steps().count();
    let proven = incident.contain_steps().filter(|state| state.is_proven()).count();
    let counted = if steps == 0 || closed == Status::Reported {
        String::new()
    } else {
        format!(" {proven} of {steps} containing steps were read back and hold.")
    };
    let is = if incident.undo == Undo::NotAsked {
        "It is"
    } else {
        "Before it was undone, it was"
    };
    format!("{is} {}.{counted}", words::status(closed))
}

/// What was read after the first reading, and what wasn't.
fn second_reading(incident: &Incident) -> Option<String> {
    let Confirmation { at, verdict, .. } = incident.confirmation.as_ref()?;
    let at = day(*at);
    let seen = incident.aftermath.as_ref().map(|it| format!(" {}.", it.tried()));
    let seen = seen.unwrap_or_default();
    Some(clean(&match verdict {
        Verdict::Confirmed => format!("It was read a second time on {at}, and holds.{seen}"),
        Verdict::Reopened { found } => {
            format!(
                "On {at} it wasn't contained any more: {}.{seen}",
                found.join("; ")
            )
        }
        Verdict::Partial { missing } => format!(
            "It was looked at again on {at}, and that isn't confirmed: {}.{seen}",
            missing.join("; ")
        ),
    }))
}

fn speed(incident: &Incident, times: &Times) -> Option<String> {
    let contained = times.to_contain_ms?;
    let since = times
        .to_open_ms
        .map(|open| format!(" ({} after the finding was made)", length(open + contained)))
        .unwrap_or_default();
    let asked = if incident.question.is_some() {
        ", waiting for a person's decision included"
    } else {
        ""
    };
    Some(format!(
        "Containing took {} from the moment the incident was opened{since}{asked}.",
        length(contained)
    ))
}

fn people(log: &[Record], incident: &Incident) -> Option<String> {
    let mut parts = Vec::new();
    if !incident.approvals.is_empty() {
        parts.push(format!(
            "the plan was approved by {}",
            incident.approvals.join(" and ")
        ));
    }
    for record in log {
        match &record.event {
            Event::Denied { by, .. } => parts.push(format!("{by} denied the plan")),
            Event::ApprovalExpired => parts.push("nobody decided in time".to_owned()),
            _ => {}
        }
    }
    let notified = log
        .iter()
        .filter(|record| matches!(record.event, Event::Notified { .. }))
        .count();
    if notified > 0 {
        parts.push(format!("{notified} notice(s) were sent"));
    }
    (!parts.is_empty()).then(|| clean(&format!("People: {}.", parts.join("; "))))
}

fn undo(incident: &Incident, times: &Times) -> Option<String> {
    let asked = day(times.undo_asked?);
    Some(match &incident.undo {
        Undo::NotAsked => return None,
        Undo::Running(steps) => format!("Undo was asked for on {asked}; {} step(s) are left.", steps.len()),
        Undo::Ended => format!(
            "Undo was asked for on {asked}: it is {}.",
            clean(&words::standing(incident, incident.status()))
        ),
    })
}

/// `2026-02-02 at 02:39 UTC`.
fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%d at %H:%M UTC")
        .to_string()
}

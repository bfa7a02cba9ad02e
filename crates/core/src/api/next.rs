//! What to type next, for whatever state an incident is in.

use jiff::Timestamp;

use crate::{
    ids::IncidentId,
    incident::{Incident, Status},
    notice::{Command, Point, what_next},
    playbooks::Playbooks,
};

/// Commands and advice, a line each.
pub(super) fn next(
    id: &IncidentId,
    incident: &Incident,
    playbooks: &Playbooks,
    now: Timestamp,
) -> Vec<String> {
    match (incident.status(), &incident.question) {
        (Status::AwaitingApproval, Some(question)) if question.expires_at <= now => {
            vec![format!(
                "too late to decide: the machine is about to close it; follow it: {}",
                watch(id)
            )]
        }
        (Status::AwaitingApproval, Some(question)) => {
            let plan = question.plan_hash.short();
            let missing = usize::from(question.needed).saturating_sub(incident.approvals.len());
            let mut lines = vec![
                format!("do it: backstop approve {id} --plan {plan}"),
                format!("don't: backstop deny {id} --reason \"…\""),
            ];
            if question.needed > 1 {
                lines.push(format!(
                    "{missing} more of {} different people must approve, since a step has high impact",
                    question.needed
                ));
            }
            lines
        }
        _ if incident.closed.is_none() => vec![format!("follow it: {}", watch(id))],
        (status, _) => {
            let mut lines: Vec<String> = what_next(id, incident, status, playbooks)
                .iter()
                .map(Point::raw)
                .collect();
            let by_hand = incident.stuck_commands.iter();
            lines.extend(
                by_hand.map(|typed| Point::new("finish it by hand".into(), Command::of_log(id, typed)).raw()),
            );
            if let Some(asked) = incident.undo_asked.as_ref().filter(|asked| now < asked.until) {
                lines.insert(
                    0,
                    format!(
                        "its undo is wanted by {} and takes another person before {}: {}",
                        asked.by.join(", "),
                        asked.until,
                        asked.command(id)
                    ),
                );
            }
            lines
        }
    }
}

fn watch(id: &IncidentId) -> String {
    format!("backstop incidents show {id} --watch")
}

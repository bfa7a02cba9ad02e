//! What Security Hub is told about the findings of an incident that has ended.

use std::collections::BTreeMap;

pub use crate::finding::Workflow;
use crate::{
    finding::HubFinding,
    ids::IncidentId,
    incident::Incident,
    log::{Event, FindingRef, Origin, Record},
    status::Status,
    text,
};

/// `UpdatedBy` of our notes; intake knows its own echo by it.
pub const NOTE_BY: &str = "backstop";
/// ASFF's and OCSF's limit (Security Hub API Reference, "NoteUpdate", "BatchUpdateFindingsV2").
const NOTE_CHARS: usize = 512;

/// One update for all of an incident's findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubUpdate {
    /// What it is set to.
    pub workflow: Workflow,
    /// The note: at most 512 characters, with the incident's id.
    pub note: String,
    /// The findings, with [`FindingRef::key`], each once.
    pub findings: BTreeMap<HubFinding, String>,
}

impl HubUpdate {
    /// What is to be told now; nothing where nobody acted or was notified, where no finding came from Security Hub, and
    /// never for a drill: its sender can name a real finding.
    pub fn of(id: &IncidentId, incident: &Incident, records: &[Record]) -> Option<Self> {
        incident.closed?;
        let status = incident.status();
        if incident.opened.origin == Origin::Drill {
            return None;
        }
        let workflow = workflow(status, incident.notices.ending_is_known())?;
        // Earlier versions resolved at the first reading; only what is open again takes that back.
        let is_told = incident.hub_told == Some(workflow)
            || (incident.hub_told.is_some() && status == Status::Contained);
        if is_told {
            return None;
        }
        let findings: BTreeMap<HubFinding, String> = records
            .iter()
            .filter_map(reference)
            .filter_map(|reference| Some((reference.hub.as_deref()?.clone(), reference.key.clone())))
            .collect();
        (!findings.is_empty()).then(|| Self {
            workflow,
            note: note(id, incident, status),
            findings,
        })
    }
}

/// Resolved is only what was read a second time. Where nobody was notified or nobody decided, the finding stays as it is, so that
/// somebody comes upon it.
const fn workflow(status: Status, is_notified: bool) -> Option<Workflow> {
    match status {
        Status::Confirmed => Some(Workflow::Resolved),
        Status::Contained
        | Status::Reopened
        | Status::PartiallyContained
        | Status::Failed
        | Status::Reported
        | Status::Denied
            if is_notified =>
        {
            Some(Workflow::Notified)
        }
        _ => None,
    }
}

fn reference(record: &Record) -> Option<&FindingRef> {
    match &record.event {
        Event::Opened(opened) => Some(&opened.finding),
        Event::FindingJoined(reference) => Some(reference),
        _ => None,
    }
}

fn note(id: &IncidentId, incident: &Incident, status: Status) -> String {
    let target = text::sanitize(&incident.opened.target.to_string());
    let note = format!(
        "Backstop incident {id}: {status} by playbook {}. See everything: backstop incidents show {id}. Target: {target}",
        incident.opened.playbook
    );
    text::bounded(&note, NOTE_CHARS)
}

#[cfg(test)]
mod tests;

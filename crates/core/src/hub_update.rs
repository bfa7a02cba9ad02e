//! What Security Hub is told about the findings of an incident that has ended.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    finding::HubFinding,
    ids::IncidentId,
    incident::{Incident, Status},
    log::{Event, FindingRef, Origin, Record},
    text,
};

/// `UpdatedBy` of our notes; intake knows its own echo by it.
pub const NOTE_BY: &str = "backstop";
/// ASFF's and OCSF's limit (Security Hub API Reference, "NoteUpdate", "BatchUpdateFindingsV2").
const NOTE_CHARS: usize = 512;

/// Where a finding stands with those who look into it (Security Hub User Guide, "Setting the workflow status").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Workflow {
    /// People know and must do something.
    Notified,
    /// It was dealt with. It is gone from the list of what is open, so this takes proof.
    Resolved,
}

impl Workflow {
    /// As ASFF writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Notified => "NOTIFIED",
            Self::Resolved => "RESOLVED",
        }
    }

    /// OCSF's `status_id`: 2 is "In Progress", the nearest to notified that it has; 4 is "Resolved".
    pub const fn status_id(self) -> i32 {
        match self {
            Self::Notified => 2,
            Self::Resolved => 4,
        }
    }
}

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
    /// What is to be told now; nothing where nobody acted or was told, where no finding came from Security Hub, and
    /// never for a drill: its sender can name a real finding.
    pub fn of(id: &IncidentId, incident: &Incident, records: &[Record]) -> Option<Self> {
        let (status, _) = incident.closed?;
        if incident.hub_told || incident.opened.origin == Origin::Drill {
            return None;
        }
        let workflow = workflow(status, incident.notified)?;
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

/// Resolved is only what is proven. Where nobody was told or nobody decided, the finding stays as it is, so that
/// somebody comes upon it.
const fn workflow(status: Status, is_notified: bool) -> Option<Workflow> {
    match status {
        Status::Contained => Some(Workflow::Resolved),
        Status::PartiallyContained | Status::Failed | Status::Reported | Status::Denied if is_notified => {
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

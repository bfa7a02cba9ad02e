//! Everything about one incident, in one look: what the deployment knows of it, and its log, from which all else follows.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::next::next;
use crate::{
    ids::IncidentId,
    incident::{IllegalTransition, Incident, Status},
    investigation::{Investigation, Proposal},
    log::Record,
    playbooks::Playbooks,
    times::{self, Moment, Times},
};

/// One incident: its state and its log.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Sent")]
#[expect(missing_docs, reason = "the names say it")]
pub struct View {
    pub incident: IncidentId,
    pub status: Status,
    /// What to type next.
    pub next: Vec<String>,
    /// What the investigation proposes.
    pub proposals: Vec<Proposed>,
    pub times: Vec<Moment>,
    pub timings: Times,
    pub state: Incident,
    pub log: Vec<Record>,
    pub read_at: Timestamp,
}

/// What the investigation proposes, with what to type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Proposed {
    pub what: String,
    pub because: Vec<String>,
    pub command: Option<String>,
}

/// What of a view doesn't follow from the log.
#[derive(Deserialize)]
struct Sent {
    incident: IncidentId,
    next: Vec<String>,
    proposals: Vec<Proposed>,
    log: Vec<Record>,
    read_at: Timestamp,
}

impl View {
    /// Folds the log.
    pub fn of(
        id: &IncidentId,
        log: Vec<Record>,
        playbooks: &Playbooks,
        read_at: Timestamp,
    ) -> Result<Self, IllegalTransition> {
        let state = Incident::replay(&log)?;
        let found = Investigation::in_incident(&state).map(|found| found.proposals);
        let sent = Sent {
            incident: id.clone(),
            next: next(id, &state, playbooks, read_at),
            proposals: found.iter().flatten().map(Proposed::of).collect(),
            log,
            read_at,
        };
        Ok(Self::from_parts(sent, state))
    }

    fn from_parts(sent: Sent, state: Incident) -> Self {
        let Sent {
            incident,
            next,
            proposals,
            log,
            read_at,
        } = sent;
        Self {
            incident,
            status: state.status(),
            next,
            proposals,
            times: times::moments(&log, &state),
            timings: Times::of(&log, &state),
            state,
            log,
            read_at,
        }
    }
}

impl TryFrom<Sent> for View {
    type Error = IllegalTransition;

    fn try_from(sent: Sent) -> Result<Self, IllegalTransition> {
        let state = Incident::replay(&sent.log)?;
        Ok(Self::from_parts(sent, state))
    }
}

impl Proposed {
    fn of(proposal: &Proposal) -> Self {
        Self {
            what: proposal.what.clone(),
            because: proposal.because.clone(),
            command: proposal.command(),
        }
    }
}

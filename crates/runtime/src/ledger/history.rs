//! What a target had before: the findings of an incident, and the incidents that it follows.

use backstop_core::{
    activity_after_end::History,
    incident::Incident,
    log::{Event, FindingRef},
};

use super::{IncidentLog, Ledger, LedgerError};

/// Closed incidents of one target that are looked at. Findings older than that have expired in GuardDuty, which
/// keeps them for 90 days.
const LONGEST_HISTORY: usize = 20;

impl Ledger {
    /// The logs of the incidents that this one follows, newest first.
    async fn before(&self, incident: &Incident) -> Result<Vec<IncidentLog>, LedgerError> {
        let mut logs = Vec::new();
        let mut linked = incident.opened.linked.clone();
        while let Some(id) = linked.filter(|_| logs.len() < LONGEST_HISTORY) {
            let log = self.log(&id).await?;
            linked = log.incident()?.opened.linked;
            logs.push(log);
        }
        Ok(logs)
    }
}

impl Ledger {
    /// What the target of this incident had, up to it.
    pub async fn history(&self, log: &IncidentLog) -> Result<History, LedgerError> {
        let before = self.before(&log.incident()?).await?;
        let before = before.iter().map(|log| (log.id(), log.records()));
        Ok(History::read((log.id(), log.records()), before)?)
    }
}

impl IncidentLog {
    /// Every copy of a finding that the incident was opened by or that joined it.
    pub fn findings(&self) -> impl Iterator<Item = &FindingRef> {
        self.records().iter().filter_map(|record| match &record.event {
            Event::Opened(opened) => Some(&opened.finding),
            Event::FindingJoined(reference) => Some(reference),
            _ => None,
        })
    }
}

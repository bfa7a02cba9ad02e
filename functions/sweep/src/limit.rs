//! Lists what waits beyond the hourly limit: of what isn't grave nobody was asked by itself. Once half of the time to decide is
//! over it is listed a second time.

use std::collections::BTreeSet;

use backstop_core::{
    IncidentId,
    incident::Incident,
    notice::digest,
    sweep::{half_over, is_unasked_beyond_limit},
};
use backstop_runtime::{IncidentLog, now};
use jiff::SignedDuration;

use crate::{Sweep, incidents::Left, report::Report};

/// What people were notified of.
const NOTIFIED: &str = "digest";
/// What they were notified of again.
const REMINDED: &str = "digest-again";
/// No question stays open for as long as this.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(8 * 24);

/// What waits so.
#[derive(Default)]
pub(crate) struct BeyondLimit {
    all: Vec<(IncidentId, Incident)>,
    /// Of those, what has waited for half of its time.
    late: BTreeSet<IncidentId>,
}

impl BeyondLimit {
    /// Takes it in, if it waits so.
    pub(crate) fn take(&mut self, log: &IncidentLog, incident: &Incident) {
        if !is_unasked_beyond_limit(incident) {
            return;
        }
        let id = log.id();
        if half_over(incident, log.records(), now()).is_some() {
            self.late.insert(id.clone());
        }
        self.all.push((id.clone(), incident.clone()));
    }
}

impl Sweep {
    /// Has people notified, if there is one that they weren't notified of, or not since half of its time is over.
    pub(crate) async fn list_beyond_limit(&self, beyond: BeyondLimit, left: &Left, report: &mut Report) {
        let BeyondLimit { all, late } = beyond;
        report.beyond_limit = all.len();
        let ids = all.iter().map(|(id, _)| id.clone()).collect();
        for (name, ids) in [(NOTIFIED, ids), (REMINDED, late)] {
            let list = |now| digest(&all, now);
            let notified = self.notify_news((name, REMEMBERED), ids, left, list, report);
            if let Err(error) = notified.await {
                report.failed("listing what waits beyond the hourly limit", &error);
            }
        }
    }
}

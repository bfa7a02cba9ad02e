//! Lists what waits beyond the hourly limit: of what isn't grave nobody was asked by itself.

use backstop_core::{
    IncidentId,
    about::About,
    incident::{Incident, Status},
    notice::digest,
};
use jiff::SignedDuration;

use crate::{Sweep, report::Report};

/// What people were notified of.
const NOTIFIED: &str = "digest";
/// No question stays open for as long as this.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(8 * 24);

/// Whether it waits for people who were told only that there are more such.
pub(crate) fn is_unasked_beyond_limit(incident: &Incident) -> bool {
    incident.limit().is_some()
        && incident.status() == Status::AwaitingApproval
        && !incident.notices.is_known(About::Question)
}

impl Sweep {
    /// Has people notified, if there is one that they weren't notified of.
    pub(crate) async fn list_beyond_limit(&self, all: &[(IncidentId, Incident)], report: &mut Report) {
        report.beyond_limit = all.len();
        let ids = all.iter().map(|(id, _)| id.clone()).collect();
        let notified = self.notify_news((NOTIFIED, REMEMBERED), ids, |now| digest(all, now), report);
        if let Err(error) = notified.await {
            report.failed("listing what waits beyond the hourly limit", &error);
        }
    }
}

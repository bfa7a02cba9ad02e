//! Lists what waits beyond the hourly limit: of what isn't grave nobody was asked by itself.

use std::collections::BTreeSet;

use backstop_core::{
    IncidentId,
    about::About,
    incident::{Incident, Status},
    notice::digest,
};
use backstop_runtime::{LedgerError, now, outbox::HandOverError};
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
        if let Err(error) = self.tell_beyond_limit(all, report).await {
            report.failed("listing what waits beyond the hourly limit", &error);
        }
    }

    async fn tell_beyond_limit(
        &self,
        all: &[(IncidentId, Incident)],
        report: &mut Report,
    ) -> Result<(), LedgerError> {
        let now = now();
        let ids: BTreeSet<IncidentId> = all.iter().map(|(id, _)| id.clone()).collect();
        let known: BTreeSet<IncidentId> = self.ledger.memo(NOTIFIED, now).await?.unwrap_or_default();
        if ids == known {
            return Ok(());
        }
        if !ids.is_subset(&known) {
            match self.outbox.hand_over(&self.ledger, &digest(all, now)).await {
                Ok(()) => report.notified = true,
                Err(HandOverError::Ledger(error)) => return Err(error),
                // It is written down: the next run has it delivered, and makes no other.
                Err(HandOverError::Call(error)) => report.failed("handing a notice over", &error),
            }
        }
        self.ledger.keep_memo(NOTIFIED, &ids, now + REMEMBERED).await
    }
}

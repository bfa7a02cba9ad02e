//! Hands the sweep's own notices over, and has those delivered that were written down and that nobody got: whoever wrote
//! one died, or a channel failed.

use std::collections::BTreeSet;

use backstop_core::{IncidentId, notice::Notice};
use backstop_runtime::{LedgerError, now, outbox::HandOverError};
use jiff::{SignedDuration, Timestamp};

use crate::{Sweep, incidents::Left, report::Report};

/// Lambda itself tries an asynchronous request three times within minutes; until then a notice is on its way.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(10);
/// The oldest come first; the next run goes on.
const MOST: usize = 200;

impl Sweep {
    /// Writes a notice down and has it delivered; says whether that was asked for. One that is only written down is delivered
    /// by the next run, which makes no other.
    pub(crate) async fn hand_over(&self, notice: &Notice, report: &mut Report) -> Result<bool, LedgerError> {
        match self.outbox.hand_over(&self.ledger, notice).await {
            Ok(()) => Ok(true),
            Err(HandOverError::Ledger(error)) => Err(error),
            Err(HandOverError::Call(error)) => {
                report.failed("handing a notice over", &error);
                Ok(false)
            }
        }
    }

    /// Notifies people of these incidents if there is one among them that they weren't notified of. Which they know is kept
    /// under this name, for so long; of those that are left to the next run they know what they knew.
    pub(crate) async fn notify_news(
        &self,
        (name, remembered): (&str, SignedDuration),
        mut ids: BTreeSet<IncidentId>,
        left: &Left,
        notice: impl FnOnce(Timestamp) -> Notice,
        report: &mut Report,
    ) -> Result<(), LedgerError> {
        let now = now();
        let known: BTreeSet<IncidentId> = self.ledger.memo(name, now).await?.unwrap_or_default();
        ids.extend(known.intersection(left).cloned());
        if ids == known {
            return Ok(());
        }
        if !ids.is_subset(&known) && self.hand_over(&notice(now), report).await? {
            report.notified = true;
        }
        self.ledger.keep_memo(name, &ids, now + remembered).await
    }

    /// Asks for the delivery of each again, whatever became of its incident.
    pub(crate) async fn deliver_notices(&self, report: &mut Report) {
        let all = match self.ledger.undelivered(MOST).await {
            Ok(all) => all,
            Err(error) => return report.failed("listing the notices that aren't delivered", &error),
        };
        let too_old = now() - ON_ITS_WAY;
        for late in all.into_iter().filter(|one| one.written < too_old) {
            let (key, incident) = (late.notice.key.clone(), late.notice.incident.clone());
            tracing::warn!(notice = %key, ?incident, written = %late.written, "not delivered yet");
            match self.outbox.deliver(late.notice).await {
                Ok(()) => report.notices_again += 1,
                Err(error) => report.failed(&format!("having notice `{key}` delivered"), &error),
            }
        }
    }
}

//! Has notices delivered that were written down and that nobody got: whoever wrote one died, or a channel failed.

use backstop_runtime::now;
use jiff::SignedDuration;

use crate::{Sweep, report::Report};

/// Lambda itself tries an asynchronous request three times within minutes; until then a notice is on its way.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(10);
/// The oldest come first; the next run goes on.
const MOST: usize = 200;

impl Sweep {
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

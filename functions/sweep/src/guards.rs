//! Tells people of pauses and exemptions that are new, are others now, or have ended, whoever wrote them. What was seen
//! last is kept from one run to the next.

use backstop_core::{guardrail::Guardrails, notice::guards_changed};
use backstop_runtime::{LedgerError, now};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Sweep, report::Report};

/// The name under which it is kept.
const SEEN: &str = "guards";
/// Longer than any guard lasts.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(400 * 24);

/// The guards as they were seen last.
#[derive(Serialize, Deserialize)]
struct Seen {
    guards: Guardrails,
    at: Timestamp,
}

impl Sweep {
    /// One notice at most. Runs before what has ended is removed.
    pub(crate) async fn tell_of_guards(&self, report: &mut Report) {
        if let Err(error) = self.compare_guards(report).await {
            report.failed("comparing pauses and exemptions", &error);
        }
    }

    async fn compare_guards(&self, report: &mut Report) -> Result<(), LedgerError> {
        let at = now();
        let guards = self.ledger.guardrails().await?;
        let seen: Option<Seen> = self.ledger.memo(SEEN, at).await.or_else(unreadable)?;
        let before = seen.unwrap_or(Seen {
            guards: Guardrails::default(),
            at,
        });
        if let Some(notice) = guards_changed((&before.guards, before.at), &guards, at) {
            self.hand_over(&notice, report).await?;
        }
        let until = at + REMEMBERED;
        self.ledger.keep_memo(SEEN, &Seen { guards, at }, until).await
    }
}

/// What an earlier version kept, or a forger, is as good as nothing: every guard is told again.
fn unreadable(error: LedgerError) -> Result<Option<Seen>, LedgerError> {
    match error {
        LedgerError::Unreadable { .. } => Ok(None),
        error => Err(error),
    }
}

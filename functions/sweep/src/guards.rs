//! Tells people of pauses and exemptions that are new, are others now, or have ended, whoever wrote them, and once a day
//! of those in force. What was seen last is kept from one run to the next, in the table: whoever can write a guard there
//! can also write that it was seen, and is found out within a day.

use std::collections::BTreeSet;

use backstop_core::{
    NoticeKey,
    guardrail::Guardrails,
    notice::{GuardChanges, guards_in_force},
    task::NoticeRef,
};
use backstop_runtime::{LedgerError, now};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Sweep, report::Report};

/// The name under which it is kept.
const SEEN: &str = "guards";
/// Longer than any guard lasts.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(400 * 24);

/// How often people are told what is in force.
const REPEATED: SignedDuration = SignedDuration::from_hours(24);
/// More changes between two runs than these are told whether or not people know of some: no person makes so many.
const MOST_BY_PEOPLE: usize = 50;

/// The guards as they were seen last.
#[derive(Serialize, Deserialize)]
struct Seen {
    guards: Guardrails,
    at: Timestamp,
    /// When people were last told of all that was in force.
    #[serde(default)]
    all_told: Option<Timestamp>,
}

impl Seen {
    /// Whether people are to be told again of all that is in force. A time that is still to come is a forger's.
    fn is_old(&self, now: Timestamp) -> bool {
        self.all_told
            .is_none_or(|told| told > now || now.duration_since(told) >= REPEATED)
    }
}

impl Sweep {
    /// Two notices at most. Runs before what has ended is removed.
    pub(crate) async fn tell_of_guards(&self, report: &mut Report) {
        if let Err(error) = self.compare_guards(report).await {
            report.failed("comparing pauses and exemptions", &error);
        }
    }

    async fn compare_guards(&self, report: &mut Report) -> Result<(), LedgerError> {
        let at = now();
        let guards = self.ledger.guardrails().await?;
        let seen: Option<Seen> = self.ledger.memo(SEEN, at).await.or_else(unreadable)?;
        // What nobody has seen yet is all new, and told as that.
        let before = seen.unwrap_or(Seen {
            guards: Guardrails::default(),
            at,
            all_told: Some(at),
        });
        let changes = GuardChanges::between((&before.guards, before.at), &guards, at);
        let told = self.told_since(before.at, changes.keys()).await?;
        if let Some(notice) = changes.without(&told).notice() {
            self.hand_over(&notice, report).await?;
        }
        let mut all_told = before.all_told;
        if before.is_old(at) {
            if let Some(notice) = guards_in_force(&guards, at) {
                self.hand_over(&notice, report).await?;
            }
            all_told = Some(at);
        }
        let until = at + REMEMBERED;
        let seen = Seen { guards, at, all_told };
        self.ledger.keep_memo(SEEN, &seen, until).await
    }

    /// Those of these notices that were written down since: by the api, for whom it did this.
    async fn told_since(
        &self,
        since: Timestamp,
        keys: Vec<NoticeKey>,
    ) -> Result<BTreeSet<NoticeKey>, LedgerError> {
        let mut told = BTreeSet::new();
        if keys.len() > MOST_BY_PEOPLE {
            return Ok(told);
        }
        for key in keys {
            let reference = NoticeRef { key, incident: None };
            match self.ledger.notice(&reference).await {
                Ok(Some(kept)) if kept.written >= since => {
                    told.insert(reference.key);
                }
                // One that can't be read tells nobody anything.
                Ok(_) | Err(LedgerError::Unreadable { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(told)
    }
}

/// What an earlier version kept, or a forger, is as good as nothing: every guard is told again.
fn unreadable(error: LedgerError) -> Result<Option<Seen>, LedgerError> {
    match error {
        LedgerError::Unreadable { .. } => Ok(None),
        error => Err(error),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn whatever_the_memory_says_all_is_told_again_within_a_day() {
        let now: Timestamp = "2026-01-10T12:00:00Z".parse().unwrap();
        let seen = |all_told| Seen {
            guards: Guardrails::default(),
            at: now,
            all_told,
        };
        let ago = |hours| Some(now - SignedDuration::from_hours(hours));
        assert!(seen(None).is_old(now), "an earlier version's, or a forger's");
        assert!(seen(Some("9999-01-01T00:00:00Z".parse().unwrap())).is_old(now));
        assert!(seen(ago(24)).is_old(now));
        assert!(!seen(ago(23)).is_old(now));
    }
}

//! Sees to incidents that nobody works on any more, and has people notified of those that are theirs.

use std::collections::BTreeSet;

use backstop_core::{
    IncidentId,
    incident::{Incident, Status},
    log::Event,
    notice::{Found, NeedsPerson, attention},
    sweep::{SweepAction, sweep_action},
};
use backstop_runtime::{
    CallError, IncidentLog, LedgerError, ledger::IncidentRow, now, outbox::HandOverError,
};
use jiff::SignedDuration;

use crate::{Sweep, limit::is_unasked_beyond_limit, report::Report};

/// How many incidents are looked at, the newest first: of those that may need attention, however old they are.
const MOST: usize = 1000;
/// By the status that lists show; the log has the last word.
const NEEDING_ATTENTION: [Status; 6] = [
    Status::Open,
    Status::AwaitingApproval,
    Status::Containing,
    Status::Expired,
    Status::Undoing,
    Status::Stuck,
];
/// What people were notified of. The name under which it is kept is older than the word.
const NOTIFIED: &str = "told";
/// People are notified again of an incident that has needed them for so long.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// An incident can't be seen to.
#[derive(Debug, thiserror::Error)]
enum AttentionError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Call(#[from] CallError),
}

impl Sweep {
    /// Removes pauses and exemptions that have ended. They have done nothing since; lists get shorter.
    pub(crate) async fn expire_guards(&self, report: &mut Report) {
        match self.ledger.remove_expired_guards(now()).await {
            Ok(removed) => {
                report.expired_guards = removed.len();
                for guard in removed {
                    tracing::info!(%guard, "has ended and is removed");
                }
            }
            Err(error) => report.failed("removing what has ended of pauses and exemptions", &error),
        }
    }

    /// Expires, closes and names; one notice at most.
    pub(crate) async fn see_to_incidents(&self, report: &mut Report) {
        let rows = match self.ledger.incidents_with(&NEEDING_ATTENTION, MOST).await {
            Ok(rows) => rows,
            Err(error) => return report.failed("listing the incidents", &error),
        };
        if rows.len() == MOST {
            tracing::warn!(most = MOST, "more incidents than these may need attention");
        }
        let (mut attention, mut beyond) = (Vec::new(), Vec::new());
        for row in &rows {
            match self.see_to(row, &mut beyond, report).await {
                Ok(found) => attention.extend(found),
                Err(error) => report.failed(&format!("looking at incident {}", row.incident), &error),
            }
        }
        self.list_beyond_limit(&beyond, report).await;
        report.attention = attention.len();
        if let Err(error) = self.notify(&attention, report).await {
            report.failed("notifying people of incidents that need them", &error);
        }
    }

    async fn see_to(
        &self,
        row: &IncidentRow,
        beyond: &mut Vec<(IncidentId, Incident)>,
        report: &mut Report,
    ) -> Result<Option<NeedsPerson>, AttentionError> {
        let mut log = self.ledger.log(&row.incident).await?;
        let incident = log.incident()?;
        if is_unasked_beyond_limit(&incident) {
            beyond.push((row.incident.clone(), incident.clone()));
        }
        let progress = log.records().iter().filter(|record| record.event.is_progress());
        let Some(last) = progress.map(|record| record.at).max() else {
            return Ok(None);
        };
        let machine = self
            .machines
            .execution(&incident.opened.playbook, &row.incident)
            .await?;
        let found = match sweep_action(&incident, last, machine, now()) {
            SweepAction::None => return Ok(None),
            SweepAction::Notify(why) => Found::Why(why),
            SweepAction::Expire => {
                log.append(&self.ledger, Event::ApprovalExpired).await?;
                report.expired_approvals += 1;
                self.close(&mut log, report).await?;
                Found::ClosedBySweep
            }
            SweepAction::Close => {
                self.close(&mut log, report).await?;
                Found::ClosedBySweep
            }
        };
        Ok(Some(NeedsPerson {
            id: row.incident.clone(),
            incident: log.incident()?,
            found,
        }))
    }

    async fn close(&self, log: &mut IncidentLog, report: &mut Report) -> Result<(), LedgerError> {
        let status = log.incident()?.conclusion();
        log.append(&self.ledger, Event::Closed { status }).await?;
        // A step that began meanwhile wrote to a chain of its own: what it did counts.
        *log = self.ledger.log(log.id()).await?;
        let status = log.incident()?.status();
        self.ledger.show_status(log.id(), status).await?;
        report.closed += 1;
        // What its machine would have done besides: Security Hub is told, and the evidence kept.
        if let Err(error) = self.closer.finish(log.id()).await {
            report.failed(&format!("having the evidence of incident {} kept", log.id()), &error);
        }
        tracing::warn!(incident = %log.id(), %status, "closed: its machine had ended without doing so");
        Ok(())
    }

    /// Only if there is an incident that people weren't notified of.
    async fn notify(&self, all: &[NeedsPerson], report: &mut Report) -> Result<(), AttentionError> {
        let ids: BTreeSet<IncidentId> = all.iter().map(|one| one.id.clone()).collect();
        let known: BTreeSet<IncidentId> = self.ledger.memo(NOTIFIED, now()).await?.unwrap_or_default();
        if ids == known {
            return Ok(());
        }
        if !ids.is_subset(&known) {
            let notice = attention(all, now());
            match self.outbox.hand_over(&self.ledger, &notice).await {
                Ok(()) => report.notified = true,
                Err(HandOverError::Ledger(error)) => return Err(error.into()),
                // It is written down: the next run has it delivered, and makes no other.
                Err(HandOverError::Call(error)) => report.failed("handing a notice over", &error),
            }
        }
        self.ledger.keep_memo(NOTIFIED, &ids, now() + REMEMBERED).await?;
        Ok(())
    }
}

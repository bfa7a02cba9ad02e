//! Sees to incidents that nobody works on any more, and has people notified of those that are theirs.

use backstop_core::{
    IncidentId,
    incident::Incident,
    log::Event,
    notice::{self, Found, NeedsPerson},
    sweep::{NEEDING_ATTENTION, SweepAction, sweep_action, unanswered},
    task::ExecutionName,
};
use backstop_runtime::{CallError, IncidentLog, LedgerError, ledger::IncidentRow, now};
use jiff::SignedDuration;

use crate::{Sweep, limit::is_unasked_beyond_limit, report::Report};

/// How many incidents are looked at, the newest first: of those that may need attention, however old they are.
const MOST: usize = 1000;
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
        let ids = attention.iter().map(|one| one.id.clone()).collect();
        let make = |now| notice::attention(&attention, now);
        if let Err(error) = self.notify_news((NOTIFIED, REMEMBERED), ids, make, report).await {
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
        let found = self.act_on(row, &mut log, report).await?;
        // Only now: what was expired or closed just now waits for nobody any more.
        let incident = log.incident()?;
        if is_unasked_beyond_limit(&incident) {
            beyond.push((row.incident.clone(), incident.clone()));
        }
        self.remind(&row.incident, &log, &incident, report).await;
        let id = row.incident.clone();
        Ok(found.map(|found| NeedsPerson { id, incident, found }))
    }

    /// Nobody has answered, and half of the time to do so is over.
    async fn remind(&self, id: &IncidentId, log: &IncidentLog, incident: &Incident, report: &mut Report) {
        let Some((question, asked_at)) = unanswered(incident, log.records(), now()) else {
            return;
        };
        let notice = notice::reminder(id, incident, question, asked_at);
        match self.hand_over(&notice, report).await {
            Ok(_) => report.reminded += 1,
            Err(error) => report.failed(&format!("reminding people of incident {id}"), &error),
        }
    }

    /// Expires or closes it, if it is left behind; says why people must hear of it.
    async fn act_on(
        &self,
        row: &IncidentRow,
        log: &mut IncidentLog,
        report: &mut Report,
    ) -> Result<Option<Found>, AttentionError> {
        let incident = log.incident()?;
        let progress = log.records().iter().filter(|record| record.event.is_progress());
        let Some(last) = progress.map(|record| record.at).max() else {
            return Ok(None);
        };
        let name = ExecutionName::of_playbook(&row.incident);
        let machine = self.machines.execution(&incident.opened.playbook, &name).await?;
        Ok(match sweep_action(&incident, last, machine, now()) {
            SweepAction::None => None,
            SweepAction::Notify(why) => Some(Found::Why(why)),
            SweepAction::Expire => {
                log.append(&self.ledger, Event::ApprovalExpired).await?;
                report.expired_approvals += 1;
                self.close(log, report).await?;
                Some(Found::ClosedBySweep)
            }
            SweepAction::Close => {
                self.close(log, report).await?;
                Some(Found::ClosedBySweep)
            }
        })
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
            report.failed(
                &format!("having the evidence of incident {} kept", log.id()),
                &error,
            );
        }
        tracing::warn!(incident = %log.id(), %status, "closed: its machine had ended without doing so");
        Ok(())
    }
}

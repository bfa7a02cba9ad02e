//! Sees to incidents that nobody works on any more, and has people notified of those that are theirs.

use std::{collections::BTreeSet, time::Duration};

use backstop_core::{
    IncidentId,
    incident::{Incident, Status},
    log::{Event, OriginKind},
    notice::{self, Found, NeedsPerson},
    sweep::{
        Machine, NEEDING_ATTENTION, SweepAction, action_by_log, is_seen_to, is_shown_late, sweep_action,
        unanswered,
    },
    task::ExecutionName,
};
use backstop_runtime::{CallError, IncidentLog, LedgerError, ledger::IncidentRow, now};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::{Sweep, limit::BeyondLimit, report::Report, turn::Turn};

/// How many incidents are listed, the oldest first: of those that may need attention, however old they are. What is seen to
/// comes no more. The ids of so many fit into one item of the table.
const MOST: usize = 10_000;
/// How long they are looked at. The next run goes on with those whose turn it is then.
const TIME_TO_LOOK: Duration = Duration::from_secs(90);
/// Where it goes on, while that matters.
const TURN: &str = "attention-turn";
const TURN_REMEMBERED: SignedDuration = SignedDuration::from_hours(3 * 24);
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

/// Those that one run didn't come to.
pub(crate) type Left = BTreeSet<IncidentId>;

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
        let rows = match self.rows_by_turn().await {
            Ok(rows) => rows,
            Err(error) => return report.failed("listing the incidents", &error),
        };
        let until = Instant::now() + TIME_TO_LOOK;
        let (mut attention, mut beyond) = (Vec::new(), BeyondLimit::default());
        let mut last = None;
        let mut coming = rows.iter();
        while Instant::now() < until {
            let Some(row) = coming.next() else { break };
            last = Some(row);
            match self.see_to(row, &mut beyond, report).await {
                Ok(found) => attention.extend(found),
                Err(error) => report.failed(&format!("looking at incident {}", row.incident), &error),
            }
        }
        let left: Left = coming.map(|row| row.incident.clone()).collect();
        if rows.len() == MOST {
            report.unfinished.push(format!(
                "incidents beyond the oldest {MOST} that may need attention"
            ));
        }
        if !left.is_empty() {
            let (left, all) = (left.len(), rows.len());
            report
                .unfinished
                .push(format!("{left} of {all} incidents that may need attention"));
            self.keep_turn(last, report).await;
        }
        self.list_beyond_limit(beyond, &left, report).await;
        report.attention = attention.len();
        let ids = attention.iter().map(|one| one.id.clone()).collect();
        let make = |now| notice::attention(&attention, now);
        let notified = self.notify_news((NOTIFIED, REMEMBERED), ids, &left, make, report);
        if let Err(error) = notified.await {
            report.failed("notifying people of incidents that need them", &error);
        }
    }

    /// The oldest first, from where the last run stopped, if it did.
    async fn rows_by_turn(&self) -> Result<Vec<IncidentRow>, LedgerError> {
        let mut rows = self.ledger.unseen_to(&NEEDING_ATTENTION, MOST).await?;
        let turn: Option<Turn> = self.ledger.memo(TURN, now()).await?;
        Turn::arrange(turn.as_ref(), &mut rows);
        Ok(rows)
    }

    async fn keep_turn(&self, last: Option<&IncidentRow>, report: &mut Report) {
        let Some(turn) = last.map(Turn::after) else { return };
        let kept = self.ledger.keep_memo(TURN, &turn, now() + TURN_REMEMBERED);
        if let Err(error) = kept.await {
            report.failed("noting where the next run goes on", &error);
        }
    }

    async fn see_to(
        &self,
        row: &IncidentRow,
        beyond: &mut BeyondLimit,
        report: &mut Report,
    ) -> Result<Option<NeedsPerson>, AttentionError> {
        let mut log = self.ledger.log(&row.incident).await?;
        if let Err(error) = self.repeat_tail(row, &log, report).await {
            report.failed(&format!("finishing closed incident {}", row.incident), &error);
        }
        let found = self.act_on(row, &mut log, report).await?;
        // Only now: what was expired or closed just now waits for nobody any more.
        let incident = log.incident()?;
        beyond.take(&log, &incident);
        self.remind(&log, &incident, report).await;
        if is_seen_to(&incident, row.status) {
            self.ledger.note_seen_to(&row.incident, row.status).await?;
        }
        let id = row.incident.clone();
        Ok(found.map(|found| NeedsPerson { id, incident, found }))
    }

    /// Whoever closed it died before lists showed that, or whoever decided was late to show it and hid how it ended. A machine
    /// that runs reads it a second time, and sees to the rest.
    async fn repeat_tail(
        &self,
        row: &IncidentRow,
        log: &IncidentLog,
        report: &mut Report,
    ) -> Result<(), AttentionError> {
        let incident = log.incident()?;
        let is_late =
            last_progress(log).is_some_and(|last| is_shown_late(&incident, row.status, last, now()));
        if !is_late {
            return Ok(());
        }
        let status = incident.status();
        let name = ExecutionName::of_playbook(&row.incident);
        match self.machines.execution(&incident.opened.playbook, &name).await? {
            Machine::Runs => self.ledger.show_status(&row.incident, status).await?,
            Machine::Ended | Machine::Absent => self.finish(&row.incident, status, report).await,
        }
        Ok(())
    }

    /// Nobody has answered, and half of the time to do so is over.
    async fn remind(&self, log: &IncidentLog, incident: &Incident, report: &mut Report) {
        let id = log.id();
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
        let Some(last) = last_progress(log) else {
            return Ok(None);
        };
        let is_plan = incident.opened.origin.kind() == OriginKind::Plan;
        let action = match action_by_log(&incident, last, now()) {
            Some(action) => action,
            // Asked only where it matters: Step Functions answers so many a second for the whole account.
            None => {
                let name = ExecutionName::of_playbook(&row.incident);
                let machine = self.machines.execution(&incident.opened.playbook, &name).await?;
                sweep_action(&incident, last, machine, now())
            }
        };
        Ok(match action {
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
                // Whoever asked for a plan sees that it came to nothing.
                (!is_plan).then_some(Found::ClosedBySweep)
            }
        })
    }

    async fn close(&self, log: &mut IncidentLog, report: &mut Report) -> Result<(), LedgerError> {
        let status = log.incident()?.conclusion();
        log.append(&self.ledger, Event::Closed { status }).await?;
        report.closed += 1;
        // A step that began meanwhile wrote to a chain of its own: what it did counts.
        *log = self.ledger.log(log.id()).await?;
        let status = log.incident()?.status();
        tracing::warn!(incident = %log.id(), %status, "closed: its machine had ended without doing so");
        self.finish(log.id(), status, report).await;
        Ok(())
    }

    /// What its machine would have done besides: Security Hub is told, and the evidence kept. Lists show how it ended only once
    /// that is asked for, since the next run comes back to what they show otherwise.
    async fn finish(&self, id: &IncidentId, status: Status, report: &mut Report) {
        if let Err(error) = self.closer.finish(id).await {
            return report.failed(&format!("having the evidence of incident {id} kept"), &error);
        }
        if let Err(error) = self.ledger.show_status(id, status).await {
            report.failed(&format!("showing how incident {id} ended"), &error);
        }
    }
}

/// When somebody worked on it last.
fn last_progress(log: &IncidentLog) -> Option<Timestamp> {
    let progress = log.records().iter().filter(|record| record.event.is_progress());
    progress.map(|record| record.at).max()
}

#[cfg(test)]
mod tests;

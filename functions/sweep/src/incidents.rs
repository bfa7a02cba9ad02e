//! Takes care of incidents that nobody works on any more, and tells people of those that are theirs.

use std::collections::BTreeSet;

use backstop_core::{
    IncidentId,
    incident::Status,
    log::Event,
    message::{Found, Needy, attention},
    sweep::{Care, care},
};
use backstop_runtime::{CallError, IncidentLog, LedgerError, ledger::IncidentRow, now};
use jiff::SignedDuration;

use crate::{Sweep, report::Report};

/// How many of the newest incidents are looked at.
const MOST: usize = 1000;
/// What people were told of.
const TOLD: &str = "told";
/// What nobody cared about for so long is told again.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// An incident can't be taken care of.
#[derive(Debug, thiserror::Error)]
enum CareError {
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
    pub(crate) async fn care_for_incidents(&self, report: &mut Report) {
        let rows = match self.ledger.incidents(MOST).await {
            Ok(rows) => rows,
            Err(error) => return report.failed("listing the incidents", &error),
        };
        if rows.len() == MOST {
            tracing::warn!(
                most = MOST,
                "older incidents than the newest ones aren't looked at"
            );
        }
        let mut needy = Vec::new();
        for row in rows.iter().filter(|row| may_need_care(row.status)) {
            match self.care_for(row, report).await {
                Ok(found) => needy.extend(found),
                Err(error) => report.failed(&format!("looking at incident {}", row.incident), &error),
            }
        }
        report.needy = needy.len();
        if let Err(error) = self.tell(&needy, report).await {
            report.failed("telling people of incidents that need them", &error);
        }
    }

    async fn care_for(&self, row: &IncidentRow, report: &mut Report) -> Result<Option<Needy>, CareError> {
        let mut log = self.ledger.log(&row.incident).await?;
        let incident = log.incident()?;
        let Some(last) = log.records().last().map(|record| record.at) else {
            return Ok(None);
        };
        let machine = self
            .machines
            .execution(&incident.opened.playbook, &row.incident)
            .await?;
        let found = match care(&incident, last, machine, now()) {
            Care::None => return Ok(None),
            Care::Tell(why) => Found::Why(why),
            Care::Expire => {
                log.append(&self.ledger, Event::ApprovalExpired).await?;
                report.expired_approvals += 1;
                self.close(&mut log, report).await?;
                Found::ClosedBySweep
            }
            Care::Close => {
                self.close(&mut log, report).await?;
                Found::ClosedBySweep
            }
        };
        Ok(Some(Needy {
            id: row.incident.clone(),
            incident: log.incident()?,
            found,
        }))
    }

    async fn close(&self, log: &mut IncidentLog, report: &mut Report) -> Result<(), LedgerError> {
        let status = log.incident()?.conclusion();
        log.append(&self.ledger, Event::Closed { status }).await?;
        self.ledger.show_status(log.id(), status).await?;
        report.closed += 1;
        tracing::warn!(incident = %log.id(), %status, "closed: its machine had ended without doing so");
        Ok(())
    }

    /// Tells people only if there is an incident that they weren't told of.
    async fn tell(&self, needy: &[Needy], report: &mut Report) -> Result<(), CareError> {
        let ids: BTreeSet<IncidentId> = needy.iter().map(|one| one.id.clone()).collect();
        let told: BTreeSet<IncidentId> = self.ledger.memo(TOLD, now()).await?.unwrap_or_default();
        if ids == told {
            return Ok(());
        }
        if !ids.is_subset(&told) {
            self.alerts.publish(&attention(needy)).await?;
            report.told = true;
        }
        self.ledger.keep_memo(TOLD, &ids, now() + REMEMBERED).await?;
        Ok(())
    }
}

/// By the status that lists show; the log has the last word.
const fn may_need_care(status: Status) -> bool {
    matches!(
        status,
        Status::Open
            | Status::AwaitingApproval
            | Status::Containing
            | Status::Expired
            | Status::Undoing
            | Status::Stuck
    )
}

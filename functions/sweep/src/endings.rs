//! Has people told how incidents ended whose notice was never written down: `notify` couldn't be run, or died first.

use std::time::Duration;

use backstop_core::{
    incident::Status,
    sweep::{Ending, ending},
};
use backstop_runtime::{LedgerError, ledger::IncidentRow, now};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::{Sweep, report::Report};

/// How many incidents are listed, the oldest first; the next run goes on, since what is settled comes no more.
const MOST: usize = 2000;
/// How long they are looked at.
const TIME_TO_LOOK: Duration = Duration::from_secs(45);
const ENDED: [Status; 13] = [
    Status::Contained,
    Status::Confirmed,
    Status::Reopened,
    Status::PartiallyContained,
    Status::Failed,
    Status::Refused,
    Status::Observed,
    Status::Reported,
    Status::Denied,
    Status::Expired,
    Status::Unreached,
    Status::Undone,
    Status::Stuck,
];

impl Sweep {
    /// Has `notify` make each that is missing. The log of an incident is read until people know, and not again.
    pub(crate) async fn tell_endings(&self, report: &mut Report) {
        if let Err(error) = self.find_untold(report).await {
            report.failed("looking for endings that nobody was told of", &error);
        }
    }

    /// A question may wait for a week, and containing takes its time: an incident is looked for as long as it may be watched.
    async fn find_untold(&self, report: &mut Report) -> Result<(), LedgerError> {
        let now = now();
        let since = self.watch.opened_since(now);
        let rows = self.ledger.unsettled_endings(&ENDED, since, MOST).await?;
        let until = Instant::now() + TIME_TO_LOOK;
        let mut coming = rows.iter();
        while Instant::now() < until {
            let Some(row) = coming.next() else { break };
            if self.is_settled(row, now, report).await {
                self.ledger.note_ending_settled(&row.incident, row.status).await?;
            }
        }
        if rows.len() == MOST || coming.next().is_some() {
            report
                .unfinished
                .push("the endings that nobody was told of".to_owned());
        }
        Ok(())
    }

    async fn is_settled(&self, row: &IncidentRow, now: Timestamp, report: &mut Report) -> bool {
        let id = &row.incident;
        let incident = match self.ledger.log(id).await.and_then(|log| log.incident()) {
            Ok(incident) => incident,
            Err(error) => {
                report.failed(&format!("reading how incident {id} ended"), &error);
                return false;
            }
        };
        match ending(&incident, now) {
            Ending::Settled => true,
            Ending::TooSoon => false,
            Ending::Untold(about) => {
                tracing::warn!(incident = %id, about = about.as_str(), "nobody was told how it ended");
                match self.outbox.make(id, about).await {
                    Ok(()) => report.notices_again += 1,
                    Err(error) => report.failed(&format!("telling how incident {id} ended"), &error),
                }
                false
            }
        }
    }
}

#[cfg(test)]
mod tests;

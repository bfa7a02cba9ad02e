//! Which incidents have ended without it being settled that people know: beside the row that lists show.

use backstop_core::{IncidentId, api::IncidentRow, incident::Status};
use jiff::Timestamp;

use super::{Ledger, LedgerError, meta::and_not_marked};

/// An undo has an ending of its own, so the row says of which status it is settled.
const SETTLED: &str = "ending_settled";

impl Ledger {
    /// Those that lists show with one of these statuses, opened since then, of which that isn't settled; the oldest first, at
    /// most `most`. DynamoDB leaves the others out, so that no flood of what is settled keeps one from being seen.
    pub async fn unsettled_endings(
        &self,
        statuses: &[Status],
        since: Timestamp,
        most: usize,
    ) -> Result<Vec<IncidentRow>, LedgerError> {
        let query = self.list_since(statuses, since, &and_not_marked(SETTLED));
        self.rows(query.scan_index_forward(true), most).await
    }

    /// Notes that people know that it ended so, or that nobody is to be told.
    pub async fn note_ending_settled(
        &self,
        incident: &IncidentId,
        status: Status,
    ) -> Result<(), LedgerError> {
        let what = format!("that people know how incident `{incident}` ended");
        self.set_on_row(incident, SETTLED, status.as_str(), what).await
    }
}

//! Which incidents may need attention: beside the row that lists show.

use backstop_core::{IncidentId, api::IncidentRow, incident::Status};

use super::{Ledger, LedgerError, meta::and_not_marked};

/// An incident may come to need attention again by an undo, so the row says of which status it is seen to.
const SEEN_TO: &str = "seen_to";

impl Ledger {
    /// Those that lists show with one of these statuses and that weren't seen to, the oldest first, at most `most`, however old
    /// they are. DynamoDB leaves the others out before they are sent, so that what has ended never fills the list.
    pub async fn unseen_to(&self, statuses: &[Status], most: usize) -> Result<Vec<IncidentRow>, LedgerError> {
        let query = self.list_with(statuses, &and_not_marked(SEEN_TO));
        self.rows(query.scan_index_forward(true), most).await
    }

    /// Notes that nothing is left to see to while lists show it so.
    pub async fn note_seen_to(&self, incident: &IncidentId, status: Status) -> Result<(), LedgerError> {
        let what = format!("that incident `{incident}` is seen to");
        self.set_on_row(incident, SEEN_TO, status.as_str(), what).await
    }
}

//! A person who says that an incident needn't be looked after any more.

use jiff::Timestamp;
use serde::Serialize;

/// Who released it, why and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Released {
    /// The caller's ARN, as API Gateway proved it.
    pub by: String,
    /// The person's words.
    pub reason: String,
    /// When it was written down.
    pub at: Timestamp,
}

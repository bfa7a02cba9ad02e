//! The clock and the source of new ids, in one place.

use backstop_core::IncidentId;
use jiff::Timestamp;
use ulid::Ulid;

/// Now, to the millisecond: finer digits would only make logs harder to read.
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// A new ULID: sorts by time, fits an execution name.
pub fn new_id() -> String {
    Ulid::generate().to_string()
}

/// When the incident was opened: its id says so, and so do the names of the policies that it wrote.
pub fn opened_at(incident: &IncidentId) -> Option<Timestamp> {
    let id = Ulid::from_string(incident.as_str()).ok()?;
    Timestamp::from_millisecond(i64::try_from(id.timestamp_ms()).ok()?).ok()
}

//! The clock and the source of new ids, in one place.

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

//! Whether a log is whole: nothing removed, altered or put elsewhere.

use super::Record;
use crate::canonical::CanonicalError;

/// The chain is broken, or a record can't be hashed.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// A record is missing or out of order.
    #[error("log record {expected} is missing: found {found}")]
    Gap {
        /// The number that should come.
        expected: u32,
        /// The number found.
        found: u32,
    },
    /// A record doesn't follow the one before it.
    #[error("log record {seq} doesn't follow the record before it: the log was altered")]
    WrongPrevious {
        /// Its number.
        seq: u32,
    },
    /// A record's content doesn't match its hash.
    #[error("log record {seq} doesn't match its hash: the log was altered")]
    WrongHash {
        /// Its number.
        seq: u32,
    },
    /// The record can't be written as JSON.
    #[error("hashing log record {seq}")]
    Unhashable {
        /// Its number.
        seq: u32,
        /// Why.
        source: CanonicalError,
    },
}

/// Checks that the records are one unbroken, unaltered chain.
pub fn check_chain(records: &[Record]) -> Result<(), ChainError> {
    let mut previous: Option<&Record> = None;
    for record in records {
        let expected = previous.map_or(1, |before| before.seq + 1);
        if record.seq != expected {
            return Err(ChainError::Gap {
                expected,
                found: record.seq,
            });
        }
        if record.prev != previous.map(|before| before.hash.clone()).unwrap_or_default() {
            return Err(ChainError::WrongPrevious { seq: record.seq });
        }
        if record.hash != record.computed_hash()? {
            return Err(ChainError::WrongHash { seq: record.seq });
        }
        previous = Some(record);
    }
    Ok(())
}

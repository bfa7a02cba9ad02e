//! Writes with a condition, where one that doesn't hold is an answer.

use aws_sdk_dynamodb::error::SdkError;

use super::LedgerError;
use crate::CallError;

/// Whether the write was made: its condition held.
pub(super) fn held<T, E, R>(
    written: Result<T, SdkError<E, R>>,
    is_condition: impl FnOnce(&E) -> bool,
    failed: impl FnOnce(SdkError<E, R>) -> CallError,
) -> Result<bool, LedgerError> {
    match written {
        Ok(_) => Ok(true),
        Err(error) if error.as_service_error().is_some_and(is_condition) => Ok(false),
        Err(error) => Err(failed(error).into()),
    }
}

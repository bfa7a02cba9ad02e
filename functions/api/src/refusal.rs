//! What becomes of errors: each has a code, and what is in doubt is Backstop's fault, never the caller's.

use std::error::Error;

use backstop_core::{
    api::{ApiError, ErrorCode},
    incident::IllegalTransition,
    words::with_causes,
};
use backstop_runtime::{
    CallError, LedgerError, decision::DecisionError, manual_run::ManualRunError, undoing::UndoError,
};

pub(crate) fn refusal(code: ErrorCode, message: &str) -> ApiError {
    ApiError::new(code, message)
}

pub(crate) fn bad_request(message: &str) -> ApiError {
    refusal(ErrorCode::BadRequest, message)
}

/// What has no other name.
pub(crate) fn fault(error: &(dyn Error + 'static)) -> ApiError {
    refusal(ErrorCode::Internal, &with_causes(error))
}

pub(crate) fn of_ledger(error: LedgerError) -> ApiError {
    let code = error.code();
    match error {
        LedgerError::NoSuchIncident(id) => refusal(
            code,
            &format!("there is no incident `{id}`; list them with `backstop incidents list`"),
        ),
        error => refusal(code, &with_causes(&error)),
    }
}

pub(crate) fn of_log(error: IllegalTransition) -> ApiError {
    of_ledger(error.into())
}

pub(crate) fn of_call(error: CallError) -> ApiError {
    refusal(ErrorCode::Unavailable, &with_causes(&error))
}

pub(crate) fn of_decision(error: DecisionError) -> ApiError {
    match error {
        DecisionError::Ledger(error) => of_ledger(error),
        error => refusal(error.code(), &with_causes(&error)),
    }
}

pub(crate) fn of_undo(error: UndoError) -> ApiError {
    match error {
        UndoError::Ledger(error) => of_ledger(error),
        error => refusal(error.code(), &with_causes(&error)),
    }
}

pub(crate) fn of_run(error: ManualRunError) -> ApiError {
    match error {
        ManualRunError::Ledger(error) => of_ledger(error),
        error => refusal(error.code(), &with_causes(&error)),
    }
}

//! Why a decision has no effect, or not yet.

use backstop_core::{
    Hash, IncidentId,
    api::ErrorCode,
    incident::{Answer, Status},
    task::ApprovalAnswer,
};
use jiff::Timestamp;

use crate::{CallError, LedgerError};

/// The decision has no effect; each message names what to type next.
#[derive(Debug, thiserror::Error)]
pub enum DecisionError {
    /// The incidents table failed, or there is no such incident.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The incident is closed.
    #[error(
        "incident `{incident}` was closed as `{status}` at {at}: nothing waits for a decision; see it with \
         `backstop incidents show {incident}`"
    )]
    Closed {
        /// The incident.
        incident: IncidentId,
        /// Its status.
        status: Status,
        /// When it was closed.
        at: Timestamp,
    },
    /// No question is open.
    #[error(
        "incident `{incident}` is `{status}` and waits for no decision; follow it with \
         `backstop incidents show {incident} --watch`"
    )]
    NotWaiting {
        /// The incident.
        incident: IncidentId,
        /// Its status.
        status: Status,
    },
    /// The question was decided.
    #[error(
        "the plan of incident `{incident}` was {} already; follow it with \
         `backstop incidents show {incident} --watch`",
        in_words(*answer)
    )]
    AlreadyDecided {
        /// The incident.
        incident: IncidentId,
        /// How.
        answer: Answer,
    },
    /// This person has approved; another must.
    #[error(
        "you (`{by}`) approved incident `{incident}` already, {approvals} of {needed} needed: another person must \
         type `backstop approve {incident}`"
    )]
    AlreadyApprovedByYou {
        /// The incident.
        incident: IncidentId,
        /// The person.
        by: String,
        /// How many have approved.
        approvals: usize,
        /// How many must.
        needed: u8,
    },
    /// The person is whom the incident is about.
    #[error(
        "incident `{incident}` is about you (`{by}`), or about what acts as you: somebody else must decide on it; see it \
         with `backstop incidents show {incident}`"
    )]
    Compromised {
        /// The incident.
        incident: IncidentId,
        /// The person.
        by: String,
    },
    /// An approval must name the plan that was seen.
    #[error(
        "an approval names the plan that you saw: look at it with `backstop incidents show {incident}`, then type \
         `backstop approve {incident} --plan {}`",
        now.short()
    )]
    PlanRequired {
        /// The incident.
        incident: IncidentId,
        /// What waits now.
        now: Hash,
    },
    /// Too late.
    #[error(
        "the question of incident `{incident}` expired at {at}: nothing is done on it; see it with \
         `backstop incidents show {incident}`"
    )]
    Expired {
        /// The incident.
        incident: IncidentId,
        /// When it expired.
        at: Timestamp,
    },
    /// Another plan waits now than the one the person saw.
    #[error(
        "the plan of incident `{incident}` is now `{}`, not `{seen}`: look at it with \
         `backstop incidents show {incident}`, then decide on what it says now",
        now.short()
    )]
    PlanChanged {
        /// The incident.
        incident: IncidentId,
        /// What the person saw.
        seen: String,
        /// What waits now.
        now: Hash,
    },
    /// Too few digits to tell plans apart.
    #[error(
        "`{seen}` is too short to name a plan: give at least 8 digits of the hash that \
         `backstop incidents show {incident}` shows"
    )]
    PlanTooShort {
        /// The incident.
        incident: IncidentId,
        /// What was given.
        seen: String,
    },
    /// The machine is asking about a newer plan at this moment.
    #[error(
        "incident `{incident}` is being planned and asked about anew right now; look again with \
         `backstop incidents show {incident}`"
    )]
    AskedAnew {
        /// The incident.
        incident: IncidentId,
    },
    /// Written down, but the machine has gone on or given up.
    #[error(
        "the machine of incident `{incident}` no longer waits: it timed out, was stopped, or was told before; see \
         with `backstop incidents show {incident}` whether anything was done, and if not start it again with \
         `{again}`"
    )]
    NoLongerWaits {
        /// The incident.
        incident: IncidentId,
        /// What to type to start it again.
        again: String,
    },
    /// Written down, but the machine couldn't be told.
    #[error(
        "written to the log of incident `{incident}`, but its machine doesn't know yet; type \
         `backstop {} {incident}` again",
        command(*answer)
    )]
    Untold {
        /// The incident.
        incident: IncidentId,
        /// The decision.
        answer: ApprovalAnswer,
        /// Why the machine couldn't be told.
        source: CallError,
    },
}

impl DecisionError {
    /// The name that programs know it by.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Ledger(error) => error.code(),
            Self::Closed { .. } => ErrorCode::Closed,
            Self::NotWaiting { .. } => ErrorCode::NotWaiting,
            Self::AlreadyDecided { .. } => ErrorCode::AlreadyDecided,
            Self::AlreadyApprovedByYou { .. } => ErrorCode::AlreadyApprovedByYou,
            Self::Compromised { .. } => ErrorCode::CompromisedPrincipal,
            Self::PlanRequired { .. } => ErrorCode::PlanRequired,
            Self::Expired { .. } => ErrorCode::Expired,
            Self::PlanChanged { .. } => ErrorCode::PlanChanged,
            Self::PlanTooShort { .. } => ErrorCode::PlanTooShort,
            Self::AskedAnew { .. } => ErrorCode::AskedAnew,
            Self::NoLongerWaits { .. } => ErrorCode::NoLongerWaits,
            Self::Untold { .. } => ErrorCode::Unfinished,
        }
    }
}

const fn in_words(answer: Answer) -> &'static str {
    match answer {
        Answer::Approved => "approved",
        Answer::Denied => "denied",
        Answer::Expired => "given up as expired",
    }
}

const fn command(answer: ApprovalAnswer) -> &'static str {
    match answer {
        ApprovalAnswer::Approved => "approve",
        ApprovalAnswer::Denied => "deny",
    }
}

//! How a step, a verification and an undo end. There is no "successful" after a swallowed error.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error_name::ErrorName;

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// The changes were made, or the evidence was kept.
    Done,
    /// The goal state held before; nothing was changed.
    Already,
    /// A part of the evidence was kept; the rest can't be had.
    Partial {
        /// What wasn't read and why, for people.
        missing: String,
    },
    /// The step doesn't apply to this target.
    Skipped {
        /// Why, for people.
        reason: String,
    },
    /// A guardrail refused.
    Refused {
        /// The guardrail's name, such as `exemption`.
        guardrail: String,
        /// Why, for people.
        reason: String,
    },
    /// It failed, and nothing but a person or a new run will change that.
    Failed {
        /// The fixed name, or the state machine's (`States.Timeout`).
        error: String,
        /// What we were doing and what AWS said; names the denied call.
        detail: String,
    },
}

impl Outcome {
    /// A failure with one of Backstop's own names.
    pub fn failed(error: ErrorName, detail: impl Into<String>) -> Self {
        Self::Failed {
            error: error.as_str().to_owned(),
            detail: detail.into(),
        }
    }

    /// Which of Backstop's own errors it failed with; `None` if it didn't fail, or with an error of the machine.
    pub fn error_name(&self) -> Option<ErrorName> {
        match self {
            Self::Failed { error, .. } => ErrorName::parse(error),
            Self::Done
            | Self::Already
            | Self::Partial { .. }
            | Self::Skipped { .. }
            | Self::Refused { .. } => None,
        }
    }

    /// One word for tables.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Already => "already",
            Self::Partial { .. } => "partial",
            Self::Skipped { .. } => "skipped",
            Self::Refused { .. } => "refused",
            Self::Failed { .. } => "failed",
        }
    }
}

/// What reading back showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// Whether the goal state holds.
    pub holds: bool,
    /// What was read, precisely: "access key AKIA… is Inactive".
    pub observed: String,
}

/// How undoing one step ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum UndoOutcome {
    /// The state before is back.
    Restored {
        /// What was put back.
        what: String,
    },
    /// The state before was there already, or nothing had been changed.
    NothingToUndo {
        /// Why.
        reason: String,
    },
    /// Left off on purpose: a leaked credential, or one that was inactive before.
    KeptOff {
        /// Why.
        reason: String,
    },
    /// Back, but for what is kept off until it can't be misused any more; undoing again after that ends it.
    KeptUntil {
        /// When nothing is left that could be misused.
        until: Timestamp,
        /// What works again, and what stays off.
        what: String,
    },
    /// Someone changed it since; nothing was touched.
    Drifted {
        /// What was expected and what is there.
        found: String,
    },
    /// It failed; a person must finish it.
    Failed {
        /// The fixed name.
        error: String,
        /// What we were doing and what AWS said.
        detail: String,
    },
}

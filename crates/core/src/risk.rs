//! What an undo brings back only if a person names it: the safe undo leaves both off.

use serde::{Deserialize, Serialize};

use crate::ids::{IncidentId, StepId};

/// A risk that a person accepts when asking for undo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Risk {
    /// Sessions made before the containment work again until they expire.
    ReviveSessions,
    /// The key that the incident is about works again; only where no finding says that it was leaked.
    ReactivateKey,
}

impl Risk {
    /// The option of `backstop undo` that accepts it.
    pub const fn option(self) -> &'static str {
        match self {
            Self::ReviveSessions => "--revive-sessions",
            Self::ReactivateKey => "--reactivate-key",
        }
    }
}

/// The command that asks for this undo and no other: only for the same steps with the same risks do two people's words
/// count together.
pub fn undo_command(incident: &IncidentId, step: Option<&StepId>, accepting: &[Risk]) -> String {
    let step = step.map(|step| format!(" --step {step}")).unwrap_or_default();
    let risks: String = accepting
        .iter()
        .map(|risk| format!(" {}", risk.option()))
        .collect();
    format!("backstop undo {incident}{step}{risks}")
}

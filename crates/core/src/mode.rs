//! How far a playbook may go without a person.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Ordered: a lower mode does less. Guardrails only ever lower it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Plan and tell; change nothing.
    Observe,
    /// Plan, then wait for a person.
    Approve,
    /// Plan and act at once.
    Auto,
}

impl Mode {
    /// The mode's name as people and files write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Approve => "approve",
            Self::Auto => "auto",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "observe" => Ok(Self::Observe),
            "approve" => Ok(Self::Approve),
            "auto" => Ok(Self::Auto),
            _ => Err(UnknownMode(text.to_owned())),
        }
    }
}

/// The text names no mode.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no mode: write `observe`, `approve` or `auto`")]
pub struct UnknownMode(String);

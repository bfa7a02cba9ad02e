//! What people are told about.

use serde::{Deserialize, Serialize};

/// What a notice is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// How the playbook ended.
    #[default]
    Outcome,
    /// How the undo ended.
    Undo,
    /// What the investigation proposes, if anything.
    Investigation,
}

impl About {
    /// Whether it is how something ended: of that, people are told once each.
    pub const fn is_ending(&self) -> bool {
        matches!(self, Self::Outcome | Self::Undo)
    }
}

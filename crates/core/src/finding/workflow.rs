//! Where Security Hub is told that a finding stands.

use serde::{Deserialize, Serialize};

/// Where a finding stands with those who look into it (Security Hub User Guide, "Setting the workflow status").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Workflow {
    /// People know and must do something.
    Notified,
    /// It was dealt with. It is gone from the list of what is open, so this takes proof.
    Resolved,
}

impl Workflow {
    /// As ASFF writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Notified => "NOTIFIED",
            Self::Resolved => "RESOLVED",
        }
    }

    /// OCSF's `status_id`: 2 is "In Progress", the nearest to notified that it has; 4 is "Resolved".
    pub const fn status_id(self) -> i32 {
        match self {
            Self::Notified => 2,
            Self::Resolved => 4,
        }
    }
}

//! Who feels an action, and how far that lets it go by itself.

use std::fmt;

use backstop_core::Mode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who feels an action, and with it the mode it may run in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Impact {
    /// Nobody: it only reads.
    Nobody,
    /// Nobody: it makes or marks evidence.
    Evidence,
    /// Only the reported credential stops working.
    Credential,
    /// Outsiders lose the reported resource; its own account keeps it.
    Outsiders,
    /// Everything the reported principal does stops.
    Principal,
    /// Everything in the resource's subnet loses one address outside; of an address that may be others' its plan asks a
    /// person even in `auto` mode.
    OneAddress,
    /// Others that share the resource are cut off too; its plan asks a person even in `auto` mode.
    SharedAsking,
    /// Others that share the resource are cut off too.
    Shared,
}

impl Impact {
    /// The furthest mode: what cuts others off waits for a person.
    pub const fn maximum_mode(self) -> Mode {
        match self {
            Self::Nobody
            | Self::Evidence
            | Self::Credential
            | Self::Outsiders
            | Self::Principal
            | Self::OneAddress
            | Self::SharedAsking => Mode::Auto,
            Self::Shared => Mode::Approve,
        }
    }
}

impl fmt::Display for Impact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nobody => "nobody, it only reads",
            Self::Evidence => "nobody, it makes or marks evidence",
            Self::Credential => "the reported credential only",
            Self::Outsiders => "whoever reaches the reported resource from outside its account",
            Self::Principal => "everything the reported principal does",
            Self::OneAddress => {
                "whatever is in the resource's subnet, which loses the one address that the finding reports; where AWS's \
                 services may be behind it, it asks a person even in auto mode"
            }
            Self::SharedAsking => "others that share the resource too, so it asks a person even in auto mode",
            Self::Shared => "others that share the resource too",
        })
    }
}

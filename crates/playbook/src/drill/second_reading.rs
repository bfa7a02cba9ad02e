//! The second reading of a drill: what an attacker does before it, and what it must come to.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Placed;

/// A call of an attacker's between the two readings. AWS must do it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttackersCall {
    /// The planted credential that calls.
    pub who: Placed<String>,
    /// The call.
    pub call: ChangeBack,
}

/// What an attacker changes back.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields
)]
pub enum ChangeBack {
    /// IAM's `DeleteUserPolicy` of each deny that Backstop gave a user.
    DeleteDeny {
        /// The user.
        of: Placed<String>,
    },
    /// IAM's `UpdateAccessKey`, which switches a key on again.
    ActivateKey {
        /// The access key.
        key: Placed<String>,
    },
}

/// What the incident must come to besides.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Whether the second reading must confirm that it is contained. If not, the incident must be open again.
    pub confirmed: bool,
}

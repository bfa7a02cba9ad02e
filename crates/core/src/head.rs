//! How far a chain of records goes: whoever names a head names everything before it.

use serde::{Deserialize, Serialize};

use crate::ids::Hash;

/// The end of a chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The number of its last record: how many it has.
    pub seq: u32,
    /// The hash of that record.
    pub hash: Hash,
}

//! In which order the targets that one attack touches are answered.

/// The earlier, the sooner: what an attacker calls AWS with, then what runs code for them, then what they are after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precedence {
    /// Somebody who calls AWS.
    Credential,
    /// Something that runs code, and mostly holds credentials.
    Compute,
    /// Something that holds data.
    Data,
    /// The rest.
    Other,
}

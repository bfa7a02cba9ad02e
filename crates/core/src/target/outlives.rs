//! What an attacker may still have when the target is gone. Nothing proves that the finding names the right owner, so
//! that a person decides.

use super::kind::TargetKind;

/// What is left to contain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlives {
    /// What goes on and what to do about it, as a sentence.
    pub what: &'static str,
    /// The kind of target that has it.
    pub kind: TargetKind,
    /// What to type for it; a word in capitals where people must find it out.
    pub typed: String,
}

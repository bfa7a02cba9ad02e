//! The second reading of a containment. That a policy is stored doesn't say that it is in force: IAM takes minutes for that
//! (IAM User Guide, "Changes that I make are not always immediately visible"), and whoever is contained may use them. So
//! what was done is read back once more, and CloudTrail's event history tells what has happened in between.
//!
//! The rules of the verdict stand with the incident: [`crate::incident::Incident::verdict`].

mod aftermath;
mod denial;

pub use aftermath::{Aftermath, Looked, MOST_SHOWN, Touch};

//! Drills: a finding is replayed against a deployed stack, and the attacker's own calls prove how it ended.
//!
//! | module | concept |
//! | --- | --- |
//! | [`file`] | a drill as people write it |
//! | [`stage`] | a started account with the real stack in it |
//! | [`cast`] | what a drill plants, and the credentials that come of it |
//! | [`finding`] | the playbook's finding, about what was planted |
//! | [`probe`] | the calls whose outcome is the proof |
//! | [`check`] | the state of credentials that no call can try |
//! | [`start`] | the finding is sent, or a person runs the playbook |
//! | [`follow`] | the incident and its execution, live |
//! | [`oncall`] | the people who run, approve and undo |
//! | [`picture`] | what was planted, as it stands, to compare |
//! | [`undo`] | the undo at the end, and what it brought back |
//! | [`calls`] | what the gateway's record says of the functions |
//! | [`verdict`] | how it ended |
//! | [`report`] | all of that as one document |
//! | [`run`] | one drill from planting to report |

pub mod calls;
pub mod cast;
pub mod check;
mod error;
pub mod file;
pub mod finding;
pub mod follow;
pub mod oncall;
pub mod picture;
pub mod probe;
pub mod report;
pub mod run;
pub mod stage;
pub mod start;
pub mod undo;
pub mod verdict;

pub use cast::Cast;
pub use error::DrillError;
pub use file::{Drill, DrillFileError, Drills};
pub use report::Report;
pub use run::{Ending, run};
pub use stage::{Stage, StageError, StageOptions};
pub use verdict::Verdict;

//! Drills: a finding is replayed against a deployed stack, and the attacker's own calls prove how it ended.
//!
//! | module | concept |
//! | --- | --- |
//! | [`environment`] | a started account with the real stack in it |
//! | [`fixtures`] | what a drill plants, and the credentials that come of it |
//! | [`finding`] | the playbook's finding, about what was planted |
//! | [`probe`] | the calls whose outcome is the proof |
//! | [`check`] | the state of credentials that no call can try |
//! | [`start`] | the finding is sent, or a person runs the playbook |
//! | [`follow`] | the incident and its execution, live |
//! | [`oncall`] | the people who run, approve and undo |
//! | [`state_snapshot`] | what was planted, as it stands, to compare |
//! | [`undo`] | the undo at the end, and what it brought back |
//! | [`calls`] | what the gateway's record says of the functions |
//! | [`cost`] | what AWS would bill for it, of what is counted |
//! | [`verdict`] | how it ended |
//! | [`report`] | all of that as one document |
//! | [`run`] | one drill from planting to report |

pub mod calls;
pub mod check;
pub mod cost;
mod described;
pub mod environment;
mod error;
pub mod finding;
pub mod fixtures;
pub mod follow;
pub mod oncall;
mod policy;
pub mod probe;
mod registrations;
pub mod report;
pub mod run;
pub mod start;
pub mod state_snapshot;
pub mod undo;
pub mod verdict;

pub use backstop_playbook::drill::{Drill, Drills, DrillsError};
pub use environment::{Environment, EnvironmentError, EnvironmentOptions};
pub use error::DrillError;
pub use fixtures::Fixtures;
pub use policy::policy_by_meaning;
pub use report::{Report, Unproven};
pub use run::{Ending, run};
pub use verdict::Verdict;

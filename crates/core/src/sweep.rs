//! What the scheduled sweep decides: which findings it feeds to intake, and which incidents nobody works on any more.

mod attention;
mod endings;
mod feed;
mod integrity;
mod last_run;
mod unanswered;

pub use attention::{Machine, NEEDING_ATTENTION, SweepAction, Why, may_need_attention, sweep_action};
pub use endings::{Ending, ending};
pub use feed::{Fed, Feeding, feeding};
pub use integrity::{DeadRule, FedLate, Integrity, RuleState, is_late};
pub use last_run::LastRun;
pub use unanswered::unanswered;

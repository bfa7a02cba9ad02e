//! What the scheduled sweep decides: which findings it feeds to intake, which incidents nobody works on any more, and which
//! contained ones it reads back.

mod attention;
mod endings;
mod feed;
mod integrity;
mod last_run;
#[cfg(test)]
mod testing;
mod unanswered;
mod watch;

use crate::finding::SWEEP_SOURCE;
pub use attention::{
    Machine, NEEDING_ATTENTION, SweepAction, Why, action_by_log, is_seen_to, is_shown_late,
    may_need_attention, sweep_action,
};
pub use endings::{Ending, ending};
pub use feed::{Fed, Feeding, feeding};
pub use integrity::{Bringer, DeadRule, FedLate, Integrity, RuleState, is_late};
pub use last_run::LastRun;
pub use unanswered::{half_over, is_unasked_beyond_limit, unanswered, unreminded};
pub use watch::{
    ContainmentReverted, MOST_AT_ONCE, MOST_WATCHED, WATCHED, WatchAction, WatchRow, WatchTimes,
    watch_action, watch_order,
};

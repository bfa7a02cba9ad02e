//! What the scheduled sweep decides: which findings it feeds to intake, and which incidents nobody works on any more.

mod attention;
mod feed;
mod integrity;

pub use attention::{Machine, NEEDING_ATTENTION, SweepAction, Why, may_need_attention, sweep_action};
pub use feed::{Fed, Feeding, feeding};
pub use integrity::{DeadRule, FedLate, Integrity, RuleState, is_late};

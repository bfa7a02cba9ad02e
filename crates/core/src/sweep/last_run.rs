//! What a run of the sweep leaves behind for whoever asks how Backstop is.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The run that ended last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastRun {
    /// When it ended.
    pub at: Timestamp,
    /// Which of its parts failed, and why.
    pub failures: Vec<String>,
    /// The stack's rules that bring nothing, each with what is wrong with it.
    pub dead_rules: Vec<String>,
    /// How many messages are in the dead-letter queue; `None` if that couldn't be read.
    pub dead_letters: Option<u64>,
}

//! What `backstop` and `backstop-drill` have in common at a terminal: the table of exit codes, the only place that
//! prints, and the signals that end a command. Knows nothing of incidents, playbooks or drills.

mod exit;
mod printer;
mod signals;

pub use exit::{EXIT_CODES, Exit};
pub use printer::{Format, Printer};
pub use signals::Signals;

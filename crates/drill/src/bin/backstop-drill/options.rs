//! What can be typed.

use backstop_core::{Mode, PlaybookName};
use backstop_terminal::{EXIT_CODES, Format};
use clap::Parser;

/// Replays a finding against a disposable account and proves that the attacker's calls fail afterwards.
#[derive(Debug, Parser)]
#[command(name = "backstop-drill", version, after_help = EXIT_CODES)]
pub(crate) struct Options {
    /// The drill's name, or its playbook's [default: leaked-access-key]
    #[arg(conflicts_with = "all")]
    pub(crate) name: Option<String>,
    /// Run every drill of every playbook, in one account
    #[arg(long)]
    pub(crate) all: bool,
    /// How far the deployment may go: the stack's MaximumMode
    #[arg(long, default_value = "auto")]
    pub(crate) mode: Mode,
    /// Deploy without this permission of the responders, such as iam:PutUserPolicy
    #[arg(long, value_name = "ACTION")]
    pub(crate) without_permission: Option<String>,
    /// Keep the account up afterwards, nothing undone, and say how to reach it
    #[arg(long)]
    pub(crate) leave_running: bool,
    /// How the answer is written to stdout; everything else goes to stderr
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) output: Format,
    /// Only plan, in observe mode, what this playbook would do with what its drill plants, and print the incident's
    /// log as JSON; may be given again. `backstop replay --against sandbox` asks for it
    #[arg(
        long,
        hide = true,
        value_name = "PLAYBOOK",
        conflicts_with_all = ["name", "all", "mode", "without_permission", "leave_running"]
    )]
    pub(crate) log_of_plan: Vec<PlaybookName>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_options_are_consistent() {
        Options::command().debug_assert();
    }
}

//! What can be typed: the commands, and the options that all of them have.

use clap::{Parser, Subcommand};

use crate::{drill, exit, printer::Format};

/// Answers AWS security findings: plan, approve, act, verify, undo.
#[derive(Debug, Parser)]
#[command(name = "backstop", version, after_help = exit::TABLE, propagate_version = true)]
pub(crate) struct Cli {
    /// How the answer is written to stdout; everything else goes to stderr
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub(crate) output: Format,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// One variant and one file per command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Replay a finding against a disposable account and prove that the attacker's calls fail afterwards
    Drill(drill::Arguments),
}

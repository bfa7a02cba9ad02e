//! What can be typed: the commands, and the options that all of them have.

use clap::{Parser, Subcommand};

use crate::{
    completions, coverage, decide, drill, evidence, exempt, exit, incidents, pause, playbook,
    printer::Format, replay, report, run, undo,
};

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
    /// List incidents, or show everything about one
    Incidents(incidents::Arguments),
    /// Approve the plan that an incident waits with
    Approve(decide::ApproveArguments),
    /// Deny the plan that an incident waits with; one person is enough
    Deny(decide::DenyArguments),
    /// Put back what an incident changed, last change first
    Undo(undo::Arguments),
    /// Write the report on an incident: what happened, what was done, what isn't known
    Report(report::Arguments),
    /// Get what is kept of an incident, or check a copy of it
    Evidence(evidence::Arguments),
    /// Start a playbook by hand, under the same guardrails as a finding
    Run(run::Arguments),
    /// Stop all acting for a time, or that of one playbook or in one account
    Pause(pause::PauseArguments),
    /// End a pause
    Resume(pause::ResumeArguments),
    /// Say what is left alone, by whom, why and until when
    Exempt(exempt::Arguments),
    /// Read, check, compile and begin playbooks
    Playbook(playbook::Arguments),
    /// Say what would be done with a saved event, without AWS
    Replay(replay::Arguments),
    /// Print which playbook answers which finding type and control, on what target, in which mode
    Coverage(coverage::Arguments),
    /// Replay a finding against a disposable account and prove that the attacker's calls fail afterwards
    Drill(drill::Arguments),
    /// Print what a shell needs to complete these commands
    Completions(completions::Arguments),
}

impl Command {
    /// Whether `--output markdown` means something here.
    pub(crate) const fn has_markdown(&self) -> bool {
        matches!(self, Self::Coverage(_))
    }
}

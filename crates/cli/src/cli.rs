//! What can be typed: the commands, and the options that all of them have.

use backstop_terminal::{EXIT_CODES, Format};
use clap::{Parser, Subcommand};

use crate::{
    completions, context, coverage, decide, detections, doctor, drill, evidence, exempt, incidents, pause,
    playbook, release, replay, report, run, undo,
};

/// Answers AWS security findings: plan, approve, act, verify, undo.
#[derive(Debug, Parser)]
#[command(name = "backstop", version, after_help = EXIT_CODES, propagate_version = true)]
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
    /// Say that nobody needs to look any more whether what an incident did holds; its undo stays possible
    Release(release::Arguments),
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
    /// Say how the deployment is: whether it can be reached, works, and is heard
    Doctor(doctor::Arguments),
    /// Name the deployments that you talk to, and choose one
    Context(context::Arguments),
    /// Read, check, compile and begin playbooks
    Playbook(playbook::Arguments),
    /// Keep what is detected, hidden and trusted as files: check, try and compile them
    Detections(detections::Arguments),
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::{collections::BTreeSet, fs, path::Path};

    use clap::CommandFactory as _;

    use super::*;

    /// Of other programs: `sam deploy`, `cargo install`, `backstop-drill`, `git`, the AWS CLI.
    const FOREIGN: [&str; 13] = [
        "end-of-options",
        "max-count",
        "source",
        "stack-name",
        "staged",
        "template-file",
        "worktree",
        "guided",
        "path",
        "log-of-plan",
        "topic-arn",
        "protocol",
        "notification-endpoint",
    ];

    fn options_of(command: &clap::Command, known: &mut BTreeSet<String>) {
        known.extend(
            command
                .get_arguments()
                .filter_map(|it| it.get_long())
                .map(str::to_owned),
        );
        for below in command.get_subcommands() {
            options_of(below, known);
        }
    }

    fn named_in(folder: &Path, named: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                named_in(&path, named);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let options = text.split("--").skip(1).filter_map(|rest| {
                let end = rest.find(|c: char| !c.is_ascii_lowercase() && c != '-');
                end.and_then(|end| rest.get(..end))
                    .filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase()))
            });
            named.extend(options.map(str::to_owned));
        }
    }

    #[test]
    fn every_option_that_a_text_names_exists() {
        let mut command = Cli::command();
        command.build();
        let mut known = BTreeSet::from(FOREIGN.map(str::to_owned));
        options_of(&command, &mut known);
        let mut named = BTreeSet::new();
        named_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut named);
        assert!(named.contains("output") && named.len() > 10, "{named:?}");
        let unknown: Vec<_> = named.difference(&known).collect();
        assert!(unknown.is_empty(), "no command has the options {unknown:?}");
    }
}

//! `backstop run`: a person starts a playbook, under the same guardrails as a finding would.

use std::fmt;

use backstop_core::{
    Mode,
    api::{RunAnswer, RunRequest, Started},
    target::forms,
    text::for_terminal,
};
use backstop_terminal::Exit;
use clap::Args;
use serde::Serialize;

use crate::{
    api::{ApiOptions, connect},
    command::{CliError, CommandOutput},
    incidents::View,
};

/// Options of `backstop run`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The playbook's name
    playbook: String,
    #[arg(long, value_name = "ARN|ID", help = format!("What to contain: {}", forms()))]
    target: String,
    /// Go no further than this; never further than the playbook and the deployment allow
    #[arg(long, value_name = "observe|approve|auto")]
    mode: Option<Mode>,
    /// Why, for the log
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    api: ApiOptions,
}

/// Started, or joined to what runs already.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct RunOutput(RunAnswer);

impl CommandOutput for RunOutput {
    fn exit(&self) -> Exit {
        match self.0 {
            RunAnswer::Started(_) => Exit::Done,
            RunAnswer::AlreadyOpen(_) => Exit::Refused,
        }
    }
}

impl fmt::Display for RunOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            RunAnswer::Started(started) => write_started(f, started),
            RunAnswer::AlreadyOpen(view) => write!(
                f,
                "this target has an open incident of this playbook, so nothing was started:\n\n{}",
                View(view.as_ref().clone())
            ),
        }
    }
}

fn write_started(f: &mut fmt::Formatter<'_>, started: &Started) -> fmt::Result {
    let Started {
        incident,
        playbook,
        target,
        mode,
        by,
        guardrails,
    } = started;
    let target = for_terminal(&target.to_string());
    writeln!(f, "started {playbook} for {target} in {mode} mode, as {by}")?;
    writeln!(f, "incident {incident}")?;
    for decision in guardrails {
        writeln!(
            f,
            "guardrail {}: {}",
            decision.guardrail,
            for_terminal(&decision.detail)
        )?;
    }
    write!(f, "\nfollow it: backstop incidents show {incident} --watch")
}

/// Runs `backstop run`.
pub(crate) async fn run(arguments: Arguments) -> Result<RunOutput, CliError> {
    let api = connect(&arguments.api).await?;
    let request = RunRequest {
        playbook: arguments.playbook,
        target: arguments.target,
        mode: arguments.mode,
        reason: arguments.reason,
    };
    Ok(RunOutput(api.begin(&["incidents"], &request).await?))
}

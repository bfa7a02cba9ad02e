//! `backstop run`: a person starts a playbook, under the same guardrails as a finding would.

use std::{fmt, time::Duration};

use backstop_client::Client;
use backstop_core::{
    IncidentId, Mode,
    api::{RunAnswer, RunRequest, Started},
    target::forms,
    text::for_terminal,
};
use backstop_terminal::{Exit, Printer};
use clap::Args;
use serde::Serialize;
use tokio::time::sleep;

use crate::{
    api::{ApiOptions, connect},
    ask,
    command::{CliError, CommandError, CommandOutput},
    exempt::not_blank,
    incidents::View,
};

/// So many seconds are waited for a plan.
const PATIENCE: u32 = 120;

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
    /// Why, for the log; asked for where there is a terminal
    #[arg(long, value_name = "TEXT", value_parser = not_blank)]
    reason: Option<String>,
    /// Begin without showing the plan; needed where there is no terminal to ask on
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    api: ApiOptions,
}

/// Nothing was started.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error(
        "there is no terminal to ask you on: look at the plan with `--mode observe`, then type `--reason TEXT --yes` behind \
         the same command"
    )]
    NoTerminal,
    #[error("reading your answer")]
    Unreadable(#[from] std::io::Error),
    #[error("you gave no reason, so nothing was started")]
    NoReason,
    #[error("you didn't say yes, so nothing was started")]
    NoYes,
    #[error(
        "its plan isn't finished after {PATIENCE} s, so nothing was started; follow it: backstop incidents show {0}"
    )]
    Slow(IncidentId),
}

impl CommandError for RunError {
    fn exit(&self) -> Exit {
        Exit::Refused
    }
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

/// Runs `backstop run`: whoever can be asked sees what would be changed, and says yes to that, before anything is.
pub(crate) async fn run(mut arguments: Arguments, printer: &Printer) -> Result<RunOutput, CliError> {
    let api = connect(&arguments.api).await?;
    let has_terminal = ask::has_terminal();
    let only_plans = arguments.mode == Some(Mode::Observe);
    let asks = !arguments.yes && !only_plans;
    if !has_terminal && (asks || arguments.reason.is_none()) {
        return Err(RunError::NoTerminal.into());
    }
    if arguments.reason.is_none() {
        arguments.reason = Some(reason(printer)?);
    }
    if asks {
        confirm(&api, &arguments, printer).await?;
    }
    Ok(RunOutput(
        api.begin(&["incidents"], &request(&arguments, arguments.mode))
            .await?,
    ))
}

fn request(arguments: &Arguments, mode: Option<Mode>) -> RunRequest {
    RunRequest {
        playbook: arguments.playbook.clone(),
        target: arguments.target.clone(),
        mode,
        reason: arguments.reason.clone(),
    }
}

fn reason(printer: &Printer) -> Result<String, RunError> {
    let reason = ask::line(printer, "Why must it be contained? This goes into the log:")?;
    not_blank(&reason).map_err(|_blank| RunError::NoReason)
}

async fn confirm(api: &Client, arguments: &Arguments, printer: &Printer) -> Result<(), CliError> {
    let planning: RunAnswer = api
        .begin(&["incidents"], &request(arguments, Some(Mode::Observe)))
        .await?;
    let id = match planning {
        RunAnswer::Started(started) => started.incident,
        RunAnswer::AlreadyOpen(view) => view.incident,
    };
    printer.note("planning, which changes nothing …");
    let plan = planned(api, id).await?;
    printer.note(&plan.to_string());
    let question = format!(
        "Run {} for real, as far as {} mode goes?",
        arguments.playbook,
        arguments.mode.map_or("its", Mode::as_str)
    );
    if ask::yes(printer, &question).map_err(RunError::Unreadable)? {
        Ok(())
    } else {
        Err(RunError::NoYes.into())
    }
}

/// Its plan, once every step has made its own.
async fn planned(api: &Client, id: IncidentId) -> Result<View, CliError> {
    for _ in 0..PATIENCE {
        let view = View::read(api, &id).await?;
        if view.is_over() {
            return Ok(view);
        }
        sleep(Duration::from_secs(1)).await;
    }
    Err(RunError::Slow(id).into())
}

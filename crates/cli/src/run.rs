//! `backstop run`: a person starts a playbook, under the same guardrails as a finding would.

use std::{fmt, time::Duration};

use backstop_client::Client;
use backstop_core::{
    IncidentId, Mode, Outcome,
    api::{PlaybookList, RunAnswer, RunRequest, Started},
    incident::{Incident, StepState},
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
    /// Why, for the log; asked for where there is a terminal; `--mode observe` needs none
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
        "nothing that contains could be planned, so nothing was started: see why above, or with `backstop incidents show \
         {0}`"
    )]
    NothingPlanned(IncidentId),
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
    let needs_reason = !only_plans && arguments.reason.is_none();
    if !has_terminal && (asks || needs_reason) {
        return Err(RunError::NoTerminal.into());
    }
    // A plan changes nothing, and nobody but who asked for it is told: it takes no reason.
    if needs_reason {
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
    let plan = planned(api, id.clone()).await?;
    printer.note(&plan.to_string());
    if is_in_vain(&plan.state) {
        return Err(RunError::NothingPlanned(id).into());
    }
    let playbooks: PlaybookList = api.get(&["playbooks"], &[]).await?;
    let question = question(arguments, &playbooks);
    if ask::yes(printer, &question).map_err(RunError::Unreadable)? {
        Ok(())
    } else {
        Err(RunError::NoYes.into())
    }
}

/// Whether there are steps that contain, and none of them could be planned.
fn is_in_vain(plan: &Incident) -> bool {
    plan.contain_steps().count() > 0 && !plan.contain_steps().any(is_planned)
}

/// Whether running it would do the step, or find it done.
fn is_planned(step: &StepState) -> bool {
    let is_ruled_out = matches!(
        step.outcome,
        Some(Outcome::Failed { .. } | Outcome::Refused { .. } | Outcome::Skipped { .. })
    );
    step.plan.is_some() && !is_ruled_out
}

/// Names how far it goes at most, and what that means: a playbook that asks doesn't act on this yes alone.
fn question(arguments: &Arguments, playbooks: &PlaybookList) -> String {
    let name = &arguments.playbook;
    let own = playbooks.playbooks.iter().find(|row| row.name.as_str() == name);
    let most = [own.map(|row| row.mode), arguments.mode];
    let mode = most.into_iter().flatten().fold(playbooks.maximum_mode, Mode::min);
    let means = match mode {
        Mode::Observe => "it only plans",
        Mode::Approve => "it plans, then asks people before it acts",
        Mode::Auto => "it acts at once",
    };
    format!("Run {name} for real, in {mode} mode: {means}?")
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use backstop_core::{
        ErrorName,
        log::{Phase, Record},
    };
    use serde_json::json;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn asked(maximum: &str, mode: Option<Mode>) -> String {
        let playbooks = serde_json::from_value(json!({
            "playbooks": [{ "name": "leaked-access-key", "title": "t", "mode": "auto", "targets": [] }],
            "maximum_mode": maximum,
        }))
        .unwrap();
        let line = ["run", "leaked-access-key", "--target", "AKIAIOSFODNN7EXAMPLE"];
        let mut line: Line = clap::Parser::try_parse_from(line).unwrap();
        line.arguments.mode = mode;
        question(&line.arguments, &playbooks)
    }

    #[test]
    fn what_cant_be_planned_isnt_asked_about() {
        let log = include_bytes!("../../core/tests/recorded-logs/leaked-access-key-observed.json");
        let log: Vec<Record> = serde_json::from_slice(log).unwrap();
        let mut plan = Incident::replay(&log).unwrap();
        assert!(!is_in_vain(&plan));
        for state in &mut plan.steps {
            state.outcome = (state.step.phase == Phase::Contain)
                .then(|| Outcome::failed(ErrorName::TargetGone, "no such user"));
        }
        assert!(is_in_vain(&plan), "reading what it did contains nothing");
    }

    #[test]
    fn the_question_names_the_mode_that_it_comes_to() {
        let acts = "Run leaked-access-key for real, in auto mode: it acts at once?";
        assert_eq!(asked("auto", None), acts);
        let asks =
            "Run leaked-access-key for real, in approve mode: it plans, then asks people before it acts?";
        assert_eq!(asked("auto", Some(Mode::Approve)), asks);
        assert_eq!(asked("approve", None), asks);
        assert_eq!(asked("approve", Some(Mode::Auto)), asks);
    }
}

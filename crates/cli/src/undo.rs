//! `backstop undo`: puts back what an incident changed, last change first.

use std::fmt;

use backstop_actions::permissions;
use backstop_core::{IncidentId, Risk, StepId, text::for_terminal};
use backstop_runtime::undoing::{self, UndoError, Undoable};
use backstop_terminal::{Exit, Printer};
use clap::Args;
use serde::Serialize;

use crate::{
    answer::{Answer, CliError, CommandError},
    ask,
    aws::{Deployment, StackOptions},
    incidents::find,
};

/// Options of `backstop undo`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The incident's id, or at least four characters of its beginning or end
    incident: String,
    /// Undo this step only
    #[arg(long, value_name = "STEP")]
    step: Option<String>,
    /// Show what would be undone, and stop
    #[arg(long)]
    plan: bool,
    /// Why, for the log
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Let sessions from before the containment work again until they expire, those of an attacker too;
    /// without it they stay denied and only new ones work
    #[arg(long)]
    revive_sessions: bool,
    /// Switch the incident's key on again; only if a person, not a finding, started the incident
    #[arg(long)]
    reactivate_key: bool,
    /// Don't ask; needed where there is no terminal to ask on
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    stack: StackOptions,
}

/// What is, or would be, undone.
#[derive(Debug, Serialize)]
pub(crate) struct Undoing {
    incident: IncidentId,
    /// Whether it was started, or only shown.
    started: bool,
    steps: Vec<Undoable>,
    /// The risks that the person accepts.
    accepting: Vec<Risk>,
}

impl Answer for Undoing {}

impl fmt::Display for Undoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            incident,
            started,
            steps,
            accepting,
        } = self;
        let heading = if *started { "undoing" } else { "would undo" };
        writeln!(f, "{heading} what incident {incident} did, last change first:")?;
        for step in steps {
            writeln!(f, "\n{}", for_terminal(&step.title))?;
            for change in &step.changes {
                let (what, from, to) = (
                    for_terminal(&change.what),
                    for_terminal(&change.after),
                    for_terminal(&change.now),
                );
                writeln!(f, "  {what}: {from} -> {to}")?;
            }
            if step.by_hand.is_empty() && !accepting.contains(&Risk::ReactivateKey) {
                writeln!(
                    f,
                    "  left as it is on purpose: undo doesn't switch a leaked key on again"
                )?;
            }
        }
        if !steps.iter().any(denies_sessions) {
            writeln!(f)?;
        } else if accepting.contains(&Risk::ReviveSessions) {
            writeln!(
                f,
                "\nsessions from before the containment work again until they expire, those of an attacker too"
            )?;
        } else {
            writeln!(
                f,
                "\nsessions from before the containment stay denied until they have expired"
            )?;
        }
        writeln!(f, "what somebody changed since is left alone and reported")?;
        if *started {
            write!(f, "follow it: backstop incidents show {incident} --watch")
        } else {
            write!(f, "do it: backstop undo {incident}")
        }
    }
}

/// Sessions are denied by an inline policy on whom they were issued to.
fn denies_sessions(step: &Undoable) -> bool {
    let denies = [
        permissions::iam::PUT_USER_POLICY.action,
        permissions::iam::PUT_ROLE_POLICY.action,
    ];
    step.changes
        .iter()
        .any(|change| denies.contains(&change.api.as_str()))
}

/// Undo wasn't started.
#[derive(Debug, thiserror::Error)]
enum RefusedError {
    #[error(
        "there is no terminal to ask you on: look with `backstop undo {0} --plan`, then type `backstop undo {0} --yes`"
    )]
    NoTerminal(IncidentId),
    #[error("reading your answer")]
    Unreadable(#[from] std::io::Error),
    #[error("you didn't say yes, so nothing was undone")]
    NotConfirmed,
}

impl CommandError for RefusedError {
    fn exit(&self) -> Exit {
        match self {
            Self::NoTerminal(_) | Self::NotConfirmed => Exit::Refused,
            Self::Unreadable(_) => Exit::Failed,
        }
    }
}

impl CommandError for UndoError {
    fn exit(&self) -> Exit {
        match self {
            Self::NotClosed { .. }
            | Self::NothingToUndo(_)
            | Self::Leaked { .. }
            | Self::UnknownAction { .. } => Exit::Refused,
            Self::NoSuchStep { .. } => Exit::NotFound,
            Self::Ledger(_) | Self::Start(_) => Exit::Failed,
        }
    }
}

/// Runs `backstop undo`.
pub(crate) async fn run(arguments: Arguments, printer: &Printer) -> Result<Undoing, CliError> {
    let deployment = Deployment::find(&arguments.stack).await?;
    let incident = find(&deployment.ledger, &arguments.incident).await?;
    let mut log = deployment.ledger.log(&incident).await.map_err(UndoError::from)?;
    let only = arguments.step.as_deref().map(StepId::from);
    let state = log.incident().map_err(UndoError::from)?;
    let steps = undoing::undoable(&incident, &state, only.as_ref())?;
    let mut answer = Undoing {
        incident,
        started: false,
        steps,
        accepting: accepted(&arguments),
    };
    undoing::check_risks(&answer.incident, &state, &answer.accepting)?;
    if arguments.plan {
        return Ok(answer);
    }
    if !arguments.yes {
        confirm(&answer, printer)?;
    }
    let by = deployment.caller().await?.arn;
    let machines = deployment.machines()?;
    undoing::request(
        &deployment.ledger,
        &machines,
        &mut log,
        &by,
        arguments.reason,
        &answer.steps,
        &answer.accepting,
    )
    .await?;
    answer.started = true;
    Ok(answer)
}

fn accepted(arguments: &Arguments) -> Vec<Risk> {
    [
        (arguments.revive_sessions, Risk::ReviveSessions),
        (arguments.reactivate_key, Risk::ReactivateKey),
    ]
    .into_iter()
    .filter_map(|(named, risk)| named.then_some(risk))
    .collect()
}

fn confirm(answer: &Undoing, printer: &Printer) -> Result<(), RefusedError> {
    if !ask::has_terminal() {
        return Err(RefusedError::NoTerminal(answer.incident.clone()));
    }
    printer.note(&answer.to_string());
    if ask::yes(printer, "Undo this?")? {
        Ok(())
    } else {
        Err(RefusedError::NotConfirmed)
    }
}

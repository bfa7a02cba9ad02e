//! `backstop drill`: replays a playbook's finding against a disposable account and shows what came of it.

mod text;

use std::{collections::BTreeMap, env, io, path::PathBuf};

use backstop_core::Mode;
use backstop_drill::{
    self as drill, Drill, DrillFileError, Drills, Ending, Report, Stage, StageError, StageOptions, Verdict,
    stage::{LogsError, workspace_around},
};
use backstop_emulator::Settings;
use clap::Args;
use serde::Serialize;

use crate::{
    answer::{Answer, CliError, CommandError},
    exit::Exit,
    printer::Printer,
    progress::Steps,
    signals::Signals,
};

const DEFAULT: &str = "leaked-access-key";

/// Options of `backstop drill`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The drill's name, or its playbook's [default: leaked-access-key]
    #[arg(conflicts_with = "all")]
    name: Option<String>,
    /// Run every drill of every playbook, in one account
    #[arg(long)]
    all: bool,
    /// How far the deployment may go: the stack's MaximumMode
    #[arg(long, default_value = "auto")]
    mode: Mode,
    /// Deploy without this permission of the responders, such as iam:PutUserPolicy
    #[arg(long, value_name = "ACTION")]
    without_permission: Option<String>,
    /// Keep the account up afterwards, nothing undone, and say how to reach it
    #[arg(long)]
    leave_running: bool,
}

/// What the command gives back.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Outcome {
    One(Box<Report>),
    All { drills: Vec<Report> },
}

impl Outcome {
    fn reports(&self) -> &[Report] {
        match self {
            Self::One(report) => std::slice::from_ref(report),
            Self::All { drills } => drills,
        }
    }
}

impl Answer for Outcome {
    /// The worst of them.
    fn exit(&self) -> Exit {
        let exits = self.reports().iter().map(exit_of);
        exits.max_by_key(|exit| badness(*exit)).unwrap_or(Exit::Done)
    }
}

/// What isn't contained outweighs what isn't proven, and that what isn't tidy.
const fn badness(exit: Exit) -> u8 {
    match exit {
        Exit::NotContained => 5,
        Exit::PartiallyContained => 4,
        Exit::NotRestored => 2,
        Exit::NotFoundOut => 1,
        Exit::Done => 0,
        _ => 3,
    }
}

fn exit_of(report: &Report) -> Exit {
    match report.verdict {
        _ if report.as_expected => Exit::Done,
        Verdict::PartiallyContained => Exit::PartiallyContained,
        Verdict::NotContained => Exit::NotContained,
        Verdict::Contained if report.undo.as_ref().is_some_and(|undo| !undo.restored) => Exit::NotRestored,
        Verdict::Contained if report.proposals != report.expected_proposals => Exit::NotFoundOut,
        Verdict::Contained | Verdict::Error => Exit::DrillError,
    }
}

#[derive(Debug, thiserror::Error)]
enum DrillCommandError {
    #[error("finding the directory this was started in")]
    Here(#[source] io::Error),
    #[error("no `template.yaml` here or above: run this in a checkout of Backstop")]
    NoWorkspace,
    #[error(transparent)]
    File(#[from] DrillFileError),
    #[error("listening for signals")]
    Signals(#[source] io::Error),
    #[error("setting the stage")]
    Stage(#[source] StageError),
    #[error("tearing the account down")]
    TearDown(#[source] StageError),
    #[error("saving the functions' logs")]
    Logs(#[from] LogsError),
}

impl CommandError for DrillCommandError {
    fn exit(&self) -> Exit {
        match self {
            Self::Stage(_) => Exit::DrillError,
            _ => Exit::Failed,
        }
    }
}

/// Runs the drills and tears everything down, also when a signal ends it early.
pub(crate) async fn run(arguments: Arguments, printer: &Printer) -> Result<Exit, CliError> {
    Ok(drills(arguments, printer).await?)
}

async fn drills(arguments: Arguments, printer: &Printer) -> Result<Exit, DrillCommandError> {
    let root = workspace()?;
    let drills = Drills::read(&root.join("playbooks"))?;
    let wanted = match arguments.name.as_deref() {
        _ if arguments.all => drills.all().iter().collect(),
        name => vec![drills.find(name.unwrap_or(DEFAULT))?],
    };
    let ending = if arguments.leave_running {
        Ending::Contained
    } else {
        Ending::Undo
    };
    let mut signals = Signals::listen().map_err(DrillCommandError::Signals)?;
    let steps = Steps::new(*printer);
    let options = StageOptions {
        root,
        mode: arguments.mode,
        without_permission: arguments.without_permission,
        parameters: BTreeMap::new(),
        account: Settings::default(),
    };
    // Dropping a stage that is being set ends what it has started.
    let stage = tokio::select! {
        exit = signals.next() => return Ok(exit),
        stage = Stage::start(options, &steps) => stage.map_err(DrillCommandError::Stage)?,
    };
    let reports = tokio::select! {
        exit = signals.next() => Err(exit),
        reports = all(&stage, &wanted, ending, &steps) => Ok(reports),
    };
    drop(steps);
    let reports = match reports {
        Ok(reports) => reports,
        Err(exit) => {
            printer.note("interrupted: tearing the account down");
            stage.clear().await.map_err(DrillCommandError::TearDown)?;
            return Ok(exit);
        }
    };
    let outcome = show(&stage, reports, arguments.all, printer).await?;
    if arguments.leave_running {
        stage.save_logs().await?;
        printer.note(&text::how_to_reach(&stage));
        signals.next().await;
    }
    end(stage, &outcome).await?;
    Ok(outcome.exit())
}

async fn all(stage: &Stage, wanted: &[&Drill], ending: Ending, steps: &Steps) -> Vec<Report> {
    let mut reports = Vec::new();
    for drill in wanted {
        steps.line(&format!("drill `{}`: {}", drill.name, drill.title));
        reports.push(drill::run(stage, drill, ending, steps).await);
    }
    reports
}

/// Prints the outcome; where a drill didn't end as expected, with the place of its logs.
async fn show(
    stage: &Stage,
    mut reports: Vec<Report>,
    all: bool,
    printer: &Printer,
) -> Result<Outcome, DrillCommandError> {
    if !reports.iter().all(|report| report.as_expected) {
        let files = stage.save_logs().await?;
        for report in reports.iter_mut().filter(|report| !report.as_expected) {
            report.files = Some(files.clone());
        }
    }
    let outcome = match reports.pop() {
        Some(report) if !all => Outcome::One(Box::new(report)),
        last => Outcome::All {
            drills: reports.into_iter().chain(last).collect(),
        },
    };
    printer.show(&outcome);
    Ok(outcome)
}

/// The files of a drill that didn't end as expected stay for whoever looks into it.
async fn end(stage: Stage, outcome: &Outcome) -> Result<(), DrillCommandError> {
    if outcome.reports().iter().all(|report| report.as_expected) {
        return stage.clear().await.map_err(DrillCommandError::TearDown);
    }
    stage.end().await.map_err(DrillCommandError::TearDown)
}

fn workspace() -> Result<PathBuf, DrillCommandError> {
    let here = env::current_dir().map_err(DrillCommandError::Here)?;
    workspace_around(&here).ok_or(DrillCommandError::NoWorkspace)
}

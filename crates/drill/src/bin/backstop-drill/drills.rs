//! Runs drills, one or all, in one account, and tears it down.

use std::collections::BTreeMap;

use backstop_core::{PlaybookName, TargetKind};
use backstop_drill::{self as drill, Drill, Drills, Ending, Environment, EnvironmentOptions, Report};
use backstop_emulator::Settings;
use backstop_runtime::playbooks;
use backstop_terminal::{Exit, Printer, Signals};

use crate::{
    error::{DrillCommandError, workspace},
    options::Options,
    progress::Steps,
    reports::Reports,
    text,
};

/// What is drilled if nobody says what: the playbook that contains this kind.
const DEFAULT: TargetKind = TargetKind::AccessKey;

/// A name that no drill has, where no playbook contains the kind: the error lists those that there are.
fn default_name() -> &'static str {
    playbooks().containing(DEFAULT).map_or("", PlaybookName::as_str)
}

/// Runs the drills and tears everything down, also when a signal ends it early.
pub(crate) async fn run(options: Options, printer: &Printer) -> Result<Exit, DrillCommandError> {
    let root = workspace()?;
    let drills = Drills::read(&root.join("playbooks"))?;
    let wanted = match options.name.as_deref() {
        _ if options.all => drills.all().iter().collect(),
        Some(name) => vec![drills.find(name)?],
        None => vec![drills.find(default_name())?],
    };
    let ending = if options.leave_running {
        Ending::Contained
    } else {
        Ending::Undo
    };
    let mut signals = Signals::listen().map_err(DrillCommandError::Signals)?;
    let steps = Steps::new(*printer);
    let wanted_environment = EnvironmentOptions {
        root,
        mode: options.mode,
        without_permission: options.without_permission,
        parameters: BTreeMap::new(),
        account: Settings::default(),
    };
    // Dropping an environment that is being set up ends what it has started.
    let environment = tokio::select! {
        exit = signals.next() => return Ok(exit),
        environment = Environment::start(wanted_environment, &steps) =>
            environment.map_err(DrillCommandError::Environment)?,
    };
    let reports = tokio::select! {
        exit = signals.next() => Err(exit),
        reports = all(&environment, &wanted, ending, &steps) => Ok(reports),
    };
    drop(steps);
    let ended = match reports {
        Ok(ended) => ended,
        Err(exit) => {
            printer.note("interrupted: tearing the account down");
            environment.clear().await.map_err(DrillCommandError::TearDown)?;
            return Ok(exit);
        }
    };
    let reports = show(&environment, ended, options.all, printer).await?;
    if options.leave_running {
        environment.save_logs().await?;
        printer.note(&text::how_to_reach(&environment));
        signals.next().await;
    }
    end(environment, &reports).await?;
    Ok(reports.exit())
}

async fn all(environment: &Environment, wanted: &[&Drill], ending: Ending, steps: &Steps) -> Vec<Report> {
    let mut reports = Vec::new();
    for drill in wanted {
        steps.line(&format!("drill `{}`: {}", drill.name, drill.title));
        reports.push(drill::run(environment, drill, ending, steps).await);
    }
    reports
}

/// Prints the reports; where a drill didn't end as expected, with the place of its logs.
async fn show(
    environment: &Environment,
    mut ended: Vec<Report>,
    all: bool,
    printer: &Printer,
) -> Result<Reports, DrillCommandError> {
    if !ended.iter().all(|report| report.as_expected) {
        let files = environment.save_logs().await?;
        for report in ended.iter_mut().filter(|report| !report.as_expected) {
            report.files = Some(files.clone());
        }
    }
    let reports = match ended.pop() {
        Some(report) if !all => Reports::One(Box::new(report)),
        last => Reports::All {
            drills: ended.into_iter().chain(last).collect(),
        },
    };
    printer.show(&reports, reports.exit());
    Ok(reports)
}

/// The files of a drill that didn't end as expected stay for whoever looks into it.
async fn end(environment: Environment, reports: &Reports) -> Result<(), DrillCommandError> {
    if reports.all().iter().all(|report| report.as_expected) {
        return environment.clear().await.map_err(DrillCommandError::TearDown);
    }
    environment.end().await.map_err(DrillCommandError::TearDown)
}

//! Plans in a disposable account: the real deployment in observe mode, on what the playbook's drill plants.

use std::{collections::BTreeMap, fmt};

use backstop_core::{Mode, PlaybookName, log::Record};
use backstop_drill::{self as drill, Drills, Ending, Environment, EnvironmentOptions};
use backstop_emulator::Settings;
use backstop_terminal::{Exit, Printer, Signals};
use serde::Serialize;

use crate::{
    error::{DrillCommandError, workspace},
    progress::Steps,
};

/// One log for each playbook, in the order in which they were named: JSON, whatever the format.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Logs(Vec<Vec<Record>>);

impl fmt::Display for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string_pretty(self).map_err(|_unwritable| fmt::Error)?;
        f.write_str(&text)
    }
}

/// Plans, prints the logs, and tears the account down, also when a signal ends it early.
pub(crate) async fn run(playbooks: &[PlaybookName], printer: &Printer) -> Result<Exit, DrillCommandError> {
    let root = workspace()?;
    let drills = Drills::read(&root.join("playbooks"))?;
    let mut signals = Signals::listen().map_err(DrillCommandError::Signals)?;
    let steps = Steps::new(*printer);
    let options = EnvironmentOptions {
        root,
        mode: Mode::Observe,
        without_permission: None,
        parameters: BTreeMap::new(),
        account: Settings::default(),
    };
    // Dropping an environment ends what it has started.
    let environment = tokio::select! {
        exit = signals.next() => return Ok(exit),
        environment = Environment::start(options, &steps) => environment.map_err(DrillCommandError::Environment)?,
    };
    let planned = tokio::select! {
        exit = signals.next() => Err(exit),
        logs = plan_all(&environment, &drills, playbooks, &steps) => Ok(logs?),
    };
    drop(steps);
    environment.clear().await.map_err(DrillCommandError::TearDown)?;
    Ok(match planned {
        Ok(logs) => printer.show_text(&Logs(logs).to_string(), Exit::Done),
        Err(exit) => exit,
    })
}

async fn plan_all(
    environment: &Environment,
    drills: &Drills,
    playbooks: &[PlaybookName],
    steps: &Steps,
) -> Result<Vec<Vec<Record>>, DrillCommandError> {
    let mut logs = Vec::new();
    for playbook in playbooks {
        logs.push(plan(environment, drills, playbook, steps).await?);
    }
    Ok(logs)
}

async fn plan(
    environment: &Environment,
    drills: &Drills,
    playbook: &PlaybookName,
    steps: &Steps,
) -> Result<Vec<Record>, DrillCommandError> {
    let drill = drills
        .all()
        .iter()
        .find(|drill| drill.playbook == playbook.as_str())
        .ok_or_else(|| DrillCommandError::NoDrill(playbook.clone()))?;
    let report = drill::run(environment, drill, Ending::Contained, steps).await;
    let Some(id) = report.incident else {
        return Err(DrillCommandError::NoPlan {
            playbook: playbook.clone(),
            why: report
                .error
                .unwrap_or_else(|| "no incident was opened".to_owned()),
        });
    };
    let log = environment.ledger().log(&id.as_str().into()).await?;
    Ok(log.records().to_vec())
}

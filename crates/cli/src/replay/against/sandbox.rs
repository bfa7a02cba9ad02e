//! Plans in a disposable account: the real deployment in observe mode, on what the playbook's drill plants. The
//! finding's own target isn't there.

use std::{collections::BTreeMap, env};

use backstop_core::Mode;
use backstop_drill::{self as drill, Drills, Ending, Stage, StageOptions, stage::workspace_around};
use backstop_emulator::Settings;
use backstop_playbook::Answer;

use super::{AgainstError, Planned, steps_of};
use crate::{printer::Printer, progress::Steps};

/// One plan for each playbook that contains.
pub(in super::super) async fn plans_in_sandbox(
    answers: &[Answer<'_>],
    printer: &Printer,
) -> Result<Vec<Planned>, AgainstError> {
    let wanted: BTreeMap<&str, &Answer<'_>> = answers
        .iter()
        .filter(|answer| answer.playbook.contains())
        .map(|answer| (answer.playbook.name.as_str(), answer))
        .collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let here = env::current_dir().map_err(AgainstError::Here)?;
    let root = workspace_around(&here).ok_or(AgainstError::NoWorkspace)?;
    let drills = Drills::read(&root.join("playbooks"))?;
    let steps = Steps::new(*printer);
    let options = StageOptions {
        root,
        mode: Mode::Observe,
        without_permission: None,
        parameters: BTreeMap::new(),
        account: Settings::default(),
    };
    // Dropped on any error below, which ends the account.
    let stage = Stage::start(options, &steps).await?;
    let mut plans = Vec::new();
    for answer in wanted.values() {
        plans.push(plan(&stage, &drills, answer, &steps).await?);
    }
    stage.clear().await?;
    Ok(plans)
}

async fn plan(
    stage: &Stage,
    drills: &Drills,
    answer: &Answer<'_>,
    steps: &Steps,
) -> Result<Planned, AgainstError> {
    let playbook = &answer.playbook.name;
    let drill = drills
        .all()
        .iter()
        .find(|drill| drill.playbook == playbook.as_str())
        .ok_or_else(|| AgainstError::NoDrill(playbook.clone()))?;
    let report = drill::run(stage, drill, Ending::Contained, steps).await;
    let Some(id) = report.incident else {
        return Err(AgainstError::NoPlan {
            playbook: playbook.clone(),
            why: report
                .error
                .unwrap_or_else(|| "no incident was opened".to_owned()),
        });
    };
    let incident = stage.ledger().log(&id.as_str().into()).await?.incident()?;
    Ok(Planned {
        playbook: playbook.clone(),
        target: incident.opened.target.clone(),
        incident: None,
        mode: None,
        guardrails: Vec::new(),
        steps: steps_of(&incident),
    })
}

//! Plans in a disposable account: the real deployment in observe mode, on what the playbook's drill plants. The
//! finding's own target isn't there. `backstop-drill` makes them, and gives the logs of its incidents.

use std::collections::BTreeSet;

use backstop_core::{incident::Incident, log::Record};
use backstop_playbook::Match;

use super::{AgainstError, Planned, steps_of};
use crate::{command::CliError, hand_over::output_of};

/// One plan for each playbook that contains.
pub(in super::super) async fn plans_in_sandbox(answers: &[Match<'_>]) -> Result<Vec<Planned>, CliError> {
    let wanted: BTreeSet<&str> = answers
        .iter()
        .filter(|answer| answer.playbook.contains())
        .map(|answer| answer.playbook.name.as_str())
        .collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let arguments = wanted.iter().flat_map(|playbook| ["--log-of-plan", playbook]);
    let written = output_of(arguments).await?;
    let logs: Vec<Vec<Record>> = serde_json::from_slice(&written).map_err(AgainstError::Unreadable)?;
    let plans = logs.iter().map(|log| planned(log));
    Ok(plans.collect::<Result<_, _>>()?)
}

fn planned(log: &[Record]) -> Result<Planned, AgainstError> {
    let incident = Incident::replay(log)?;
    Ok(Planned {
        playbook: incident.opened.playbook.clone(),
        target: incident.opened.target.clone(),
        incident: None,
        mode: None,
        guardrails: Vec::new(),
        steps: steps_of(&incident),
    })
}

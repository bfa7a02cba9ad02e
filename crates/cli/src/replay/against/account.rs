//! Plans in the deployment: an incident in observe mode, opened as by `backstop run`.

use std::time::Duration;

use backstop_client::Client;
use backstop_core::api::{PlanAnswer, PlanRequest};
use backstop_playbook::Match;
use tokio::time::{Instant, sleep};

use super::{AgainstError, Planned, steps_of};
use crate::{
    api::{ApiOptions, connect},
    command::CliError,
    incidents::View,
};

const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(500);

/// One plan for each answer whose playbook contains.
pub(in super::super) async fn plans_in_account(
    answers: &[Match<'_>],
    options: &ApiOptions,
) -> Result<Vec<Planned>, CliError> {
    let api = connect(options).await?;
    let mut plans = Vec::new();
    for answer in answers.iter().filter(|answer| answer.playbook.contains()) {
        plans.push(plan(&api, answer).await?);
    }
    Ok(plans)
}

async fn plan(api: &Client, answer: &Match<'_>) -> Result<Planned, CliError> {
    let request = PlanRequest {
        playbook: answer.playbook.name.to_string(),
        target: answer.target.clone(),
        wanted: answer.mode,
    };
    let begun: PlanAnswer = api.begin(&["plans"], &request).await?;
    let view = planned(api, &begun).await?;
    Ok(Planned {
        playbook: answer.playbook.name.clone(),
        target: answer.target.clone(),
        incident: Some(begun.incident),
        mode: Some(begun.mode),
        guardrails: begun.guardrails,
        steps: steps_of(&view.state),
    })
}

/// An observed incident closes once everything is planned; what is open already has its plan.
async fn planned(api: &Client, begun: &PlanAnswer) -> Result<View, CliError> {
    let until = Instant::now() + PATIENCE;
    loop {
        let view = View::read(api, &begun.incident).await?;
        if begun.was_open || view.state.closed.is_some() {
            return Ok(view);
        }
        if Instant::now() > until {
            return Err(AgainstError::Endless(begun.incident.clone()).into());
        }
        sleep(PAUSE).await;
    }
}

//! Plans in the deployment: an incident in observe mode, opened as by `backstop run`.

use std::time::Duration;

use backstop_core::{Mode, guardrail::OpeningSubject};
use backstop_playbook::Match;
use backstop_runtime::now;
use tokio::time::{Instant, sleep};

use super::{AgainstError, Planned, steps_of};
use crate::{
    answer::CliError,
    aws::{Deployment, StackOptions},
    incidents::View,
    run::{RunAnswer, RunError, RunRequest, open},
};

const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(500);

/// One plan for each answer whose playbook contains.
pub(in super::super) async fn plans_in_account(
    answers: &[Match<'_>],
    options: &StackOptions,
) -> Result<Vec<Planned>, CliError> {
    let deployment = Deployment::find(options).await?;
    let mut plans = Vec::new();
    for answer in answers.iter().filter(|answer| answer.playbook.contains()) {
        plans.push(plan(&deployment, answer).await?);
    }
    Ok(plans)
}

async fn plan(deployment: &Deployment, answer: &Match<'_>) -> Result<Planned, CliError> {
    let caller = deployment.caller().await?;
    deployment.check_playbook(&answer.playbook.name)?;
    let guardrails = deployment.ledger.guardrails().await.map_err(RunError::from)?;
    let subject = OpeningSubject {
        playbook: &answer.playbook.name,
        target: answer.target,
        wanted: answer.mode,
        maximum: deployment.maximum_mode()?,
    };
    let protection = deployment.protection(caller.account.as_str());
    let (mode, decisions) = guardrails.mode_at_opening(&protection, subject, now());
    let request = RunRequest {
        playbook: answer.playbook,
        target: answer.target.clone(),
        wanted: Mode::Observe,
        by: caller,
        reason: Some("replay of a saved finding, to see the plan".to_owned()),
    };
    let view = match open(deployment, request).await? {
        RunAnswer::Started(started) => planned(deployment, &started.incident).await?,
        // What is open already has its plan.
        RunAnswer::AlreadyOpen(view) => *view,
    };
    Ok(Planned {
        playbook: answer.playbook.name.clone(),
        target: answer.target.clone(),
        incident: Some(view.incident),
        mode: Some(mode),
        guardrails: decisions,
        steps: steps_of(&view.state),
    })
}

/// An observed incident closes once everything is planned.
async fn planned(deployment: &Deployment, id: &backstop_core::IncidentId) -> Result<View, CliError> {
    let until = Instant::now() + PATIENCE;
    loop {
        let view = View::read(&deployment.ledger, id).await?;
        if view.state.closed.is_some() {
            return Ok(view);
        }
        if Instant::now() > until {
            return Err(AgainstError::Endless(id.clone()).into());
        }
        sleep(PAUSE).await;
    }
}

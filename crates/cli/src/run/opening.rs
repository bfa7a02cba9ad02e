//! Has the deployment start what a person asked for, and says what came of it.

use backstop_core::{Mode, Target};
use backstop_playbook::Playbook;
use backstop_runtime::manual_run::{self, ManualRun, ManualRunOutcome};

use super::{RunAnswer, RunError, Started};
use crate::{
    answer::CliError,
    aws::{Caller, Deployment},
    incidents::View,
};

/// What a person asked for.
pub(crate) struct RunRequest<'a> {
    pub(crate) playbook: &'a Playbook,
    pub(crate) target: Target,
    pub(crate) wanted: Mode,
    pub(crate) by: Caller,
    pub(crate) reason: Option<String>,
}

/// Opens and starts. Where the target has an open incident, that one is shown instead; a closed one is linked.
pub(crate) async fn open(deployment: &Deployment, request: RunRequest<'_>) -> Result<RunAnswer, CliError> {
    let limits = deployment.limits(request.by.account.as_str())?;
    let request = ManualRun {
        playbook: request.playbook.name.clone(),
        steps: request.playbook.step_refs(),
        target: request.target,
        wanted: request.wanted,
        by: request.by.arn,
        reason: request.reason,
    };
    let ran = manual_run::run(&deployment.ledger, &deployment.machines()?, &request, &limits).await;
    match ran.map_err(RunError::from)? {
        ManualRunOutcome::Started(incident) => {
            // The limit is counted in the write that opens, so only the log knows the mode that was left, and why.
            let opened = View::read(&deployment.ledger, &incident).await?.state.opened;
            Ok(RunAnswer::Started(Box::new(Started {
                incident,
                playbook: opened.playbook,
                target: opened.target,
                mode: opened.mode,
                guardrails: opened.guardrails,
                by: request.by,
            })))
        }
        ManualRunOutcome::AlreadyOpen(incident) => {
            let view = View::read(&deployment.ledger, &incident).await?;
            Ok(RunAnswer::AlreadyOpen(Box::new(view)))
        }
    }
}

//! Has the deployment start what a person asked for, and says what came of it.

use backstop_core::{Mode, Target};
use backstop_playbook::Playbook;
use backstop_runtime::by_hand;

use super::{Ran, RunError, Started};
use crate::{
    answer::CliError,
    aws::{Caller, Deployment},
    incidents::View,
};

/// What a person asked for.
pub(crate) struct Wish<'a> {
    pub(crate) playbook: &'a Playbook,
    pub(crate) target: Target,
    pub(crate) wanted: Mode,
    pub(crate) by: Caller,
    pub(crate) reason: Option<String>,
}

/// Opens and starts. Where the target has an open incident, that one is shown instead; a closed one is linked.
pub(crate) async fn open(deployment: &Deployment, wish: Wish<'_>) -> Result<Ran, CliError> {
    let limits = deployment.limits(wish.by.account.as_str())?;
    let wish = by_hand::Wish {
        playbook: wish.playbook.name.clone(),
        steps: wish.playbook.step_refs(),
        target: wish.target,
        wanted: wish.wanted,
        by: wish.by.arn,
        reason: wish.reason,
    };
    let ran = by_hand::run(&deployment.ledger, &deployment.machines()?, &wish, &limits).await;
    match ran.map_err(RunError::from)? {
        by_hand::Ran::Started(incident) => {
            // The limit is counted in the write that opens, so only the log knows the mode that was left, and why.
            let opened = View::read(&deployment.ledger, &incident).await?.state.opened;
            Ok(Ran::Started(Box::new(Started {
                incident,
                playbook: opened.playbook,
                target: opened.target,
                mode: opened.mode,
                guardrails: opened.guardrails,
                by: wish.by,
            })))
        }
        by_hand::Ran::AlreadyOpen(incident) => {
            let view = View::read(&deployment.ledger, &incident).await?;
            Ok(Ran::AlreadyOpen(Box::new(view)))
        }
    }
}

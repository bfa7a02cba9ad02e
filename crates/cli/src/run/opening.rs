//! Opens the incident that a person asked for, as intake does for a finding, and starts its machine.

use backstop_core::{
    Finding, IncidentId, Mode, Target,
    finding::{Route, Severity, SeverityLabel, Standing},
    guardrail::{Decision, OpeningSubject},
    log::{FindingRef, Opened, Origin},
    message::title_of,
    task::ExecutionInput,
};
use backstop_playbook::Playbook;
use backstop_runtime::{
    ledger::{Lock, NewIncident, Opening},
    new_id, now,
};
use serde::Serialize;

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

/// What is kept where a finding's raw event would be.
#[derive(Serialize)]
struct Raw<'a> {
    run: &'a str,
    target: &'a Target,
    by: &'a str,
    reason: Option<&'a str>,
}

/// Opens and starts. Where the target has an open incident, that one is shown instead; a closed one is linked.
pub(crate) async fn open(deployment: &Deployment, wish: Wish<'_>) -> Result<Ran, CliError> {
    // Fail closed: without the guardrails nothing is opened.
    let guardrails = deployment.ledger.guardrails().await.map_err(RunError::from)?;
    let subject = OpeningSubject {
        playbook: &wish.playbook.name,
        target: &wish.target,
        wanted: wish.wanted,
        maximum: deployment.maximum_mode()?,
    };
    let protection = deployment.protection(wish.by.account.as_str());
    let (mode, decisions) = guardrails.mode_at_opening(&protection, subject, now());
    let new = NewIncident {
        opened: opened(&wish, mode, decisions),
        raw: raw(&wish)?,
        hourly_limit: deployment.hourly_limit()?,
    };
    let ledger = &deployment.ledger;
    let opening = match ledger.open(new.clone(), None).await.map_err(RunError::from)? {
        Opening::Taken(lock) if is_closed(ledger, &lock).await? => ledger
            .open(new.clone(), Some(&lock))
            .await
            .map_err(RunError::from)?,
        opening => opening,
    };
    match opening {
        Opening::Opened { incident, mode } => {
            start(deployment, incident, new.opened, mode, wish.by.arn).await
        }
        Opening::Taken(lock) => already_open(deployment, lock).await,
    }
}

async fn start(
    deployment: &Deployment,
    incident: IncidentId,
    opened: Opened,
    mode: Mode,
    by: String,
) -> Result<Ran, CliError> {
    start_machine(deployment, &incident, &opened, mode).await?;
    // The limit is counted in the write that opens, so only the log knows the mode that was left, and why.
    let opened = View::read(&deployment.ledger, &incident).await?.state.opened;
    Ok(Ran::Started(Box::new(Started {
        incident,
        playbook: opened.playbook,
        target: opened.target,
        mode: opened.mode,
        guardrails: opened.guardrails,
        by,
    })))
}

async fn start_machine(
    deployment: &Deployment,
    incident: &IncidentId,
    opened: &Opened,
    mode: Mode,
) -> Result<(), CliError> {
    let input = ExecutionInput {
        incident: incident.clone(),
        playbook: opened.playbook.clone(),
        mode,
        target: opened.target.clone(),
    };
    deployment
        .machines()?
        .start(&input)
        .await
        .map_err(|source| RunError::NotStarted {
            incident: incident.clone(),
            source,
        })?;
    deployment
        .ledger
        .mark_started(incident, opened)
        .await
        .map_err(RunError::from)?;
    Ok(())
}

/// By its log: whoever closed it may have died before noting that beside the target.
async fn is_closed(ledger: &backstop_runtime::Ledger, lock: &Lock) -> Result<bool, CliError> {
    let log = ledger.log(&lock.incident).await.map_err(RunError::from)?;
    Ok(log.incident().map_err(RunError::from)?.closed.is_some())
}

/// Whoever opened it may have died before starting the machine.
async fn already_open(deployment: &Deployment, lock: Lock) -> Result<Ran, CliError> {
    if !lock.started {
        let opened = View::read(&deployment.ledger, &lock.incident).await?.state.opened;
        start_machine(deployment, &lock.incident, &opened, opened.mode).await?;
    }
    already(deployment, lock.incident).await
}

async fn already(deployment: &Deployment, incident: IncidentId) -> Result<Ran, CliError> {
    Ok(Ran::AlreadyOpen(Box::new(
        View::read(&deployment.ledger, &incident).await?,
    )))
}

fn opened(wish: &Wish<'_>, mode: Mode, guardrails: Vec<Decision>) -> Opened {
    let finding = finding(&wish.target);
    Opened {
        playbook: wish.playbook.name.clone(),
        target: wish.target.clone(),
        mode,
        steps: wish.playbook.step_refs(),
        origin: Origin::Manual {
            by: wish.by.arn.clone(),
            reason: wish.reason.clone(),
        },
        title: title_of(&finding),
        finding: FindingRef::of(&finding, None),
        linked: None,
        guardrails,
    }
}

/// What stands in a finding's place: a person's word. High, since they found it worth containing by hand.
fn finding(target: &Target) -> Finding {
    let at = now();
    Finding {
        hub: None,
        id: format!("manual-{}", new_id()),
        account: target.account.clone(),
        region: target.region.clone(),
        product: "Backstop".to_owned(),
        route: Route::Manual,
        finding_type: "Manual".to_owned(),
        control: None,
        severity: Severity::of_label(SeverityLabel::High),
        title: "started by hand".to_owned(),
        description: String::new(),
        standing: Standing::Active,
        resource_role: None,
        targets: vec![target.clone()],
        related: Vec::new(),
        count: 1,
        first_seen: None,
        last_seen: None,
        created_at: Some(at),
        updated_at: Some(at),
        facts: Vec::new(),
    }
}

fn raw(wish: &Wish<'_>) -> Result<Vec<u8>, RunError> {
    Ok(serde_json::to_vec(&Raw {
        run: wish.playbook.name.as_str(),
        target: &wish.target,
        by: &wish.by.arn,
        reason: wish.reason.as_deref(),
    })?)
}

//! A person starts a playbook: the incident is opened under the guardrails that a finding would meet, and its machine
//! is started.

use backstop_core::{
    Finding, IncidentId, Mode, PlaybookName, Target,
    api::ErrorCode,
    canonical,
    finding::{Route, Severity, SeverityLabel, Standing},
    guardrail::{Decision, OpeningSubject, Protection},
    incident::Incident,
    log::{FindingRef, Opened, Origin, StepRef},
    notice::title_of,
    person::Person,
    task::ExecutionInput,
};
use serde::Serialize;

use crate::{
    Ledger, LedgerError,
    ledger::{Lock, NewIncident, Opening},
    machines::{Machines, StartError},
    new_id, now,
};

/// What a person asked for.
#[derive(Clone, Debug)]
pub struct ManualRun {
    /// The playbook.
    pub playbook: PlaybookName,
    /// Its steps.
    pub steps: Vec<StepRef>,
    /// What it is to contain.
    pub target: Target,
    /// How far it is to go; guardrails may lower it.
    pub wanted: Mode,
    /// The person.
    pub by: Person,
    /// The person's words.
    pub reason: Option<String>,
    /// What tells this request from another for the same: made again under the same key, it is the same request.
    pub key: Option<String>,
}

/// How far a deployment goes.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How far any playbook may go.
    pub maximum: Mode,
    /// Containments allowed for a playbook and account in an hour.
    pub hourly: u32,
    /// Whom it never contains.
    pub protection: Protection,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManualRunOutcome {
    /// A new incident; where the target had a closed one, linked to that.
    Started(IncidentId),
    /// The target has this open incident of the playbook, whose machine is sure to be started.
    AlreadyOpen(IncidentId),
}

/// Nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum ManualRunError {
    /// The table failed; without its guardrails nothing is opened.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The request can't be written.
    #[error("writing down what was asked for")]
    Unwritable(#[from] serde_json::Error),
    /// The incident is in the log, but nobody works on it; asking again starts its machine.
    #[error("incident `{incident}` is open, but its machine isn't started; type the same command again")]
    NotStarted {
        /// The incident.
        incident: IncidentId,
        /// Why.
        source: StartError,
    },
}

impl ManualRunError {
    /// The name that programs know it by.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Ledger(error) => error.code(),
            Self::Unwritable(_) => ErrorCode::Internal,
            Self::NotStarted { .. } => ErrorCode::Unfinished,
        }
    }
}

/// Opens and starts.
pub async fn run(
    ledger: &Ledger,
    machines: &Machines,
    request: &ManualRun,
    limits: &Limits,
) -> Result<ManualRunOutcome, ManualRunError> {
    // Fail closed: without the guardrails nothing is opened.
    let guardrails = ledger.guardrails().await?;
    let subject = OpeningSubject {
        playbook: &request.playbook,
        target: &request.target,
        wanted: request.wanted,
        furthest: None,
        maximum: limits.maximum,
    };
    let (mode, decisions) = guardrails.mode_at_opening(&limits.protection, subject, now());
    let new = NewIncident {
        opened: opened(request, mode, decisions),
        raw: raw(request)?,
        hourly_limit: limits.hourly,
    };
    let opening = match ledger.open(new.clone(), None).await? {
        Opening::Taken(lock) => {
            // By its log: whoever closed it may have died before noting that beside the target.
            let holder = ledger.log(&lock.incident).await?.incident()?;
            ensure_started(ledger, machines, &lock, &holder).await?;
            if holder.opened.finding.key == new.opened.finding.key {
                // It was opened by this very request, whose answer was lost.
                return Ok(ManualRunOutcome::Started(lock.incident));
            }
            if holder.closed.is_none() {
                return Ok(ManualRunOutcome::AlreadyOpen(lock.incident));
            }
            ledger.open(new.clone(), Some(&lock)).await?
        }
        opening => opening,
    };
    match opening {
        Opening::Opened { incident, mode, .. } => {
            start(ledger, machines, &incident, &new.opened, mode).await?;
            Ok(ManualRunOutcome::Started(incident))
        }
        // Somebody else was faster.
        Opening::Taken(lock) => {
            let holder = ledger.log(&lock.incident).await?.incident()?;
            ensure_started(ledger, machines, &lock, &holder).await?;
            Ok(ManualRunOutcome::AlreadyOpen(lock.incident))
        }
    }
}

async fn start(
    ledger: &Ledger,
    machines: &Machines,
    incident: &IncidentId,
    opened: &Opened,
    mode: Mode,
) -> Result<(), ManualRunError> {
    let input = ExecutionInput {
        incident: incident.clone(),
        playbook: opened.playbook.clone(),
        mode,
        target: opened.target.clone(),
    };
    machines
        .start(&input)
        .await
        .map_err(|source| ManualRunError::NotStarted {
            incident: incident.clone(),
            source,
        })?;
    ledger.mark_started(incident, opened).await?;
    Ok(())
}

/// Whoever opened it may have died before starting its machine.
async fn ensure_started(
    ledger: &Ledger,
    machines: &Machines,
    lock: &Lock,
    holder: &Incident,
) -> Result<(), ManualRunError> {
    if lock.started || holder.closed.is_some() {
        return Ok(());
    }
    let opened = &holder.opened;
    start(ledger, machines, &lock.incident, opened, opened.mode).await
}

fn opened(request: &ManualRun, mode: Mode, guardrails: Vec<Decision>) -> Opened {
    let finding = finding(request);
    let (by, reason) = (request.by.arn().to_owned(), request.reason.clone());
    Opened {
        playbook: request.playbook.clone(),
        target: request.target.clone(),
        mode,
        steps: request.steps.clone(),
        origin: if request.wanted == Mode::Observe {
            Origin::Plan { by, reason }
        } else {
            Origin::Manual { by, reason }
        },
        title: title_of(&finding),
        finding: FindingRef::of(&finding, None),
        linked: None,
        case: backstop_core::case::Case::default(),
        guardrails,
    }
}

/// What stands in a finding's place: a person's word. High, since they found it worth containing by hand.
fn finding(request: &ManualRun) -> Finding {
    let at = now();
    let target = &request.target;
    Finding {
        hub: None,
        is_instance_by_name: false,
        arn: None,
        id: format!("manual-{}", request_id(request)),
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
        peers: Vec::new(),
    }
}

/// The same for the same request of the same person; nobody else's key means it.
fn request_id(request: &ManualRun) -> String {
    let Some(key) = &request.key else { return new_id() };
    let parts = [
        request.by.id.as_str(),
        key,
        request.playbook.as_str(),
        &request.target.key(),
        &request.wanted.to_string(),
    ];
    canonical::sha256(parts.join("\n").as_bytes()).to_string()
}

/// What is kept where a finding's raw event would be.
#[derive(Serialize)]
struct Raw<'a> {
    run: &'a str,
    target: &'a Target,
    by: &'a str,
    reason: Option<&'a str>,
}

fn raw(request: &ManualRun) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Raw {
        run: request.playbook.as_str(),
        target: &request.target,
        by: request.by.arn(),
        reason: request.reason.as_deref(),
    })
}

#[cfg(test)]
mod tests;

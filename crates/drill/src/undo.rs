//! The end of a drill: the person on call undoes what was done, and the account is compared with before.

use std::time::Duration;

use backstop_core::{
    IncidentId, Risk, UndoOutcome,
    incident::{Incident, Status},
};
use backstop_runtime::undoing::{self, UndoError};
use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::{
    Cast, DrillError, Stage,
    oncall::OnCall,
    picture::{self, Difference, Picture},
};

const PAUSE: Duration = Duration::from_millis(150);
/// Seconds.
const DEFAULT_TCP_TIMEOUT: i64 = 432_000;
const PATIENCE: Duration = Duration::from_secs(90);

/// How the undo ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Undone {
    /// Whether anything was undone; false where nothing had been changed.
    pub ran: bool,
    /// Whether everything planted is as it was before the finding, but for the exceptions.
    pub restored: bool,
    /// What stays as containment left it, on purpose.
    pub exceptions: Vec<Difference>,
    /// What should be as before and isn't.
    pub differences: Vec<Difference>,
    /// The incident's status afterwards.
    pub status: Option<Status>,
    /// How each step ended.
    pub steps: Vec<UndoneStep>,
}

/// One undone step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UndoneStep {
    /// The step's name in the playbook.
    pub step: String,
    /// How its undo ended.
    #[serde(flatten)]
    pub outcome: UndoOutcome,
}

/// Undoes the incident as the person on call, and compares.
pub async fn undo(
    stage: &Stage,
    cast: &Cast,
    oncall: &OnCall<'_>,
    id: &IncidentId,
    before: &Picture,
    leaked_key: Option<&str>,
) -> Result<Undone, DrillError> {
    let mut undone = Undone::default();
    if oncall.undo(id).await? {
        let incident = wait(stage, id).await?;
        undone.ran = true;
        undone.status = Some(incident.status());
        undone.steps = steps(&incident);
    }
    let after = Picture::take(stage.account(), cast).await?;
    let stays_off = leaked_key.map(|key| format!("access key {key}"));
    (undone.exceptions, undone.differences) = before
        .differences(&after)
        .into_iter()
        .partition(|difference| stays_off.as_ref() == Some(&difference.what) || cannot_be_unset(difference));
    let is_over = !undone.ran || undone.status == Some(Status::Undone);
    undone.restored = is_over && undone.differences.is_empty();
    Ok(undone)
}

/// EC2 can't unset the timeout of an interface again; undo sets it to what unset means (EC2 User Guide, "Connection
/// tracking timeouts").
fn cannot_be_unset(difference: &Difference) -> bool {
    difference.what.starts_with(picture::TCP_TIMEOUT)
        && difference.before.is_null()
        && difference.after == DEFAULT_TCP_TIMEOUT
}

/// Whether there is something to undo. An incident that changed nothing, or isn't closed, has nothing.
pub(super) fn is_nothing(error: &UndoError) -> bool {
    matches!(error, UndoError::NothingToUndo(_) | UndoError::NotClosed { .. })
}

/// The risk that a drill accepts: its sessions are its own, and undo is to leave nothing of it behind.
pub(super) const ACCEPTED: [Risk; 1] = [Risk::ReviveSessions];

async fn wait(stage: &Stage, id: &IncidentId) -> Result<Incident, DrillError> {
    let ledger = stage.ledger();
    let until = Instant::now() + PATIENCE;
    loop {
        let incident = ledger.log(id).await?.incident()?;
        let is_over = matches!(incident.status(), Status::Undone | Status::Stuck);
        if is_over && incident.notices.ending_is_known() {
            return Ok(incident);
        }
        if Instant::now() >= until {
            return Err(DrillError::Endless {
                incident: id.clone(),
                status: incident.status().to_string(),
                seconds: PATIENCE.as_secs(),
            });
        }
        sleep(PAUSE).await;
    }
}

fn steps(incident: &Incident) -> Vec<UndoneStep> {
    let ended = incident.steps.iter().rev();
    ended
        .filter_map(|state| {
            Some(UndoneStep {
                step: state.step.step.to_string(),
                outcome: state.undo.clone()?,
            })
        })
        .collect()
}

/// Asks for the undo of everything; false if there is nothing to undo.
pub(super) async fn ask(
    ledger: &backstop_runtime::Ledger,
    machines: &backstop_runtime::machines::Machines,
    id: &IncidentId,
    by: &str,
) -> Result<bool, DrillError> {
    let mut log = ledger.log(id).await?;
    let incident = log.incident()?;
    let steps = match undoing::undoable(id, &incident, None) {
        Ok(steps) => steps,
        Err(error) if is_nothing(&error) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let reason = Some("drill".to_owned());
    undoing::request(ledger, machines, &mut log, by, reason, &steps, &ACCEPTED).await?;
    Ok(true)
}

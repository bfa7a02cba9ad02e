//! The end of a drill: the person on call undoes what was done, and the account is compared with before.

use std::{collections::BTreeSet, time::Duration};

use backstop_core::{
    IncidentId, UndoOutcome,
    incident::{Incident, Status},
};
use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::{
    DrillError, Environment, Fixtures,
    oncall::OnCall,
    state_snapshot::{self, Difference, StateSnapshot},
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
    environment: &Environment,
    fixtures: &Fixtures,
    oncall: &OnCall<'_>,
    id: &IncidentId,
    before: &StateSnapshot,
    stays_off: &BTreeSet<String>,
) -> Result<Undone, DrillError> {
    let mut undone = Undone::default();
    if oncall.undo(id).await? {
        let incident = wait(environment, id).await?;
        undone.ran = true;
        undone.status = Some(incident.status());
        undone.steps = steps(&incident);
    }
    let after = StateSnapshot::take(environment.account(), fixtures).await?;
    (undone.exceptions, undone.differences) = before
        .differences(&after)
        .into_iter()
        .partition(|difference| stays_off.contains(&difference.what) || cannot_be_unset(difference));
    undone.differences.extend(revived(fixtures, before, &after));
    let is_over = !undone.ran || undone.status == Some(Status::Undone);
    undone.restored = is_over && undone.differences.is_empty();
    Ok(undone)
}

/// What an attacker made works again: to be as before is wrong for it.
fn revived(fixtures: &Fixtures, before: &StateSnapshot, after: &StateSnapshot) -> Vec<Difference> {
    let state = |of: &StateSnapshot, what: &String| of.states().get(what).cloned().unwrap_or_default();
    let made = fixtures.attackers_credentials().iter();
    made.filter(|what| state(after, what) == "Active")
        .map(|what| Difference {
            what: format!("{what}, which the attacker made"),
            before: state(before, what),
            after: state(after, what),
        })
        .collect()
}

/// EC2 can't unset the timeout of an interface again; undo sets it to what unset means (EC2 User Guide, "Connection
/// tracking timeouts").
fn cannot_be_unset(difference: &Difference) -> bool {
    difference.what.starts_with(state_snapshot::TCP_TIMEOUT)
        && difference.before.is_null()
        && difference.after == DEFAULT_TCP_TIMEOUT
}

async fn wait(environment: &Environment, id: &IncidentId) -> Result<Incident, DrillError> {
    let ledger = environment.ledger();
    let until = Instant::now() + PATIENCE;
    loop {
        let incident = ledger.log(id).await?.incident()?;
        let is_over = matches!(incident.status(), Status::Undone | Status::Stuck);
        if is_over && incident.notices.ending_is_known() {
            return Ok(incident);
        }
        if Instant::now() >= until {
            let (incident, status) = (id.clone(), incident.status().to_string());
            let seconds = PATIENCE.as_secs();
            return Err(match is_over {
                true => DrillError::Untold {
                    incident,
                    status,
                    seconds,
                },
                false => DrillError::Endless {
                    incident,
                    status,
                    seconds,
                },
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

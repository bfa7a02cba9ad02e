//! Asks Step Functions whether an execution really died, before anything is closed for it: whoever may invoke this function
//! could say so of one that works.

use backstop_core::{IncidentId, PlaybookName, sweep::Machine};
use backstop_runtime::{Ledger, StepError, machines::Machines};

/// The machine that undoes, beside those of playbooks.
const UNDO: &str = "undo";

/// What a dead execution worked on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Died {
    /// The incident.
    pub(crate) incident: IncidentId,
    /// Whether it was to undo it.
    pub(crate) was_undo: bool,
}

/// Fails while the execution runs, and if there is none. Lambda asks again within minutes, since what Step Functions says of
/// an execution may be a moment old; then the event is left on the dead-letter queue, and people hear of it.
pub(crate) async fn died(ledger: &Ledger, machines: &Machines, name: &str) -> Result<Died, StepError> {
    let died = read(name);
    let playbook: PlaybookName = if died.was_undo {
        UNDO.into()
    } else {
        ledger.log(&died.incident).await?.incident()?.opened.playbook
    };
    // Executions are named by the incident or the request; see `task::CloseTask::ExecutionDied`.
    let machine = machines.execution(&playbook, &name.into()).await?;
    let why = match machine {
        Machine::Ended => return Ok(died),
        Machine::Runs => "it runs",
        Machine::Absent => "there is none",
    };
    tracing::error!(
        execution = name,
        why,
        "said to have died, which isn't so: nothing is closed"
    );
    Err(StepError::Invalid {
        what: "the event of an execution that failed",
        detail: format!("Step Functions says of execution `{name}` of `{playbook}` that {why}"),
    })
}

fn read(name: &str) -> Died {
    match name.split_once('-') {
        None => Died {
            incident: name.into(),
            was_undo: false,
        },
        Some((incident, _request)) => Died {
            incident: incident.into(),
            was_undo: true,
        },
    }
}

#[cfg(test)]
mod tests;

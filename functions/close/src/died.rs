//! Asks Step Functions whether an execution really died, before anything is closed for it: whoever may invoke this function
//! could say so of one that works.

use backstop_core::{PlaybookName, sweep::Machine, task::ExecutionName};
use backstop_runtime::{Ledger, StepError, machines::Machines};

/// The machine that undoes, beside those of playbooks.
const UNDO: &str = "undo";

/// Fails while the execution runs, and if there is none. Lambda asks again within minutes, since what Step Functions says of
/// an execution may be a moment old; then the event is left on the dead-letter queue, and people hear of it.
pub(crate) async fn died(
    ledger: &Ledger,
    machines: &Machines,
    name: &ExecutionName,
) -> Result<(), StepError> {
    let playbook: PlaybookName = if name.is_undo() {
        UNDO.into()
    } else {
        ledger.log(&name.incident()).await?.incident()?.opened.playbook
    };
    let why = match machines.execution(&playbook, name).await? {
        Machine::Ended => return Ok(()),
        Machine::Runs => "it runs",
        Machine::Absent => "there is none",
    };
    tracing::error!(
        execution = name.as_str(),
        why,
        "said to have died, which isn't so: nothing is closed"
    );
    Err(StepError::Invalid {
        what: "the event of an execution that failed",
        detail: format!(
            "Step Functions says of execution `{}` of `{playbook}` that {why}",
            name.as_str()
        ),
    })
}

#[cfg(test)]
mod tests;

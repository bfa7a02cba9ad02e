//! Asking for the undo of everything, as a person on call does.

use backstop_core::{IncidentId, Risk};
use backstop_runtime::{
    Ledger,
    machines::Machines,
    undoing::{self, UndoError},
};

use crate::DrillError;

/// Whether there is nothing to undo. An incident that changed nothing, or isn't closed, has nothing.
fn is_nothing(error: &UndoError) -> bool {
    matches!(error, UndoError::NothingToUndo(_) | UndoError::NotClosed { .. })
}

/// The risk that a drill accepts: its sessions are its own, and undo is to leave nothing of it behind.
const ACCEPTED: [Risk; 1] = [Risk::ReviveSessions];

/// Asks for the undo of everything; false if there is nothing to undo.
pub(super) async fn ask(
    ledger: &Ledger,
    machines: &Machines,
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

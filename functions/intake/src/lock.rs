//! Whether a target's lock leads to an incident that somebody works on. Whoever may write the incidents table writes a lock,
//! too: findings would join an incident without a machine, which no list shows, and nobody would hear of them.

use backstop_core::{
    Finding, IncidentId, incident::Incident, log::Opened, notice::broken_lock, sweep::may_need_attention,
};
use backstop_runtime::{IncidentLog, LedgerError, ledger::Lock};

use crate::{Intake, batch::Unfinished};

/// Where a lock leads.
pub(crate) enum Behind {
    /// To an incident of this target, with its log.
    Incident(Box<IncidentLog>, Box<Incident>),
    /// To none of Backstop's, and why not.
    Nothing(String),
}

impl Intake {
    /// The list is read first: what ends meanwhile is written to the log before it is in the list.
    pub(crate) async fn behind(&self, lock: &Lock, new: &Opened) -> Result<Behind, LedgerError> {
        let nothing = |why: &str| Ok(Behind::Nothing(why.to_owned()));
        let row = match self.ledger.row(&lock.incident).await {
            Err(error) if is_of_content(&error) => return nothing(&error.to_string()),
            row => row?,
        };
        let Some(row) = row else {
            return nothing("it isn't in the list of incidents");
        };
        let read = self.ledger.log(&lock.incident).await;
        let read = read.and_then(|log| log.incident().map(|incident| (log, incident)));
        let (log, incident) = match read {
            Err(error) if is_of_content(&error) => return nothing(&error.to_string()),
            read => read?,
        };
        if !Lock::is_same(&incident.opened, new) {
            return nothing("it is about another target or by another playbook");
        }
        // The sweep looks at what the list has as open.
        let is_unseen = incident.closed.is_none()
            && may_need_attention(incident.status())
            && !may_need_attention(row.status);
        if is_unseen {
            return nothing("the list has it as ended, and its log has it as open");
        }
        Ok(Behind::Incident(Box::new(log), Box::new(incident)))
    }

    /// Pages people. The finding is answered by then.
    pub(crate) async fn tell_of_broken_lock(
        &self,
        finding: &Finding,
        lock: &Lock,
        why: &str,
        instead: &IncidentId,
    ) -> Result<(), Unfinished> {
        tracing::error!(incident = %lock.incident, %instead, why, "a lock leads to no incident of Backstop's");
        let notice = broken_lock(finding, &lock.incident, why, instead);
        self.hand_over(&notice).await
    }
}

/// Whether the table answered, and what it has is no log of an incident.
const fn is_of_content(error: &LedgerError) -> bool {
    matches!(
        error,
        LedgerError::NoSuchIncident(_)
            | LedgerError::Unreadable { .. }
            | LedgerError::Chain(_)
            | LedgerError::Illegal(_)
    )
}

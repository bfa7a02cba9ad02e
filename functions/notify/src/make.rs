//! Makes the notice of an incident as its log stands, writes it down, and delivers it.

use backstop_core::{
    IncidentId, NoticeKey,
    about::About,
    incident::Incident,
    log::OriginKind,
    notice::{self, Notice},
};
use backstop_runtime::{StepError, playbooks};
use serde_json::{Value, json};

use super::Notifier;

/// What is told of a plan.
pub(crate) const NOBODY: &str = "nobody: whoever asked for the plan sees it";

impl Notifier {
    /// Of each thing people are notified once. What was written down by a run that died is delivered as it was then.
    pub(crate) async fn make(&self, id: &IncidentId, about: About) -> Result<Value, StepError> {
        let incident = self.ledger.log(id).await?.incident()?;
        if is_known(&incident, about) {
            return Ok(json!({ "notified": "already" }));
        }
        if is_plan(&incident) {
            return Ok(json!({ "notified": NOBODY }));
        }
        let Some(notice) = self.notice(id, &incident, about)? else {
            return Ok(json!({ "notified": "nothing to tell" }));
        };
        self.ledger.put_notice(&notice).await?;
        self.deliver(&notice.reference()).await?;
        Ok(json!({ "notified": incident.conclusion() }))
    }

    fn notice(
        &self,
        id: &IncidentId,
        incident: &Incident,
        about: About,
    ) -> Result<Option<Notice>, StepError> {
        match about {
            About::Outcome => {
                let contained_at = incident.contained_at();
                let again = contained_at.and_then(|at| at.checked_add(self.confirm_after).ok());
                let notice = notice::outcome_looked_at_again(id, incident, playbooks(), again);
                Ok(Some(notice))
            }
            About::Confirmation => Ok(notice::confirmation(id, incident, playbooks())),
            About::Undo => Ok(Some(notice::undone(id, incident))),
            About::Investigation => Ok(notice::proposals(id, incident)),
            About::Question
            | About::Reminder
            | About::NotContainedYet
            | About::Limit
            | About::Digest
            | About::Attention
            | About::Guards
            | About::Integrity
            | About::NothingDone
            | About::BrokenLock
            | About::Activity
            | About::Watch
            | About::Overdue
            | About::LedgerDown => Err(StepError::Invalid {
                what: "the task",
                detail: format!(
                    "a notice about the {} is made by the function that asks, and handed over",
                    about.as_str()
                ),
            }),
        }
    }
}

/// Whether somebody only wanted to see what a playbook would do.
pub(crate) fn is_plan(incident: &Incident) -> bool {
    incident.opened.origin.kind() == OriginKind::Plan
}

fn is_known(incident: &Incident, about: About) -> bool {
    if about == About::Confirmation {
        let last = incident.confirmation.as_ref();
        last.is_some_and(|it| incident.notices.is_notified(&NoticeKey::confirmation(it.record)))
    } else if about.is_ending() {
        incident.notices.ending_is_known()
    } else {
        incident.notices.is_known(about)
    }
}

#[cfg(test)]
mod tests;

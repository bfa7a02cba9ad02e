//! Tells people that a target isn't contained yet, since AWS is down or refuses for now.

use backstop_core::{
    IncidentId, Outcome,
    about::About,
    incident::Incident,
    notice::{self, ByHand},
    task::Delayed,
};
use backstop_runtime::{LedgerError, StepError};
use serde_json::{Value, json};

use super::Notifier;
use crate::make::{NOBODY, is_plan};

impl Notifier {
    /// Once for an incident, whichever of its steps say so first. People hear of it even if the table is what AWS refuses:
    /// then nothing says that they have heard, and each step that waits tells them.
    pub(crate) async fn not_yet(&self, id: &IncidentId, delayed: &Delayed) -> Result<Value, StepError> {
        let incident = match self.incident(id).await {
            Ok(incident) => incident,
            // An incident that isn't there is nobody's to hear of: whoever may invoke the function could page at will. Of one
            // whose log can't be read people hear, whatever is wrong with it.
            Err(error @ StepError::Ledger(LedgerError::NoSuchIncident(_))) => return Err(error),
            Err(error) => {
                tracing::error!(incident = %id, %error, "people are told without the log");
                return self
                    .page(&notice::not_contained_yet(id, delayed, None, &[]))
                    .await;
            }
        };
        if is_plan(&incident) {
            return Ok(json!({ "notified": NOBODY }));
        }
        if incident.notices.is_known(About::NotContainedYet) {
            return Ok(json!({ "notified": "already" }));
        }
        let notice = notice::not_contained_yet(id, delayed, Some(&incident), &waiting(&incident));
        match self.ledger.put_notice(&notice).await {
            // Another step's task delivers it; should that die, the sweep does.
            Ok(false) => Ok(json!({ "notified": "already" })),
            Ok(true) => self.deliver(&notice.reference()).await,
            Err(error) => {
                tracing::error!(incident = %id, %error, "people are told of what isn't written down");
                self.page(&notice).await
            }
        }
    }

    async fn incident(&self, id: &IncidentId) -> Result<Incident, StepError> {
        Ok(self.ledger.log(id).await?.incident()?)
    }
}

/// The containing steps that haven't ended, with what does the same by hand.
fn waiting(incident: &Incident) -> Vec<ByHand> {
    let waits = incident
        .contain_steps()
        .filter(|state| matches!(state.outcome, None | Some(Outcome::Failed { .. })));
    waits
        .map(|state| ByHand {
            title: state.step.title.clone(),
            lines: backstop_actions::find(state.step.action.as_str()).map_or(&[], |action| action.by_hand),
        })
        .collect()
}

#[cfg(test)]
mod tests;

//! Asks responders to read back what a closed incident did. They write what they see to its log.

use std::{collections::BTreeSet, time::Duration};

use backstop_aws::SdkConfig;
use backstop_core::{
    ErrorName, IncidentId, Outcome,
    incident::Incident,
    task::{RespondTask, VerifyTask},
};
use backstop_runtime::{
    functions::{AskError, Functions},
    settings::SettingError,
};
use futures_util::future::try_join_all;
use serde_json::Value;

use crate::{batch::Unfinished, come_back::DEADLINE};

/// A responder that starts takes seconds, and so does a role in another account. Within a message's own time, so that it is
/// said which of them didn't answer.
const PATIENCE: Duration = Duration::from_secs(15);
const _: () = assert!(PATIENCE.as_secs() < DEADLINE.as_secs());

/// The responders, by name.
pub(crate) struct Responders(pub(crate) Functions);

/// A responder didn't say what it saw.
#[derive(Debug, thiserror::Error)]
#[error("what contains incident `{incident}` couldn't be read back: {why}")]
struct Unread {
    incident: IncidentId,
    why: AskError,
}

impl Responders {
    /// Those of the setting `RESPONDERS`.
    pub(crate) fn of_setting(config: &SdkConfig) -> Result<Self, SettingError> {
        Ok(Self(Functions::of_setting(config, "RESPONDERS", PATIENCE)?))
    }

    /// Has everything read back that makes the incident contained; false if there is something that nobody here can read.
    pub(crate) async fn read_back(&self, id: &IncidentId, incident: &Incident) -> Result<bool, Unfinished> {
        let done = incident
            .contain_steps()
            .filter(|state| matches!(state.outcome, Some(Outcome::Done | Outcome::Already)));
        let wanted: BTreeSet<Option<&str>> = done
            .map(|state| backstop_actions::function_of(&state.step.action))
            .collect();
        let mut all_read = true;
        let mut asked = Vec::new();
        for function in wanted {
            match function.filter(|name| self.0.has(name)) {
                Some(name) => asked.push(self.ask(name, id, incident)),
                None => {
                    tracing::error!(incident = %id, ?function, "no function reads this back");
                    all_read = false;
                }
            }
        }
        // Side by side: they share the message's time.
        try_join_all(asked).await?;
        Ok(all_read)
    }

    async fn ask(&self, name: &str, id: &IncidentId, incident: &Incident) -> Result<(), Unfinished> {
        let task = RespondTask::Verify(VerifyTask {
            incident: id.clone(),
            target: incident.opened.target.clone(),
        });
        match self.0.ask::<Value>(name, &task).await {
            Ok(_) => Ok(()),
            // That is an answer: it is read, and doesn't hold.
            Err(AskError::Failed { error, .. })
                if ErrorName::parse(&error) == Some(ErrorName::NotYetVerified) =>
            {
                Ok(())
            }
            Err(why) => {
                let incident = id.clone();
                let unread = Unread { incident, why };
                Err(Unfinished::again(
                    "reading back what contains an incident",
                    &unread,
                ))
            }
        }
    }
}

//! Asks responders to read back what a closed incident did. They write what they see to its log.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use aws_sdk_lambda::{
    Client,
    config::{Builder, retry::RetryConfig, timeout::TimeoutConfig},
    primitives::Blob,
};
use backstop_aws::SdkConfig;
use backstop_core::{
    ErrorName, IncidentId, Outcome,
    incident::Incident,
    task::{RespondTask, VerifyTask},
};
use backstop_runtime::CallError;
use futures_util::future::try_join_all;
use serde_json::Value;

use crate::{batch::Unfinished, come_back::DEADLINE};

/// A responder that starts takes seconds, and so does a role in another account. Within a message's own time, so that it is
/// said which of them didn't answer.
const PATIENCE: Duration = Duration::from_secs(15);
const _: () = assert!(PATIENCE.as_secs() < DEADLINE.as_secs());

/// The responders, by name.
pub(crate) struct Responders {
    lambda: Client,
    functions: BTreeMap<String, String>,
}

/// The setting `RESPONDERS` can't be read.
#[derive(Debug, thiserror::Error)]
#[error("`RESPONDERS` has `{0}`, which isn't a function's name and its ARN with `|` between them")]
pub(crate) struct NoResponder(String);

/// A responder didn't say what it saw.
#[derive(Debug, thiserror::Error)]
#[error("`{function}` couldn't read back what contains incident `{incident}`: {why}")]
struct Unread {
    function: String,
    incident: IncidentId,
    why: String,
}

impl Responders {
    /// `name|arn,name|arn`
    pub(crate) fn new(config: &SdkConfig, text: &str) -> Result<Self, NoResponder> {
        let patience = TimeoutConfig::builder().operation_attempt_timeout(PATIENCE);
        let config = Builder::from(config)
            .timeout_config(patience.operation_timeout(PATIENCE).build())
            .retry_config(RetryConfig::disabled());
        Ok(Self {
            lambda: Client::from_conf(config.build()),
            functions: functions(text)?,
        })
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
            match function.and_then(|name| self.functions.get_key_value(name)) {
                Some((name, arn)) => asked.push(self.ask(name, arn, id, incident)),
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

    async fn ask(
        &self,
        name: &str,
        arn: &str,
        id: &IncidentId,
        incident: &Incident,
    ) -> Result<(), Unfinished> {
        let doing = "reading back what contains an incident";
        let task = RespondTask::Verify(VerifyTask {
            incident: id.clone(),
            target: incident.opened.target.clone(),
        });
        let unread = |why: String| Unread {
            function: name.to_owned(),
            incident: id.clone(),
            why,
        };
        let task = serde_json::to_vec(&task).map_err(|error| Unfinished::again(doing, &error))?;
        let asked = self.lambda.invoke().function_name(arn).payload(Blob::new(task));
        let answer = asked
            .send()
            .await
            .map_err(CallError::of("lambda:InvokeFunction", format!("`{name}`")))
            .map_err(|error| Unfinished::again(doing, &error))?;
        if answer.function_error.is_none() {
            return Ok(());
        }
        let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
        match error_type(&payload) {
            // That is an answer: it is read, and doesn't hold.
            Some(error) if error == ErrorName::NotYetVerified.as_str() => Ok(()),
            error => Err(Unfinished::again(
                doing,
                &unread(error.unwrap_or_else(|| "it failed without a name".to_owned())),
            )),
        }
    }
}

fn functions(text: &str) -> Result<BTreeMap<String, String>, NoResponder> {
    let pair = |pair: &str| match pair.split_once('|') {
        Some((name, arn)) if !name.is_empty() && !arn.is_empty() => Ok((name.to_owned(), arn.to_owned())),
        _ => Err(NoResponder(pair.to_owned())),
    };
    text.split(',').map(pair).collect()
}

fn error_type(payload: &[u8]) -> Option<String> {
    let payload: Value = serde_json::from_slice(payload).ok()?;
    payload.get("errorType")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_names_each_responder_with_its_arn() {
        let read = functions("respond-iam|arn:x,respond-s3|arn:y").unwrap_or_default();
        assert_eq!(read.get("respond-s3").map(String::as_str), Some("arn:y"));
        assert_eq!(read.len(), 2);
        for text in ["", "a", "a|", "|arn:x", "a|b,"] {
            assert!(functions(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_does_not_hold_is_told_from_what_failed() {
        let named =
            |name: &str| error_type(format!(r#"{{"errorType":"{name}","errorMessage":"m"}}"#).as_bytes());
        assert_eq!(
            named("Backstop.NotYetVerified").as_deref(),
            Some(ErrorName::NotYetVerified.as_str())
        );
        assert_eq!(named("Backstop.Throttled").as_deref(), Some("Backstop.Throttled"));
        assert_eq!(error_type(b"null"), None);
    }
}

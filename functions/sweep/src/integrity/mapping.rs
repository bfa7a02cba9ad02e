//! The event source mapping by which Lambda hands intake what the queue holds: without it findings arrive and wait.

use aws_sdk_lambda::{Client, types::EventSourceMappingConfiguration};
use backstop_aws::CallError;
use backstop_core::sweep::RuleState;

/// What people are told it is.
pub(super) const NAME: &str = "event source mapping of intake";

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Mapping {
    lambda: Client,
    function: String,
    queue: String,
}

/// The setting `INTAKE_SOURCE` can't be read.
#[derive(Debug, thiserror::Error)]
#[error("`INTAKE_SOURCE` is `{0}`, not a function's name and its queue's ARN with `|` between them")]
pub(crate) struct NoSource(String);

impl Mapping {
    /// `function|queue`
    pub(crate) fn read(lambda: Client, text: &str) -> Result<Self, NoSource> {
        match text.split_once('|') {
            Some((function, queue)) if !function.is_empty() && queue.starts_with("arn:") => Ok(Self {
                lambda,
                function: function.to_owned(),
                queue: queue.to_owned(),
            }),
            _ => Err(NoSource(text.to_owned())),
        }
    }

    /// How it is now.
    pub(super) async fn state(&self) -> Result<RuleState, CallError> {
        let answer = self
            .lambda
            .list_event_source_mappings()
            .function_name(&self.function)
            .send()
            .await
            .map_err(CallError::of(
                "lambda:ListEventSourceMappings",
                format!("function `{}`", self.function),
            ))?;
        Ok(self.judge(answer.event_source_mappings()))
    }

    /// One that is being made, changed or switched on hands over soon.
    fn judge(&self, found: &[EventSourceMappingConfiguration]) -> RuleState {
        let mut of_queue = found
            .iter()
            .filter(|one| one.event_source_arn() == Some(self.queue.as_str()))
            .peekable();
        if of_queue.peek().is_none() {
            return if found.is_empty() {
                RuleState::Gone
            } else {
                RuleState::NoTarget
            };
        }
        let is_off = |state: &str| ["Disabled", "Disabling", "Deleting"].contains(&state);
        if of_queue.all(|one| one.state().is_none_or(is_off)) {
            RuleState::Disabled
        } else {
            RuleState::Works
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use backstop_aws::answering;

    use super::*;

    const QUEUE: &str = "arn:aws:sqs:eu-west-1:123456789012:intake";

    fn read(text: &str) -> Result<Mapping, NoSource> {
        let (config, _) = answering("eu-west-1", &[]);
        Mapping::read(Client::new(&config), text)
    }

    fn mapping(queue: &str, state: &str) -> EventSourceMappingConfiguration {
        EventSourceMappingConfiguration::builder()
            .event_source_arn(queue)
            .state(state)
            .build()
    }

    #[test]
    fn the_setting_names_the_function_and_its_queue() {
        for text in ["", "intake", "intake|", "|arn:aws:sqs:eu-west-1:1:q", "intake|q"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn it_works_while_one_of_the_queue_is_on() {
        let intake = read(&format!("intake|{QUEUE}")).unwrap();
        let other = "arn:aws:sqs:eu-west-1:123456789012:other";
        assert_eq!(intake.judge(&[]), RuleState::Gone);
        assert_eq!(intake.judge(&[mapping(other, "Enabled")]), RuleState::NoTarget);
        for (state, expected) in [
            ("Enabled", RuleState::Works),
            ("Enabling", RuleState::Works),
            ("Updating", RuleState::Works),
            ("Disabling", RuleState::Disabled),
            ("Disabled", RuleState::Disabled),
        ] {
            assert_eq!(intake.judge(&[mapping(QUEUE, state)]), expected, "{state}");
        }
        let both = [mapping(QUEUE, "Disabled"), mapping(QUEUE, "Enabled")];
        assert_eq!(intake.judge(&both), RuleState::Works);
    }
}

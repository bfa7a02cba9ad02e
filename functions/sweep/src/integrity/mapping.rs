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
mod tests;

//! The event source mapping by which Lambda hands intake what the queue holds: without it findings arrive and wait.

use aws_sdk_lambda::{
    Client,
    types::{EventSourceMappingConfiguration, FunctionResponseType},
};
use backstop_aws::CallError;
use backstop_core::{ErrorName, sweep::RuleState};

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
            ));
        match answer {
            Ok(answer) => Ok(self.judge(answer.event_source_mappings())),
            Err(error) if error.name == ErrorName::TargetGone => Ok(RuleState::Gone),
            Err(error) => Err(error),
        }
    }

    /// One that is being made, changed or switched on hands over soon.
    fn judge(&self, found: &[EventSourceMappingConfiguration]) -> RuleState {
        let is_of_queue =
            |one: &&EventSourceMappingConfiguration| one.event_source_arn() == Some(self.queue.as_str());
        let of_queue: Vec<_> = found.iter().filter(is_of_queue).collect();
        let is_off = |state: &str| ["Disabled", "Disabling", "Deleting"].contains(&state);
        let mut on = of_queue
            .iter()
            .filter(|one| !one.state().is_none_or(is_off))
            .peekable();
        if found.is_empty() {
            RuleState::Gone
        } else if of_queue.is_empty() {
            RuleState::NoTarget
        } else if on.peek().is_none() {
            RuleState::Disabled
        } else if on.all(|one| loses_nothing(one)) {
            RuleState::Works
        } else {
            RuleState::Loses
        }
    }
}

/// Lambda deletes messages that no filter matches, and those of a batch whose failures it isn't to hear of (AWS Lambda
/// Developer Guide, "Using event filtering with an Amazon SQS event source" and "Handling errors for an SQS event source").
fn loses_nothing(mapping: &EventSourceMappingConfiguration) -> bool {
    let has_filters = mapping
        .filter_criteria()
        .is_some_and(|criteria| !criteria.filters().is_empty());
    !has_filters
        && mapping
            .function_response_types()
            .contains(&FunctionResponseType::ReportBatchItemFailures)
}

#[cfg(test)]
mod tests;

//! An execution's history, as far as a drill tells and counts it.

use aws_sdk_sfn::{Client, error::ProvideErrorMetadata as _, types::HistoryEvent};

use crate::{DrillError, error::call};

/// What an execution did so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    entered: Vec<String>,
    /// States entered other than tasks, and attempts at tasks.
    transitions: usize,
    is_ended: bool,
}

impl History {
    /// Reads it; empty while the execution isn't there yet.
    pub async fn read(client: &Client, execution_arn: &str) -> Result<Self, DrillError> {
        let request = client
            .get_execution_history()
            .execution_arn(execution_arn)
            .include_execution_data(false);
        let events = request.into_paginator().items().send();
        match events.collect::<Result<Vec<_>, _>>().await {
            Ok(events) => Ok(Self::of(&events)),
            Err(error) if error.code() == Some("ExecutionDoesNotExist") => Ok(Self::default()),
            Err(error) => Err(call("states:GetExecutionHistory")(error)),
        }
    }

    fn of(events: &[HistoryEvent]) -> Self {
        let mut history = Self::default();
        for event in events {
            let kind = event.r#type().as_str();
            if let Some(entered) = event.state_entered_event_details() {
                history.entered.push(entered.name().to_owned());
                history.transitions += usize::from(kind != "TaskStateEntered");
            }
            history.transitions += usize::from(kind == "TaskScheduled");
            history.is_ended |= kind.starts_with("Execution") && kind != "ExecutionStarted";
        }
        history
    }

    /// The names of the states entered, in order.
    pub fn entered(&self) -> &[String] {
        &self.entered
    }

    /// What Step Functions bills for a standard execution: each state entered, each task tried again, and the
    /// transition to the end (AWS Step Functions pricing, "Standard Workflows").
    ///
    /// A task counts by its attempts, since the emulator's history leaves out that states inside of branches are
    /// entered. So what a drill misses against AWS is states inside of branches that are no tasks.
    pub fn transitions(&self) -> usize {
        self.transitions + usize::from(self.is_ended)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use aws_sdk_sfn::{
        primitives::DateTime,
        types::{HistoryEventType, StateEnteredEventDetails},
    };

    use super::*;

    fn event(kind: HistoryEventType, state: Option<&str>) -> HistoryEvent {
        let details = state.map(|name| StateEnteredEventDetails::builder().name(name).build().unwrap());
        let event = HistoryEvent::builder()
            .timestamp(DateTime::from_secs(0))
            .id(1)
            .r#type(kind);
        event.set_state_entered_event_details(details).build().unwrap()
    }

    #[test]
    fn a_retry_costs_a_transition() {
        use HistoryEventType::{
            ChoiceStateEntered, ExecutionStarted, ExecutionSucceeded, TaskFailed, TaskScheduled,
            TaskStateEntered,
        };
        let events = [
            event(ExecutionStarted, None),
            event(ChoiceStateEntered, Some("Which mode applies?")),
            event(TaskStateEntered, Some("Deny the user everything")),
            event(TaskScheduled, None),
            event(TaskFailed, None),
            event(TaskScheduled, None),
            event(ExecutionSucceeded, None),
        ];
        let history = History::of(&events);
        assert_eq!(
            history.entered(),
            ["Which mode applies?", "Deny the user everything"]
        );
        assert_eq!(history.transitions(), 4);
    }
}

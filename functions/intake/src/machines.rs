//! Starts a playbook's state machine, with the incident's id as the execution's name.

use backstop_core::{PlaybookName, task::ExecutionInput};
use backstop_runtime::CallError;

/// The state machines of this deployment: one a playbook, named after it.
pub(crate) struct Machines {
    sfn: aws_sdk_sfn::Client,
    arn_prefix: String,
}

/// A machine can't be started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// AWS refused or failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The input can't be written.
    #[error("writing the execution's input")]
    Input(#[from] serde_json::Error),
}

impl Machines {
    pub(crate) const fn new(sfn: aws_sdk_sfn::Client, arn_prefix: String) -> Self {
        Self { sfn, arn_prefix }
    }

    /// Starts it. Where it has been started before, that is as good: AWS answers a repeated start of a running
    /// execution with success, and one of an ended execution with `ExecutionAlreadyExists` (Step Functions
    /// API Reference, "StartExecution").
    pub(crate) async fn start(&self, input: &ExecutionInput) -> Result<(), StartError> {
        let machine = self.arn(&input.playbook);
        let outcome = self
            .sfn
            .start_execution()
            .state_machine_arn(&machine)
            .name(input.incident.as_str())
            .input(serde_json::to_string(input)?)
            .send()
            .await;
        match outcome {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|service| service.is_execution_already_exists()) =>
            {
                Ok(())
            }
            Err(error) => Err(CallError::of("states:StartExecution", machine)(error).into()),
        }
    }

    fn arn(&self, playbook: &PlaybookName) -> String {
        format!("{}{playbook}", self.arn_prefix)
    }
}

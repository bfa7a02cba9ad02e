//! The state machines of a deployment: started by intake and by people, resumed by people.

use aws_sdk_sfn::{Client, types::ExecutionStatus};
use aws_smithy_runtime_api::client::result::SdkError;
use backstop_core::{
    PlaybookName,
    sweep::Machine,
    task::{ApprovalAnswer, ExecutionInput, ExecutionName, UndoInput},
};

use crate::CallError;

/// One machine a playbook, named after it.
#[derive(Clone, Debug)]
pub struct Machines {
    sfn: Client,
    arn_prefix: String,
}

/// A machine can't be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// AWS refused or failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The input can't be written.
    #[error("writing the execution's input")]
    Input(#[from] serde_json::Error),
}

/// A waiting machine can't be resumed.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// The task timed out, was answered before, or its execution has ended.
    #[error("the machine no longer waits")]
    NoLongerWaits,
    /// AWS refused or failed.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl Machines {
    /// The machines whose ARN is this prefix and a playbook's name.
    pub const fn new(sfn: Client, arn_prefix: String) -> Self {
        Self { sfn, arn_prefix }
    }

    /// Starts a playbook's machine, with the incident's id as the execution's name. Where it has been started
    /// before, that is as good: AWS answers a repeated start of a running execution with success, and one of
    /// an ended execution with `ExecutionAlreadyExists` (Step Functions API Reference, "StartExecution").
    pub async fn start(&self, input: &ExecutionInput) -> Result<(), StartError> {
        let machine = self.arn(&input.playbook);
        let outcome = self
            .sfn
            .start_execution()
            .state_machine_arn(&machine)
            .name(ExecutionName::of_playbook(&input.incident).as_str())
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

    /// Starts the undo machine. Each request is an execution of its own; running two at once is harmless,
    /// since undoing a step twice is.
    pub async fn start_undo(&self, input: &UndoInput, name: &ExecutionName) -> Result<(), StartError> {
        let machine = format!("{}undo", self.arn_prefix);
        self.sfn
            .start_execution()
            .state_machine_arn(&machine)
            .name(name.as_str())
            .input(serde_json::to_string(input)?)
            .send()
            .await
            .map_err(CallError::of("states:StartExecution", machine))?;
        Ok(())
    }

    /// Whether an execution of the playbook's machine still runs. Step Functions forgets executions 90
    /// days after they ended ("Quotas"), so an old one may be absent.
    pub async fn execution(
        &self,
        playbook: &PlaybookName,
        name: &ExecutionName,
    ) -> Result<Machine, CallError> {
        let machine = self.arn(playbook);
        let execution = format!(
            "{}:{}",
            machine.replacen(":stateMachine:", ":execution:", 1),
            name.as_str()
        );
        let outcome = self
            .sfn
            .describe_execution()
            .execution_arn(&execution)
            .send()
            .await;
        match outcome {
            Ok(answer) if *answer.status() == ExecutionStatus::Running => Ok(Machine::Runs),
            Ok(_) => Ok(Machine::Ended),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|service| service.is_execution_does_not_exist()) =>
            {
                Ok(Machine::Absent)
            }
            Err(error) => Err(CallError::of("states:DescribeExecution", execution)(error)),
        }
    }

    /// The machine of a playbook.
    pub fn arn(&self, playbook: &PlaybookName) -> String {
        format!("{}{playbook}", self.arn_prefix)
    }
}

/// Hands a decision to the machine that waits with this token. The token stays out of errors: it is a secret.
pub async fn resume(sfn: &Client, task_token: &str, answer: ApprovalAnswer) -> Result<(), ResumeError> {
    let outcome = sfn
        .send_task_success()
        .task_token(task_token)
        .output(answer.as_json())
        .send()
        .await;
    match outcome {
        Ok(_) => Ok(()),
        Err(SdkError::ServiceError(failure))
            if failure.err().is_task_timed_out() || failure.err().is_task_does_not_exist() =>
        {
            Err(ResumeError::NoLongerWaits)
        }
        Err(error) => Err(CallError::of("states:SendTaskSuccess", "the waiting machine")(error).into()),
    }
}

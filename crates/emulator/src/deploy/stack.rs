//! Creates the stack, waits for it, and reads its outputs.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::BoxError;
use aws_sdk_cloudformation::types::{Capability, OnFailure, Parameter, ResourceStatus, StackStatus};
use backstop_core::api::Right;
use thiserror::Error;

use super::Deployment;

/// Between two looks at the stack; the emulator is done in one or two seconds.
const POLL: Duration = Duration::from_millis(100);
/// When to stop waiting.
const PATIENCE: Duration = Duration::from_secs(120);

/// A complete stack and its outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    name: String,
    outputs: BTreeMap<String, String>,
}

/// There is no complete stack.
#[derive(Debug, Error)]
pub enum StackError {
    /// A call to CloudFormation failed.
    #[error("calling CloudFormation's {operation}")]
    Call {
        /// The operation.
        operation: &'static str,
        /// Why.
        source: BoxError,
    },
    /// Resources failed.
    #[error("the stack `{name}` ended as {status}: {reasons}")]
    Failed {
        /// The stack.
        name: String,
        /// Such as `CREATE_FAILED`.
        status: String,
        /// Each failed resource with its reason, first cause first.
        reasons: String,
    },
    /// It takes too long.
    #[error("the stack `{0}` isn't complete after two minutes")]
    TimedOut(String),
    /// It vanished.
    #[error("the stack `{0}` is gone")]
    Gone(String),
    /// The template doesn't put it out.
    #[error("the stack `{stack}` has no output `{output}`; it has {present}")]
    NoOutput {
        /// The stack.
        stack: String,
        /// The output.
        output: String,
        /// What it has, joined by commas.
        present: String,
    },
}

impl Stack {
    /// A stack that somebody else created, with the SAM CLI, say.
    pub async fn find(sdk: &SdkConfig, name: &str) -> Result<Self, StackError> {
        tokio::time::timeout(PATIENCE, complete(&Client::new(sdk), name))
            .await
            .unwrap_or_else(|_| Err(StackError::TimedOut(name.to_owned())))
    }

    /// The stack's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Every output by its key.
    pub fn outputs(&self) -> &BTreeMap<String, String> {
        &self.outputs
    }

    /// One output by its key.
    pub fn output(&self, key: &str) -> Result<&str, StackError> {
        self.outputs
            .get(key)
            .map(String::as_str)
            .ok_or_else(|| StackError::NoOutput {
                stack: self.name.clone(),
                output: key.to_owned(),
                present: self.outputs.keys().cloned().collect::<Vec<_>>().join(", "),
            })
    }

    /// The incidents table's name.
    pub fn incidents_table(&self) -> Result<&str, StackError> {
        self.output("IncidentsTableName")
    }

    /// Where people's programs ask, as the stack says it; [`crate::Account::api_url`] is where that is here.
    pub fn api(&self) -> Result<&str, StackError> {
        self.output("Api")
    }

    /// The ARN of the policy that gives this right to people.
    pub fn policy(&self, right: Right) -> Result<&str, StackError> {
        self.output(&format!("{}Policy", right.as_str()))
    }

    /// The URL of the queue that findings wait in.
    pub fn intake_queue_url(&self) -> Result<&str, StackError> {
        self.output("IntakeQueueUrl")
    }

    /// The URL of the queue that keeps what could not be answered.
    pub fn dead_letter_queue_url(&self) -> Result<&str, StackError> {
        self.output("DeadLetterQueueUrl")
    }

    /// The alerts topic's ARN.
    pub fn alerts_topic_arn(&self) -> Result<&str, StackError> {
        self.output("AlertsTopicArn")
    }

    /// The name of the event bus that the rules are on.
    pub fn event_bus(&self) -> Result<&str, StackError> {
        self.output("EventBusName")
    }

    /// The ARN of a playbook's machine, by the playbook's name (`leaked-access-key`).
    pub fn machine_arn(&self, playbook: &str) -> Result<&str, StackError> {
        self.output(&machine_output(playbook))
    }
}

/// `leaked-access-key` → `LeakedAccessKeyMachineArn`.
fn machine_output(playbook: &str) -> String {
    let mut key = String::new();
    for word in playbook.split('-') {
        let mut letters = word.chars();
        key.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        key.push_str(letters.as_str());
    }
    key + "MachineArn"
}

/// Creates the stack from an uploaded template and waits until it is complete.
pub(super) async fn create(
    sdk: &SdkConfig,
    template_url: &str,
    deployment: &Deployment,
) -> Result<Stack, StackError> {
    let client = Client::new(sdk);
    let name = &deployment.stack_name;
    client
        .create_stack()
        .stack_name(name)
        .template_url(template_url)
        .set_parameters(Some(parameters(deployment)))
        .capabilities(Capability::CapabilityNamedIam)
        .capabilities(Capability::CapabilityAutoExpand)
        .on_failure(OnFailure::DoNothing)
        .send()
        .await
        .map_err(failed("CreateStack"))?;
    tokio::time::timeout(PATIENCE, complete(&client, name))
        .await
        .unwrap_or_else(|_| Err(StackError::TimedOut(name.clone())))
}

fn parameters(deployment: &Deployment) -> Vec<Parameter> {
    deployment
        .parameters
        .iter()
        .map(|(key, value)| {
            Parameter::builder()
                .parameter_key(key)
                .parameter_value(value)
                .build()
        })
        .collect()
}

async fn complete(client: &Client, name: &str) -> Result<Stack, StackError> {
    loop {
        let answer = client.describe_stacks().stack_name(name).send().await;
        let answer = answer.map_err(failed("DescribeStacks"))?;
        let stack = answer
            .stacks()
            .first()
            .ok_or_else(|| StackError::Gone(name.to_owned()))?;
        match stack.stack_status() {
            Some(StackStatus::CreateComplete) => {
                let outputs = stack.outputs().iter();
                let outputs = outputs
                    .filter_map(|output| Some((output.output_key()?.into(), output.output_value()?.into())));
                return Ok(Stack {
                    name: name.to_owned(),
                    outputs: outputs.collect(),
                });
            }
            Some(StackStatus::CreateInProgress) => tokio::time::sleep(POLL).await,
            other => {
                let status = other.map_or("unknown", StackStatus::as_str).to_owned();
                let reasons = reasons(client, name).await?;
                return Err(StackError::Failed {
                    name: name.to_owned(),
                    status,
                    reasons,
                });
            }
        }
    }
}

/// CloudFormation lists the newest event first; the first failure is the cause of the others.
async fn reasons(client: &Client, name: &str) -> Result<String, StackError> {
    let events = client
        .describe_stack_events()
        .stack_name(name)
        .into_paginator()
        .items()
        .send();
    let events = events
        .collect::<Result<Vec<_>, _>>()
        .await
        .map_err(failed("DescribeStackEvents"))?;
    let reasons: Vec<String> = events
        .iter()
        .rev()
        .filter(|event| matches!(event.resource_status(), Some(ResourceStatus::CreateFailed)))
        .map(|event| {
            let resource = event.logical_resource_id().unwrap_or("the stack");
            format!(
                "`{resource}`: {}",
                event.resource_status_reason().unwrap_or("no reason given")
            )
        })
        .collect();
    Ok(if reasons.is_empty() {
        "no resource says why".to_owned()
    } else {
        reasons.join("; ")
    })
}

fn failed<E: std::error::Error + Send + Sync + 'static>(
    operation: &'static str,
) -> impl FnOnce(E) -> StackError {
    move |error| StackError::Call {
        operation,
        source: error.into(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_machine_is_found_by_its_playbook() {
        let arn = "arn:aws:states:us-east-1:123456789012:stateMachine:backstop_leaked-access-key";
        let outputs = BTreeMap::from([("LeakedAccessKeyMachineArn".to_owned(), arn.to_owned())]);
        let stack = Stack {
            name: "backstop".into(),
            outputs,
        };
        assert_eq!(stack.machine_arn("leaked-access-key").unwrap(), arn);
        assert_eq!(
            stack.machine_arn("public-bucket").unwrap_err().to_string(),
            "the stack `backstop` has no output `PublicBucketMachineArn`; it has LeakedAccessKeyMachineArn"
        );
    }
}

//! Asks the responders as a machine does: a task that Step Functions hands to the function.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_sfn::types::ExecutionStatus;
use backstop_core::task::RespondTask;
use backstop_drill::Environment;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::physical_id;

/// A machine of one task, and the functions by their crates' names.
#[derive(Debug)]
pub struct Functions {
    sfn: aws_sdk_sfn::Client,
    machine: String,
    arns: BTreeMap<&'static str, String>,
}

/// The name and the cause that a machine would catch.
#[derive(Debug)]
pub struct Failure {
    pub error: String,
    pub cause: String,
}

impl Functions {
    pub async fn of(environment: &Environment, names: impl IntoIterator<Item = &'static str>) -> Self {
        let sdk = environment.account().sdk_config(environment.account().root());
        let mut arns = BTreeMap::new();
        for name in names {
            arns.insert(
                name,
                physical_id(environment, &(in_template(name) + "Function")).await,
            );
        }
        let sfn = aws_sdk_sfn::Client::new(&sdk);
        let machine = machine(&aws_sdk_iam::Client::new(&sdk), &sfn).await;
        Self { sfn, machine, arns }
    }

    /// What the function answers.
    pub async fn ask(&self, function: &str, task: &RespondTask) -> Result<Value, Failure> {
        let input = json!({ "function": self.arns[function], "task": task });
        let start = self.sfn.start_execution().state_machine_arn(&self.machine);
        let started = start.input(input.to_string()).send().await.unwrap();
        loop {
            let describe = self
                .sfn
                .describe_execution()
                .execution_arn(started.execution_arn());
            let found = describe.send().await.unwrap();
            match found.status() {
                ExecutionStatus::Running => sleep(Duration::from_millis(20)).await,
                ExecutionStatus::Succeeded => {
                    return Ok(serde_json::from_str(found.output().unwrap()).unwrap());
                }
                _ => {
                    return Err(Failure {
                        error: found.error().unwrap_or_default().to_owned(),
                        cause: found.cause().unwrap_or_default().to_owned(),
                    });
                }
            }
        }
    }
}

/// `respond-iam` → `RespondIam`, which the function's role is named after as well.
pub fn in_template(function: &str) -> String {
    backstop_playbook::pascal_case(function)
}

async fn machine(iam: &aws_sdk_iam::Client, sfn: &aws_sdk_sfn::Client) -> String {
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "Service": "states.amazonaws.com" }, "Action": "sts:AssumeRole" }],
    });
    let role = iam.create_role().role_name("asks-functions");
    let role = role
        .assume_role_policy_document(trust.to_string())
        .send()
        .await
        .unwrap();
    let may = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*" }],
    });
    let put = iam
        .put_role_policy()
        .role_name("asks-functions")
        .policy_name("invoke");
    put.policy_document(may.to_string()).send().await.unwrap();
    let definition = json!({
        "QueryLanguage": "JSONata",
        "StartAt": "Ask",
        "States": { "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": { "FunctionName": "{% $states.input.function %}", "Payload": "{% $states.input.task %}" },
            "Output": "{% $states.result.Payload %}",
            "End": true,
        }},
    });
    let create = sfn
        .create_state_machine()
        .name("asks-functions")
        .definition(definition.to_string());
    let made = create.role_arn(role.role().unwrap().arn()).send().await.unwrap();
    made.state_machine_arn().to_owned()
}

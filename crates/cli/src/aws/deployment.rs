//! What a stack says of itself: the table, the machines, and how far it may go.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_cloudformation::{error::ProvideErrorMetadata as _, types::Stack};
use backstop_core::{Mode, PlaybookName, Region, guardrail::Protection};
use backstop_runtime::{CallError, Ledger, evidence::EvidenceBucket, machines::Machines, manual_run::Limits};

use super::{Caller, StackError, StackOptions};

const TABLE: &str = "IncidentsTableName";
const EVIDENCE: &str = "EvidenceBucket";
const MACHINE: &str = "MachineArn";
/// The machine that belongs to no playbook.
const UNDO: &str = "undo";

/// A deployment of Backstop.
pub(crate) struct Deployment {
    pub(crate) ledger: Ledger,
    pub(crate) sfn: aws_sdk_sfn::Client,
    pub(crate) region: Region,
    s3: aws_sdk_s3::Client,
    sts: aws_sdk_sts::Client,
    stack: String,
    outputs: BTreeMap<String, String>,
    parameters: BTreeMap<String, String>,
}

impl Deployment {
    /// Finds the stack and what it put out.
    pub(crate) async fn find(options: &StackOptions) -> Result<Self, StackError> {
        let config = options.config().await;
        let region = config.region().ok_or(StackError::NoRegion)?.to_string();
        let cloudformation = aws_sdk_cloudformation::Client::new(&config);
        let stack = describe(&cloudformation, &options.stack, &region).await?;
        Self::of(&stack, &options.stack, Region::new(region), &config)
    }

    fn of(stack: &Stack, name: &str, region: Region, config: &SdkConfig) -> Result<Self, StackError> {
        let outputs = outputs(stack);
        let table = outputs.get(TABLE).ok_or_else(|| StackError::NoOutput {
            stack: name.to_owned(),
            output: TABLE.to_owned(),
        })?;
        Ok(Self {
            ledger: Ledger::new(aws_sdk_dynamodb::Client::new(config), table),
            sfn: aws_sdk_sfn::Client::new(config),
            s3: aws_sdk_s3::Client::new(config),
            sts: aws_sdk_sts::Client::new(config),
            region,
            stack: name.to_owned(),
            parameters: parameters(stack),
            outputs,
        })
    }

    /// Who types, as AWS sees it: what is written into logs.
    pub(crate) async fn caller(&self) -> Result<Caller, StackError> {
        let answer = self
            .sts
            .get_caller_identity()
            .send()
            .await
            .map_err(CallError::of("sts:GetCallerIdentity", "you"))
            .map_err(StackError::Unknown)?;
        Ok(Caller {
            arn: answer.arn.unwrap_or_default(),
            account: answer.account.unwrap_or_default().as_str().into(),
        })
    }

    /// The bucket that keeps evidence.
    pub(crate) fn evidence(&self) -> Result<EvidenceBucket, StackError> {
        let name = self.outputs.get(EVIDENCE).ok_or_else(|| StackError::NoOutput {
            stack: self.stack.clone(),
            output: EVIDENCE.to_owned(),
        })?;
        Ok(EvidenceBucket::new(self.s3.clone(), name))
    }

    /// The names of the playbooks that have a machine here.
    pub(crate) fn playbooks(&self) -> Vec<String> {
        let prefix = format!("stateMachine:{}-", self.stack);
        self.outputs
            .iter()
            .filter(|(name, _)| name.ends_with(MACHINE))
            .filter_map(|(_, arn)| Some(arn.split_once(&prefix)?.1.to_owned()))
            .filter(|name| name != UNDO)
            .collect()
    }

    /// Fails, naming those that are there, unless the playbook has a machine here.
    pub(crate) fn check_playbook(&self, playbook: &PlaybookName) -> Result<(), StackError> {
        let known = self.playbooks();
        if known.iter().any(|name| name == playbook.as_str()) {
            return Ok(());
        }
        Err(StackError::NoPlaybook {
            stack: self.stack.clone(),
            playbook: playbook.to_string(),
            known,
        })
    }

    /// The machines, of which [`Deployment::check_playbook`] tells whether they are there.
    pub(crate) fn machines(&self) -> Result<Machines, StackError> {
        let marker = format!(":stateMachine:{}-", self.stack);
        let prefix = self
            .outputs
            .values()
            .find_map(|arn| Some(format!("{}{marker}", arn.split_once(&marker)?.0)))
            .ok_or_else(|| StackError::NoOutput {
                stack: self.stack.clone(),
                output: MACHINE.to_owned(),
            })?;
        Ok(Machines::new(self.sfn.clone(), prefix))
    }

    /// How far any playbook may go here.
    pub(crate) fn maximum_mode(&self) -> Result<Mode, StackError> {
        self.parameter("MaximumMode")
    }

    /// How many containments a playbook may do by itself in an account in an hour.
    pub(crate) fn hourly_limit(&self) -> Result<u32, StackError> {
        self.parameter("ContainmentsPerHour")
    }

    /// Whom this deployment never contains.
    pub(crate) fn protection(&self, account: &str) -> Protection {
        let break_glass = self.parameters.get("BreakGlassArns").map(String::as_str);
        Protection::of_stack(&self.stack, account, break_glass.unwrap_or_default())
    }

    /// How far a manual run may go here.
    pub(crate) fn limits(&self, account: &str) -> Result<Limits, StackError> {
        Ok(Limits {
            maximum: self.maximum_mode()?,
            hourly: self.hourly_limit()?,
            protection: self.protection(account),
        })
    }

    fn parameter<T: std::str::FromStr>(&self, name: &'static str) -> Result<T, StackError> {
        let value = self.parameters.get(name).cloned().unwrap_or_default();
        value.parse().map_err(|_unreadable| StackError::Parameter {
            stack: self.stack.clone(),
            name,
            value,
        })
    }
}

async fn describe(
    client: &aws_sdk_cloudformation::Client,
    name: &str,
    region: &str,
) -> Result<Stack, StackError> {
    let none = || StackError::NoSuchStack {
        stack: name.to_owned(),
        region: region.to_owned(),
    };
    match client.describe_stacks().stack_name(name).send().await {
        Ok(answer) => answer
            .stacks
            .unwrap_or_default()
            .into_iter()
            .next()
            .ok_or_else(none),
        // For a single, well-formed name this code has no other cause.
        Err(error) if error.code() == Some("ValidationError") => Err(none()),
        Err(error) if error.as_service_error().is_none() => Err(StackError::Unknown(CallError::of(
            "cloudformation:DescribeStacks",
            format!("stack `{name}`"),
        )(error))),
        Err(error) => {
            Err(CallError::of("cloudformation:DescribeStacks", format!("stack `{name}`"))(error).into())
        }
    }
}

fn outputs(stack: &Stack) -> BTreeMap<String, String> {
    stack
        .outputs()
        .iter()
        .filter_map(|output| Some((output.output_key()?.to_owned(), output.output_value()?.to_owned())))
        .collect()
}

fn parameters(stack: &Stack) -> BTreeMap<String, String> {
    stack
        .parameters()
        .iter()
        .filter_map(|parameter| {
            Some((
                parameter.parameter_key()?.to_owned(),
                parameter.parameter_value()?.to_owned(),
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests;

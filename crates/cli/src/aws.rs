//! The deployment that a command talks to: found by its stack, reached with the caller's own credentials.

mod deployment;

use aws_config::{Region, SdkConfig};
use backstop_aws::CallError;
use backstop_terminal::Exit;
use clap::Args;
use serde::Serialize;

use crate::answer::CommandError;

pub(crate) use deployment::Deployment;

/// Which deployment, and as whom.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Deployment")]
pub(crate) struct StackOptions {
    /// The CloudFormation stack that Backstop was deployed as
    #[arg(
        long,
        global = true,
        env = "BACKSTOP_STACK",
        default_value = "backstop",
        value_name = "NAME"
    )]
    stack: String,
    /// The stack's Region; without it, as the AWS CLI finds it
    #[arg(long, global = true, value_name = "REGION")]
    region: Option<String>,
    /// A profile of ~/.aws/config; without it, as the AWS CLI finds it
    #[arg(long, global = true, value_name = "PROFILE")]
    profile: Option<String>,
    /// Another endpoint for all AWS calls; without it, AWS_ENDPOINT_URL
    #[arg(long, global = true, value_name = "URL")]
    endpoint_url: Option<String>,
}

impl StackOptions {
    async fn config(&self) -> SdkConfig {
        let mut loader = backstop_aws::loader();
        if let Some(region) = &self.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(url) = &self.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        loader.load().await
    }
}

/// Who types.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Caller {
    /// From `sts:GetCallerIdentity`.
    pub(crate) arn: String,
    /// The caller's account.
    pub(crate) account: backstop_core::AccountId,
}

/// The deployment can't be reached.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StackError {
    #[error("no Region is set: type `--region eu-west-1`, or set AWS_REGION or a profile that has one")]
    NoRegion,
    #[error(
        "there is no stack `{stack}` in {region}: name yours with `--stack NAME --region REGION`, or deploy \
         one with `sam deploy --guided`"
    )]
    NoSuchStack { stack: String, region: String },
    #[error(
        "stack `{stack}` has no output `{output}`: it isn't a deployment of Backstop, or an older one; update it \
         with `sam deploy`"
    )]
    NoOutput { stack: String, output: String },
    #[error(
        "the parameter `{name}` of stack `{stack}` is `{value}`, which this version can't read; update the CLI"
    )]
    Parameter {
        stack: String,
        name: &'static str,
        value: String,
    },
    #[error(
        "stack `{stack}` has no playbook `{playbook}`; it has {}: type one of them, or deploy it with `sam deploy`",
        listed(.known)
    )]
    NoPlaybook {
        stack: String,
        playbook: String,
        known: Vec<String>,
    },
    #[error(
        "AWS doesn't say who you are: sign in (`aws sso login`), or name a profile that works with `--profile`: \
         {0}"
    )]
    Unknown(CallError),
    #[error(transparent)]
    Call(#[from] CallError),
}

impl CommandError for StackError {
    fn exit(&self) -> Exit {
        match self {
            Self::NoSuchStack { .. } | Self::NoPlaybook { .. } => Exit::NotFound,
            _ => Exit::Failed,
        }
    }
}

pub(crate) fn listed(names: &[String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

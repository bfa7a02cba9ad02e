//! The deployment that a command talks to: its api, asked with the caller's own credentials.

use aws_config::Region;
use backstop_client::{ApiUrl, Client, ClientError, WrongUrl};
use backstop_core::api::ErrorCode;
use backstop_terminal::Exit;
use clap::Args;
use jiff::Timestamp;

use crate::{
    command::{CliError, CommandError},
    context::{Context, Contexts},
    sign_in::signed_in,
};

/// Which deployment, and as whom.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Deployment")]
pub(crate) struct ApiOptions {
    /// Where it is: the stack's output `Api`; without it, the context's
    #[arg(long, global = true, env = "BACKSTOP_API", value_name = "URL")]
    api: Option<String>,
    /// A context of `backstop context list`; without it, the one in use
    #[arg(long, global = true, env = "BACKSTOP_CONTEXT", value_name = "NAME")]
    context: Option<String>,
    /// The deployment's Region; without it, the context's, or that of the address
    #[arg(long, global = true, value_name = "REGION")]
    region: Option<String>,
    /// A profile of ~/.aws/config; without it, the context's, or as the AWS CLI finds it
    #[arg(long, global = true, value_name = "PROFILE")]
    profile: Option<String>,
}

/// No deployment is named that could be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error(
        "no deployment is named: type `--api URL` with the stack's output `Api`, set BACKSTOP_API, or name it once with \
         `backstop context add NAME --api URL`"
    )]
    NoDeployment,
    #[error(
        "two deployments are named: `{api}` by `--api` or BACKSTOP_API, and context `{context}` by `--context` or \
         BACKSTOP_CONTEXT; leave one of them out"
    )]
    Two { api: String, context: String },
    #[error(transparent)]
    Url(#[from] WrongUrl),
    #[error(
        "no Region is set, and the address names none: type `--region eu-west-1`, or set AWS_REGION or a profile that \
         has one"
    )]
    NoRegion,
    #[error(
        "there are no credentials: sign in (`aws sso login`), or name a profile that works with `--profile`"
    )]
    NoCredentials,
}

impl CommandError for ConnectError {}

impl CommandError for ClientError {
    fn exit(&self) -> Exit {
        self.refusal().map_or(Exit::Failed, |error| exit_of(error.code))
    }
}

/// What was named isn't there, or a rule refused, or something failed.
const fn exit_of(code: ErrorCode) -> Exit {
    match code {
        ErrorCode::NoSuchIncident
        | ErrorCode::NoSuchPlaybook
        | ErrorCode::NoSuchStep
        | ErrorCode::NoSuchPause
        | ErrorCode::NoSuchExemption
        | ErrorCode::NoEvidence => Exit::NotFound,
        ErrorCode::Unauthenticated
        | ErrorCode::NoSuchRoute
        | ErrorCode::NoLongerWaits
        | ErrorCode::Contended
        | ErrorCode::Unfinished
        | ErrorCode::Unavailable
        | ErrorCode::AnswerTooLarge
        | ErrorCode::BodyTooLarge
        | ErrorCode::Internal => Exit::Failed,
        _ => Exit::Refused,
    }
}

/// The deployment that the options, the environment or the context in use name.
pub(crate) async fn connect(options: &ApiOptions) -> Result<Client, CliError> {
    let context = context_of(options)?;
    let url: ApiUrl = match options.api.as_ref().or(context.as_ref().map(|it| &it.api)) {
        Some(url) => url.parse().map_err(ConnectError::from)?,
        None => return Err(ConnectError::NoDeployment.into()),
    };
    let of_context =
        |field: fn(&Context) -> &Option<String>| context.as_ref().and_then(|it| field(it).clone());
    let region = options.region.clone();
    let region = region
        .or_else(|| of_context(|it| &it.region))
        .or_else(|| url.region().map(str::to_owned));
    let profile = options.profile.clone().or_else(|| of_context(|it| &it.profile));
    let config = signed_in(profile, region.clone().map(Region::new)).await?;
    let region = region.or_else(|| config.region().map(ToString::to_string));
    let region = region.ok_or(ConnectError::NoRegion)?;
    let credentials = config.credentials_provider().ok_or(ConnectError::NoCredentials)?;
    Ok(Client::new(url, region, credentials))
}

/// An address that is named by itself is of no context. Nobody's words go to another deployment than they mean: an
/// address in the environment doesn't silently outdo a context that is typed.
fn context_of(options: &ApiOptions) -> Result<Option<Context>, CliError> {
    match (&options.context, &options.api) {
        (Some(context), Some(api)) => Err(ConnectError::Two {
            api: api.clone(),
            context: context.clone(),
        }
        .into()),
        (Some(name), None) => Ok(Some(Contexts::read()?.named(name)?)),
        (None, Some(_)) => Ok(None),
        (None, None) => Ok(Contexts::read()?.in_use()),
    }
}

/// The time on this machine.
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

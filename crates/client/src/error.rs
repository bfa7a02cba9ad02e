//! Why there is no answer.

use std::error::Error as _;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use backstop_core::api::ApiError;

/// See the module.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The api says no, and why.
    #[error(transparent)]
    Refused(ApiError),
    /// API Gateway let nobody through.
    #[error(
        "you may not ask this: {0}. It takes one of the policies ViewerPolicy, ResponderPolicy and AdministratorPolicy that \
         the stack puts out, and a clock that is right"
    )]
    NotAllowed(String),
    /// There is something else, or nothing, at the address.
    #[error("there is no api of Backstop's at this address ({0}): see the stack's output `Api`")]
    NoApi(String),
    /// Too many ask at the same time.
    #[error("too many ask at the same time: try again in a moment")]
    Throttled,
    /// Nobody's credentials.
    #[error(
        "AWS doesn't say who you are: sign in (`aws sso login`), or name a profile that works with `--profile`"
    )]
    Credentials(#[source] CredentialsError),
    /// Whoever gives credentials can't be reached.
    #[error("asking AWS who you are failed: is the network up?")]
    SignInUnreachable(#[source] CredentialsError),
    /// The request can't be signed.
    #[error("signing the request: {0}")]
    Signing(String),
    /// A body can't be written.
    #[error("writing the request")]
    Body(#[source] serde_json::Error),
    /// No connection, or it broke.
    #[error("reaching the api: is its address right, and the network up?")]
    Unreachable(#[source] ConnectorError),
    /// No answer in time.
    #[error("the api doesn't answer within {0} seconds")]
    TimedOut(u64),
    /// An answer that isn't the api's.
    #[error("the api answered {status}, and nothing that can be read: {detail}")]
    Unreadable {
        /// The HTTP status.
        status: u16,
        /// What it said.
        detail: String,
    },
    /// A newer deployment says more than this program knows.
    #[error("the api's answer can't be read: this program and the deployment are of different versions")]
    NewerAnswer(#[source] serde_json::Error),
}

impl ClientError {
    /// The api's own error.
    pub const fn refusal(&self) -> Option<&ApiError> {
        if let Self::Refused(error) = self {
            Some(error)
        } else {
            None
        }
    }

    /// Nobody's credentials, or nobody who could be asked for them: who is signed in needn't sign in again.
    pub(crate) fn of_credentials(error: CredentialsError) -> Self {
        if is_unreachable(&error) {
            Self::SignInUnreachable(error)
        } else {
            Self::Credentials(error)
        }
    }

    /// Whether asking again may help.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Throttled | Self::Unreachable(_) | Self::TimedOut(_) => true,
            Self::Unreadable { status, .. } => *status >= 500,
            Self::Refused(error) => error.code.status() >= 503,
            Self::NotAllowed(_)
            | Self::NoApi(_)
            | Self::Credentials(_)
            | Self::SignInUnreachable(_)
            | Self::Signing(_)
            | Self::Body(_)
            | Self::NewerAnswer(_) => false,
        }
    }
}

/// What isn't set up at all may have an unreachable cause too: on a machine that is none of AWS's, nobody answers.
fn is_unreachable(error: &CredentialsError) -> bool {
    match error {
        CredentialsError::ProviderTimedOut(_) => true,
        CredentialsError::ProviderError(_) => has_no_connection(error),
        _ => false,
    }
}

fn has_no_connection(error: &CredentialsError) -> bool {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.is::<ConnectorError>() {
            return true;
        }
        cause = inner.source();
    }
    false
}

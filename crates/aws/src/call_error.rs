//! A failed AWS call, under its fixed name.

use std::fmt;

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::{error::metadata::ProvideErrorMetadata, retry::ProvideErrorKind};
use backstop_core::{ErrorName, words::with_causes};

use crate::{PolicyType, error_class::Refusal};

/// AWS answers can be long; people need the first sentence.
const LONGEST_MESSAGE: usize = 600;

/// An AWS call failed.
#[derive(Debug, thiserror::Error)]
pub struct CallError {
    /// The fixed name.
    pub name: ErrorName,
    /// IAM's name of the call: `iam:PutUserPolicy`.
    pub call: &'static str,
    /// On what.
    pub on: String,
    /// AWS's error code; empty if the call got no answer.
    pub code: String,
    /// AWS's message, shortened.
    pub message: String,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` on {}: ", self.call, self.on)?;
        if !self.code.is_empty() {
            f.write_str(&self.code)?;
            if let Some(policy) = self.denied_by() {
                write!(f, " (by a {policy})")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.message)
    }
}

impl CallError {
    /// The kind of policy that denied the call, where AWS says it.
    pub fn denied_by(&self) -> Option<PolicyType> {
        matches!(self.name, ErrorName::AccessDenied | ErrorName::BlockedByScp)
            .then(|| PolicyType::in_message(&self.message))
            .flatten()
    }

    /// Turns an SDK error into ours: `client.get_user().send().await.map_err(CallError::of("iam:GetUser", name))`.
    pub fn of<E>(call: &'static str, on: impl fmt::Display) -> impl FnOnce(SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + ProvideErrorKind + std::error::Error + 'static,
    {
        let on = on.to_string();
        move |error| {
            let (name, code, message) = match &error {
                SdkError::ServiceError(answer) => {
                    let code = ProvideErrorMetadata::code(answer.err()).unwrap_or("no error code");
                    let message = answer.err().message().unwrap_or("no message");
                    let refusal = Refusal {
                        service: call.split(':').next().unwrap_or_default(),
                        code,
                        message,
                        modeled: answer.err().retryable_error_kind(),
                        status: answer.raw().status().as_u16(),
                    };
                    (refusal.name(), code.to_owned(), message.to_owned())
                }
                SdkError::ConstructionFailure(_) => (ErrorName::Internal, String::new(), with_causes(&error)),
                // Timeouts, broken connections and unreadable answers: the call may have taken effect.
                _ => (ErrorName::Unavailable, String::new(), with_causes(&error)),
            };
            Self {
                name,
                call,
                on,
                code,
                message: shorten(message),
            }
        }
    }
}

fn shorten(text: String) -> String {
    match text.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::{body::SdkBody, error::ErrorMetadata};

    use super::*;

    fn failed(status: u16, code: &str, message: &str) -> CallError {
        let answer = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::empty());
        let error = ErrorMetadata::builder().code(code).message(message).build();
        CallError::of("iam:UpdateAccessKey", "user `alice`")(SdkError::service_error(error, answer))
    }

    #[test]
    fn an_answer_has_its_code_and_its_status() {
        let error = failed(400, "Throttling", "Rate exceeded");
        assert_eq!(
            (error.name, error.code.as_str()),
            (ErrorName::Throttled, "Throttling")
        );
        assert_eq!(
            error.to_string(),
            "`iam:UpdateAccessKey` on user `alice`: Throttling: Rate exceeded"
        );
        assert_eq!(failed(503, "BrandNewCode", "down").name, ErrorName::Unavailable);
        assert_eq!(failed(400, "BrandNewCode", "no").name, ErrorName::Rejected);
    }

    #[test]
    fn the_kind_of_policy_that_denied_is_told() {
        let message = "User: arn:aws:sts::123456789012:assumed-role/r/s is not authorized to perform: \
                       iam:UpdateAccessKey on resource: user alice because no permissions boundary allows the \
                       iam:UpdateAccessKey action";
        let error = failed(403, "AccessDenied", message);
        assert_eq!(error.name, ErrorName::AccessDenied);
        assert_eq!(error.denied_by(), Some(PolicyType::PermissionsBoundary));
        assert!(
            error.to_string().starts_with(
                "`iam:UpdateAccessKey` on user `alice`: AccessDenied (by a permissions boundary): User"
            ),
            "{error}"
        );
    }
}

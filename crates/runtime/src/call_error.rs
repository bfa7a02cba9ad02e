//! A failed AWS call, under its fixed name.

use std::fmt;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use backstop_core::{ErrorName, words::with_causes};

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
            write!(f, "{}: ", self.code)?;
        }
        f.write_str(&self.message)
    }
}

impl CallError {
    /// Turns an SDK error into ours: `client.get_user().send().await.map_err(CallError::of("iam:GetUser", name))`.
    pub fn of<E, R>(call: &'static str, on: impl fmt::Display) -> impl FnOnce(SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: fmt::Debug,
    {
        let on = on.to_string();
        move |error| {
            let (name, code, message) = match &error {
                SdkError::ServiceError(answer) => {
                    let code = answer.err().code().unwrap_or("no error code").to_owned();
                    let message = answer.err().message().unwrap_or("no message").to_owned();
                    (classify(&code, &message), code, message)
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

/// By code, never by message, with one exception: AWS tells a service control policy's deny from any
/// other only in the text (IAM User Guide, "Troubleshoot access denied error messages").
fn classify(code: &str, message: &str) -> ErrorName {
    match code {
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "SlowDown"
        | "ProvisionedThroughputExceededException"
        | "BandwidthLimitExceeded"
        | "PriorRequestNotComplete"
        | "EC2ThrottledException"
        | "TransactionInProgressException"
        | "LimitExceededException" => ErrorName::Throttled,
        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "AuthorizationError"
        | "AuthorizationErrorException"
        | "Forbidden"
        | "NotAuthorized" => {
            if message.contains("service control policy") {
                ErrorName::BlockedByScp
            } else {
                ErrorName::AccessDenied
            }
        }
        "NoSuchEntity"
        | "NoSuchBucket"
        | "NotFound"
        | "NotFoundException"
        | "ResourceNotFoundException"
        | "InvalidInstanceID.NotFound"
        | "InvalidNetworkInterfaceID.NotFound" => ErrorName::TargetGone,
        "LimitExceeded" | "PolicyTooLarge" | "ResourceLimitExceeded" => ErrorName::QuotaExceeded,
        "InternalError"
        | "InternalFailure"
        | "InternalServerError"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "ServiceFailure"
        | "ServiceFailureException"
        | "Unavailable"
        | "RequestTimeout"
        | "RequestTimeoutException"
        | "ConcurrentModification"
        | "OperationAborted" // S3: another change of the same setting is under way
        | "EntityTemporarilyUnmodifiable"
        | "EntityTemporarilyUnmodifiableException"
        | "TransactionConflictException" => ErrorName::Unavailable,
        _ => ErrorName::Rejected,
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
    use super::*;

    #[test]
    fn codes_have_fixed_names() {
        let cases = [
            ("Throttling", ErrorName::Throttled),
            ("AccessDenied", ErrorName::AccessDenied),
            ("NoSuchEntity", ErrorName::TargetGone),
            ("LimitExceeded", ErrorName::QuotaExceeded),
            ("EntityTemporarilyUnmodifiable", ErrorName::Unavailable),
            ("MalformedPolicyDocument", ErrorName::Rejected),
        ];
        for (code, name) in cases {
            assert_eq!(classify(code, "any text"), name, "{code}");
        }
    }

    #[test]
    fn a_service_control_policy_is_named_as_such() {
        let message = "User: arn:aws:sts::123456789012:assumed-role/r/s is not authorized to perform: \
                       iam:UpdateAccessKey on resource: user alice with an explicit deny in a service control policy";
        assert_eq!(classify("AccessDenied", message), ErrorName::BlockedByScp);
    }
}

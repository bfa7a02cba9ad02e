//! The one table of AWS's error codes: what passes by waiting, and what doesn't. By code, never by message; the one thing
//! that AWS tells in the message only is which kind of policy denied a call, see `denied_by`.
//!
//! A code that isn't in the table is judged by what the service's model says of it, then by the status of the answer.

use aws_smithy_types::retry::ErrorKind;
use backstop_core::ErrorName;

use crate::PolicyType;

/// A service's answer that isn't what was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal<'a> {
    /// IAM's prefix of the service.
    pub(crate) service: &'a str,
    pub(crate) code: &'a str,
    pub(crate) message: &'a str,
    /// What the service's model says: the `retryable` trait.
    pub(crate) modeled: Option<ErrorKind>,
    /// Of the HTTP answer.
    pub(crate) status: u16,
}

/// What codes mean for one service, by IAM's prefix, or for every service.
struct Row {
    /// `*` is every service that has no row of its own for the code.
    service: &'static str,
    name: ErrorName,
    codes: &'static [&'static str],
}

const fn row(service: &'static str, name: ErrorName, codes: &'static [&'static str]) -> Row {
    Row { service, name, codes }
}

/// Sources: each service's API reference, "Common Errors" and the operations' own; EC2 User Guide, "Error codes for the
/// Amazon EC2 API"; the codes that AWS's SDKs retry.
const TABLE: &[Row] = &[
    // Called too often, or too many at once: passes by waiting.
    row(
        "autoscaling",
        ErrorName::Throttled,
        &["ResourceContention", "ScalingActivityInProgress"],
    ),
    row(
        "dynamodb",
        ErrorName::Throttled,
        // A table's settings are changed elsewhere; many tables at once.
        &["LimitExceededException", "TransactionInProgressException"],
    ),
    row(
        "ec2",
        ErrorName::Throttled,
        &[
            "ConcurrentCreateImageNoRebootLimitExceeded",
            "ConcurrentSnapshotLimitExceeded",
            "ConcurrentTagAccess",
            // `CopySnapshot`: 20 copies at once in a Region.
            "ResourceLimitExceeded",
            // A volume's snapshots within a few seconds.
            "SnapshotCreationPerVolumeRateExceeded",
        ],
    ),
    row(
        "elasticloadbalancing",
        ErrorName::Throttled,
        &["DependencyThrottle"],
    ),
    row("securityhub", ErrorName::Throttled, &["LimitExceededException"]),
    row("states", ErrorName::Throttled, &["ExecutionLimitExceeded"]),
    row(
        "*",
        ErrorName::Throttled,
        &[
            "BandwidthLimitExceeded",
            "EC2ThrottledException",
            "KMSThrottling",
            "KmsThrottled",
            "KmsThrottlingException",
            "PriorRequestNotComplete",
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "SlowDown",
            "Throttled",
            "ThrottledException",
            "Throttling",
            "ThrottlingException",
            "TooManyRequestsError",
            "TooManyRequestsException",
        ],
    ),
    // The service fails, or somebody else changes the same thing right now: passes by waiting.
    row(
        "lambda",
        ErrorName::Unavailable,
        &["ResourceConflictException", "ServiceException"],
    ),
    row("sns", ErrorName::Unavailable, &["ConcurrentAccess"]),
    row("sts", ErrorName::Unavailable, &["IDPCommunicationError"]),
    row(
        "*",
        ErrorName::Unavailable,
        &[
            "ConcurrentModification",
            "ConcurrentModificationException",
            // S3: another write of the same object is under way.
            "ConditionalRequestConflict",
            "EntityTemporarilyUnmodifiable",
            "EntityTemporarilyUnmodifiableException",
            // The next invocation signs with new ones.
            "ExpiredToken",
            "ExpiredTokenException",
            "InternalError",
            "InternalException",
            "InternalFailure",
            "InternalServerError",
            "InternalServerErrorException",
            "InternalServerException",
            "InternalServiceException",
            // S3: another change of the same setting is under way.
            "OperationAborted",
            "ReplicatedWriteConflictException",
            "RequestTimeout",
            "RequestTimeoutException",
            "ServiceFailure",
            "ServiceFailureException",
            "ServiceUnavailable",
            "ServiceUnavailableException",
            "TransactionConflictException",
            "Unavailable",
        ],
    ),
    // The rest doesn't pass by waiting.
    row(
        "*",
        ErrorName::AccessDenied,
        &[
            "AccessDenied",
            "AccessDeniedException",
            "AuthFailure",
            "AuthorizationError",
            "AuthorizationErrorException",
            "Forbidden",
            "InvalidClientTokenId",
            "NotAuthorized",
            "OptInRequired",
            "UnauthorizedOperation",
            "UnrecognizedClientException",
        ],
    ),
    row(
        "*",
        ErrorName::TargetGone,
        &[
            "InvalidInstanceID.NotFound",
            "InvalidNetworkInterfaceID.NotFound",
            "NoSuchBucket",
            "NoSuchEntity",
            "NotFound",
            "NotFoundException",
            "ResourceNotFoundException",
        ],
    ),
    row(
        "*",
        ErrorName::QuotaExceeded,
        &[
            "LimitExceeded",
            "LimitExceededException",
            "PolicyTooLarge",
            "ResourceLimitExceeded",
            "SnapshotLimitExceeded",
        ],
    ),
];

impl Refusal<'_> {
    /// The fixed name that a machine catches.
    pub(crate) fn name(self) -> ErrorName {
        match self.in_table() {
            Some(ErrorName::AccessDenied) => self.denied(),
            Some(name) => name,
            None => self.unlisted(),
        }
    }

    fn in_table(self) -> Option<ErrorName> {
        let of = |service: &str| {
            TABLE
                .iter()
                .find(|row| row.service == service && row.codes.contains(&self.code))
                .map(|row| row.name)
        };
        of(self.service).or_else(|| of("*"))
    }

    fn denied(self) -> ErrorName {
        match PolicyType::in_message(self.message) {
            Some(PolicyType::ServiceControlPolicy) => ErrorName::BlockedByScp,
            _ => ErrorName::AccessDenied,
        }
    }

    fn unlisted(self) -> ErrorName {
        match (self.modeled, self.status) {
            (Some(ErrorKind::ThrottlingError), _) | (_, 429) => ErrorName::Throttled,
            (Some(ErrorKind::ServerError | ErrorKind::TransientError), _) | (_, 500..=599) => {
                ErrorName::Unavailable
            }
            _ => ErrorName::Rejected,
        }
    }
}

#[cfg(test)]
mod tests;

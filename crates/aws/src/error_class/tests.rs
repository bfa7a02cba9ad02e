use std::collections::BTreeSet;

use backstop_actions::{actions, functions::FUNCTIONS};

use super::*;

fn name(service: &str, code: &str) -> ErrorName {
    let refusal = Refusal {
        service,
        code,
        message: "any text",
        modeled: None,
        status: 400,
    };
    refusal.name()
}

/// Each service's answer when it is called too often, as it is sent.
const THROTTLING: [(&str, &str); 32] = [
    ("autoscaling", "Throttling"),
    ("autoscaling", "ResourceContention"),
    ("cloudtrail", "ThrottlingException"),
    ("dynamodb", "ProvisionedThroughputExceededException"),
    ("dynamodb", "RequestLimitExceeded"),
    ("dynamodb", "ThrottlingException"),
    ("dynamodb", "LimitExceededException"),
    ("ec2", "RequestLimitExceeded"),
    ("ec2", "EC2ThrottledException"),
    ("ec2", "SnapshotCreationPerVolumeRateExceeded"),
    ("ec2", "ConcurrentSnapshotLimitExceeded"),
    ("ec2", "ResourceLimitExceeded"),
    ("ecs", "ThrottlingException"),
    ("elasticloadbalancing", "Throttling"),
    ("elasticloadbalancing", "DependencyThrottle"),
    ("elasticloadbalancing", "PriorRequestNotComplete"),
    ("events", "ThrottlingException"),
    ("guardduty", "TooManyRequestsException"),
    ("health", "ThrottlingException"),
    ("iam", "Throttling"),
    ("kms", "ThrottlingException"),
    ("lambda", "TooManyRequestsException"),
    ("logs", "ThrottlingException"),
    ("organizations", "TooManyRequestsException"),
    ("s3", "SlowDown"),
    ("s3", "TooManyRequestsException"),
    ("securityhub", "ThrottlingException"),
    ("sns", "Throttled"),
    ("sqs", "RequestThrottled"),
    ("ssm", "ThrottlingException"),
    ("states", "ThrottlingException"),
    ("sts", "Throttling"),
];

/// The services that any role may call, as the actions' grants and the functions' own statements say.
fn called() -> BTreeSet<&'static str> {
    let granted = actions().flat_map(|action| action.grants.all().map(|grant| grant.action));
    let own = FUNCTIONS
        .iter()
        .flat_map(|function| function.statements)
        .flat_map(|statement| statement.actions.iter().copied());
    granted
        .chain(own)
        .filter_map(|action| action.split_once(':'))
        .map(|(service, _)| service)
        .collect()
}

/// A new one fails here until somebody has looked up in its API reference what it answers then.
#[test]
fn the_throttling_of_each_service_that_may_be_called_is_known() {
    let known: BTreeSet<&str> = THROTTLING.iter().map(|(service, _)| *service).collect();
    let called = called();
    assert!(called.len() > 15, "{called:?}");
    let unknown: Vec<&&str> = called.difference(&known).collect();
    assert!(unknown.is_empty(), "no throttling code is listed of {unknown:?}");
}

#[test]
fn each_services_throttling_passes_by_waiting() {
    for (service, code) in THROTTLING {
        assert_eq!(name(service, code), ErrorName::Throttled, "{service}: {code}");
    }
}

#[test]
fn a_service_that_fails_or_is_busy_passes_by_waiting() {
    let cases = [
        ("iam", "ConcurrentModification"),
        ("iam", "EntityTemporarilyUnmodifiable"),
        ("iam", "ServiceFailure"),
        ("s3", "ServiceUnavailable"),
        ("s3", "OperationAborted"),
        ("s3", "ConditionalRequestConflict"),
        ("s3", "InternalError"),
        ("dynamodb", "TransactionConflictException"),
        ("dynamodb", "InternalServerError"),
        ("ec2", "Unavailable"),
        ("ec2", "InternalError"),
        ("lambda", "ResourceConflictException"),
        ("guardduty", "InternalServerErrorException"),
        ("sns", "InternalError"),
        ("sts", "ExpiredTokenException"),
    ];
    for (service, code) in cases {
        assert_eq!(name(service, code), ErrorName::Unavailable, "{service}: {code}");
    }
}

#[test]
fn what_waiting_doesnt_help_isnt_tried_again() {
    let cases = [
        ("iam", "AccessDenied", ErrorName::AccessDenied),
        ("ec2", "UnauthorizedOperation", ErrorName::AccessDenied),
        ("iam", "NoSuchEntity", ErrorName::TargetGone),
        ("ec2", "InvalidInstanceID.NotFound", ErrorName::TargetGone),
        ("iam", "LimitExceeded", ErrorName::QuotaExceeded),
        ("logs", "LimitExceededException", ErrorName::QuotaExceeded),
        ("ssm", "ResourceLimitExceeded", ErrorName::QuotaExceeded),
        ("iam", "MalformedPolicyDocument", ErrorName::Rejected),
        ("ec2", "InvalidParameterValue", ErrorName::Rejected),
        ("ec2", "IncorrectInstanceState", ErrorName::Rejected),
    ];
    for (service, code, expected) in cases {
        assert_eq!(name(service, code), expected, "{service}: {code}");
        assert!(!expected.is_retryable(), "{service}: {code}");
    }
}

#[test]
fn a_code_has_one_meaning_for_a_service() {
    let mut known = BTreeSet::new();
    for row in TABLE {
        for code in row.codes {
            assert!(
                known.insert((row.service, *code)),
                "{}: {code} stands twice",
                row.service
            );
        }
    }
}

#[test]
fn an_unknown_code_is_judged_by_the_model_and_then_by_the_status() {
    let refusal = Refusal {
        service: "iam",
        code: "BrandNew",
        message: "",
        modeled: None,
        status: 400,
    };
    let modeled = |kind| Refusal {
        modeled: Some(kind),
        ..refusal
    };
    let status = |status| Refusal { status, ..refusal };
    assert_eq!(refusal.name(), ErrorName::Rejected);
    assert_eq!(modeled(ErrorKind::ThrottlingError).name(), ErrorName::Throttled);
    assert_eq!(modeled(ErrorKind::ServerError).name(), ErrorName::Unavailable);
    assert_eq!(status(429).name(), ErrorName::Throttled);
    assert_eq!(status(502).name(), ErrorName::Unavailable);
    let known = Refusal {
        code: "NoSuchEntity",
        status: 500,
        ..refusal
    };
    assert_eq!(known.name(), ErrorName::TargetGone, "the code counts first");
}

#[test]
fn a_service_control_policy_is_named_as_such_and_no_other_policy_is() {
    let denied = |policy: &str| {
        let message = format!(
            "User: arn:aws:sts::123456789012:assumed-role/r/s is not authorized to perform: iam:UpdateAccessKey on \
             resource: user alice with an explicit deny in a {policy}"
        );
        let refusal = Refusal {
            service: "iam",
            code: "AccessDenied",
            message: &message,
            modeled: None,
            status: 403,
        };
        refusal.name()
    };
    assert_eq!(denied("service control policy"), ErrorName::BlockedByScp);
    assert_eq!(denied("permissions boundary"), ErrorName::AccessDenied);
    assert_eq!(denied("resource control policy"), ErrorName::AccessDenied);
}

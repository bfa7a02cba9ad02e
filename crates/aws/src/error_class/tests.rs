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

/// Each service's answer when it is called too often, as it is sent: for the services that Backstop calls, and for those
/// that its next actions will.
const THROTTLING: [(&str, &str); 27] = [
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
    ("elasticloadbalancing", "Throttling"),
    ("elasticloadbalancing", "DependencyThrottle"),
    ("elasticloadbalancing", "PriorRequestNotComplete"),
    ("guardduty", "TooManyRequestsException"),
    ("iam", "Throttling"),
    ("lambda", "TooManyRequestsException"),
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
    let mut known = std::collections::BTreeSet::new();
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

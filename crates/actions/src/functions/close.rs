//! `close`.

use super::shared::{
    ACCOUNT_ID, APPENDS_TO_THE_LOG, CHANGES_INCIDENTS, CONFIRM_AFTER_SECONDS, EVIDENCE_BUCKET,
    LOOKS_AT_EXECUTIONS, MACHINE_ARN_PREFIX, READS_INCIDENTS, TABLE_NAME, alarm, changes, keys,
};
use crate::{
    Condition, FunctionSpec, Limit, Scope, Statement,
    permissions::{kms, s3},
};

const UPDATE_FINDINGS: &[&str] = &["securityhub:BatchUpdateFindings"];

/// A field of a finding that it may not give a value. One statement each: conditions in one are joined by "and".
const fn untouched(sid: &'static str, conditions: &'static [Condition]) -> Statement {
    Statement::deny(
        Scope {
            conditions,
            ..Scope::everything(sid, "A note and the workflow, nothing else.")
        },
        UPDATE_FINDINGS,
    )
}

const fn given(key: &'static str) -> Condition {
    Condition::new("Null", key, &["false"])
}

/// Its contract.
pub static SPEC: FunctionSpec = FunctionSpec {
    name: "close",
    description: "Computes an incident's status from its log, closes it and keeps the evidence.",
    timeout_seconds: Some(Limit::of(60)),
    memory_mib: None,
    environment: &[
        ACCOUNT_ID,
        TABLE_NAME,
        EVIDENCE_BUCKET,
        MACHINE_ARN_PREFIX,
        CONFIRM_AFTER_SECONDS,
    ],
    properties: "\
# Machines wait for its answer and retry by themselves. The rule of failed executions hands it an event: what Lambda
# tried three times in vain is kept, so that no incident stays open unnoticed.
EventInvokeConfig:
  MaximumEventAgeInSeconds: 21600
  MaximumRetryAttempts: 2
  DestinationConfig:
    OnFailure:
      Type: SQS
      Destination: !GetAtt DeadLetterQueue.Arn
",
    statements: &[
        READS_INCIDENTS,
        APPENDS_TO_THE_LOG,
        CHANGES_INCIDENTS,
        changes("GiveCountsBack", &[keys(&["LIMIT#*"])]),
        LOOKS_AT_EXECUTIONS,
        Statement::allow(
            Scope {
                why: "It only adds: what is there follows from the log, so nothing needs to be read back.",
                ..Scope::of("KeepTheEvidence", &["{EvidenceBucket.Arn}/incidents/*"])
            },
            &[s3::PUT_OBJECT],
        ),
        Statement::allow(
            Scope {
                only_if: Some("HasKmsKey"),
                ..Scope::of("EncryptTheEvidence", &["{KmsKeyArn}"])
            },
            &[kms::GENERATE_DATA_KEY],
        ),
        Statement::allow(
            Scope {
                why: "Also the permission of BatchUpdateFindingsV2. In every Region, since a finding is told of in its own.",
                ..Scope::of(
                    "TellSecurityHubHowItEnded",
                    &[
                        "arn:{partition}:securityhub:{region}:{account}:hub/default",
                        "arn:{partition}:securityhub:{region}:{account}:hubv2/*",
                    ],
                )
            },
            UPDATE_FINDINGS,
        ),
        untouched("KeepConfidence", &[given("securityhub:ASFFSyntaxPath/Confidence")]),
        untouched("KeepCriticality", &[given("securityhub:ASFFSyntaxPath/Criticality")]),
        untouched(
            "KeepRelatedFindings",
            &[given("securityhub:ASFFSyntaxPath/RelatedFindings")],
        ),
        untouched(
            "KeepSeverityLabel",
            &[given("securityhub:ASFFSyntaxPath/Severity.Label")],
        ),
        untouched(
            "KeepSeverityNumber",
            &[given("securityhub:ASFFSyntaxPath/Severity.Normalized")],
        ),
        untouched("KeepTypes", &[given("securityhub:ASFFSyntaxPath/Types")]),
        untouched(
            "KeepFieldNames",
            &[given("securityhub:ASFFSyntaxPath/UserDefinedFields.key")],
        ),
        untouched(
            "KeepFieldValues",
            &[given("securityhub:ASFFSyntaxPath/UserDefinedFields.value")],
        ),
        untouched(
            "KeepVerification",
            &[given("securityhub:ASFFSyntaxPath/VerificationState")],
        ),
        untouched(
            "OnlyNotifiedAndResolved",
            &[
                given("securityhub:ASFFSyntaxPath/Workflow.Status"),
                Condition::new(
                    "StringNotEquals",
                    "securityhub:ASFFSyntaxPath/Workflow.Status",
                    &["NOTIFIED", "RESOLVED"],
                ),
            ],
        ),
        Statement::allow(
            Scope::of("ParkWhatItCannotClose", &["{DeadLetterQueue.Arn}"]),
            &["sqs:SendMessage"],
        ),
    ],
    in_members: &[],
    outside: &[],
    alarm: alarm(
        "The function close fails more often than retries explain. Machines retry and record single failures themselves.",
    ),
};

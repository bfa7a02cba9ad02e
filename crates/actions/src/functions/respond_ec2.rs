//! `respond-ec2`.

use super::shared::{
    BREAK_GLASS_ARNS, EVIDENCE_BUCKET, MAXIMUM_MODE, OWN_ROLES, RESPONDER, TABLE_NAME, alarm, outside,
};
use crate::{FunctionSpec, Limit};

/// Its contract.
pub static SPEC: FunctionSpec = FunctionSpec {
    name: "respond-ec2",
    description: "Contains EC2 instances and keeps evidence of them.",
    timeout_seconds: Some(Limit::because(
        120,
        "isolating may hold an interface open for seconds and must be sure to close it",
    )),
    environment: &[
        ("ACCOUNT_ID", "!Ref AWS::AccountId"),
        TABLE_NAME,
        MAXIMUM_MODE,
        EVIDENCE_BUCKET,
        OWN_ROLES,
        BREAK_GLASS_ARNS,
        ("FORENSIC_ACCOUNT_ID", "!Ref ForensicAccountId"),
        ("SNAPSHOT_KMS_KEY_ARN", "!Ref SnapshotKmsKeyArn"),
        (
            "SNAPSHOT_LOCK_DAYS",
            "!If [HasSnapshotLock, !Ref SnapshotLockDays, \"\"]",
        ),
    ],
    outside: outside!("respond-ec2"),
    alarm: alarm(
        "The function respond-ec2 fails more often than retries explain. Machines retry and record single failures themselves.",
    ),
    ..RESPONDER
};

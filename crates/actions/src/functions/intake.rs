//! `intake`.

use super::shared::{
    ALERTS_TOPIC_ARN, BREAK_GLASS_ARNS, MACHINE_ARN_PREFIX, OWN_ROLES, TABLE_NAME, TELLS_PEOPLE, changes,
    keys, reads, writes,
};
use crate::{Alarm, FunctionSpec, Limit, Scope, Statement};

/// Its contract.
pub static SPEC: FunctionSpec = FunctionSpec {
    name: "intake",
    description: "Turns events into incidents and starts their playbooks.",
    timeout_seconds: None,
    memory_mib: None,
    environment: &[
        TABLE_NAME,
        ("MAXIMUM_MODE", "!Ref MaximumMode"),
        ("DRILL_EVENTS", "!Ref DrillEvents"),
        MACHINE_ARN_PREFIX,
        ("CONTAINMENTS_PER_HOUR", "!Ref ContainmentsPerHour"),
        OWN_ROLES,
        BREAK_GLASS_ARNS,
        ALERTS_TOPIC_ARN,
        ("DEAD_LETTER_QUEUE_URL", "!Ref DeadLetterQueue"),
    ],
    properties: "\
Events:
  Findings:
    Type: SQS
    Properties:
      Queue: !GetAtt IntakeQueue.Arn
      BatchSize: 10
      MaximumBatchingWindowInSeconds: 0 # time to contain counts; a burst fills batches by itself
      FunctionResponseTypes: [ReportBatchItemFailures]
      ScalingConfig:
        MaximumConcurrency: 10
",
    statements: &[
        Statement::allow(
            Scope::of("ReadTheQueue", &["{IntakeQueue.Arn}"]),
            &[
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
            ],
        ),
        Statement::allow(
            Scope::of("ParkWhatItCannotRead", &["{DeadLetterQueue.Arn}"]),
            &["sqs:SendMessage"],
        ),
        reads(
            "ReadIncidentsLocksAndGuards",
            &[keys(&["INCIDENT#*", "TARGET#*", "GUARD"])],
        ),
        writes("OpenIncidents", &[keys(&["INCIDENT#*", "TARGET#*"])]),
        // The lock of a target, and the hourly count of containments.
        changes("LockAndCount", &[keys(&["TARGET#*", "LIMIT#*"])]),
        Statement::allow(
            Scope::of(
                "StartPlaybooks",
                &["arn:{partition}:states:{AWS::Region}:{account}:stateMachine:{AWS::StackName}-*"],
            ),
            &["states:StartExecution"],
        ),
        TELLS_PEOPLE,
    ],
    alarm: Alarm {
        description: "Intake failed on a whole batch. SQS brings it back up to five times.",
        period_seconds: 60,
        threshold: Limit::of(0),
    },
};

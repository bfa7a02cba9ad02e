//! `intake`.

use super::{
    EVERY_RESPONDER,
    shared::{
        ACCOUNT_ID, ALERTS_TOPIC_ARN, BREAK_GLASS_ARNS, CONTAINMENTS_PER_HOUR, HANDS_NOTICES_OVER,
        MACHINE_ARN_PREFIX, MAXIMUM_MODE, NOTIFY_FUNCTION, OWN_ROLES, READS_INCIDENTS_LOCKS_AND_GUARDS,
        STARTS_PLAYBOOKS, TABLE_NAME, TELLS_PEOPLE, changes, keys, writes,
    },
};
use crate::{Alarm, FunctionSpec, Limit, Period, Scope, Statement, permissions::guardduty};

/// The functions that read back what they did, by name.
const RESPONDERS: (&str, &str) = ("RESPONDERS", "!Sub {Responders}");

/// Its contract.
pub static SPEC: FunctionSpec = FunctionSpec {
    name: "intake",
    description: "Turns events into incidents and starts their playbooks.",
    timeout_seconds: None,
    memory_mib: None,
    environment: &[
        ACCOUNT_ID,
        TABLE_NAME,
        MAXIMUM_MODE,
        ("DRILL_EVENTS", "!Ref DrillEvents"),
        MACHINE_ARN_PREFIX,
        CONTAINMENTS_PER_HOUR,
        OWN_ROLES,
        BREAK_GLASS_ARNS,
        NOTIFY_FUNCTION,
        RESPONDERS,
        ALERTS_TOPIC_ARN,
        ("DEAD_LETTER_QUEUE_URL", "!Ref DeadLetterQueue"),
        ("INTAKE_QUEUE_URL", "!Ref IntakeQueue"),
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
                // What couldn't be answered comes back soon.
                "sqs:ChangeMessageVisibility",
            ],
        ),
        Statement::allow(
            Scope::of("ParkWhatItCannotRead", &["{DeadLetterQueue.Arn}"]),
            &["sqs:SendMessage"],
        ),
        READS_INCIDENTS_LOCKS_AND_GUARDS,
        writes(
            "OpenIncidentsAndHandNoticesOver",
            &[keys(&["INCIDENT#*", "TARGET#*", "NOTICE#*"])],
        ),
        // The lock of a target, and the hourly count of containments.
        changes("LockAndCount", &[keys(&["TARGET#*", "LIMIT#*"])]),
        STARTS_PLAYBOOKS,
        Statement::allow(
            Scope::everything(
                "ReadFindingsBackFromGuardDuty",
                "It takes no resource (Service Authorization Reference).",
            ),
            &[guardduty::GET_FINDINGS.action],
        ),
        Statement::allow(
            Scope {
                why: "Events have no account, and those about credentials are all of one kind.",
                ..Scope::of(
                    "ReadFindingsBackFromHealth",
                    &["arn:{partition}:health:*::event/RISK/*"],
                )
            },
            &["health:DescribeAffectedEntities"],
        ),
        Statement::allow(
            Scope {
                why: "In every Region, since a finding is read in its own; also the permission of GetFindingsV2.",
                ..Scope::of(
                    "ReadFindingsBackFromSecurityHub",
                    &[
                        "arn:{partition}:securityhub:{region}:{account}:hub/default",
                        "arn:{partition}:securityhub:{region}:{account}:hubv2/*",
                    ],
                )
            },
            &["securityhub:GetFindings"],
        ),
        HANDS_NOTICES_OVER,
        Statement::allow(
            Scope {
                why: "A target whose incident has ended is heard of again: who contained it reads it back. What a responder does besides follows from the log alone.",
                ..Scope::of("HaveContainmentsReadBack", &[EVERY_RESPONDER])
            },
            &["lambda:InvokeFunction"],
        ),
        // The page that the table can't be used, in which no notice can be written down.
        TELLS_PEOPLE,
    ],
    in_members: &[],
    outside: &[],
    alarm: Alarm {
        description: "Intake failed on a whole batch. SQS brings it back up to thirty times.",
        period: Period::Seconds(60),
        threshold: Limit::of(0),
    },
};

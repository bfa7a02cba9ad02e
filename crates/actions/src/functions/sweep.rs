//! `sweep`.

use super::{
    EVERY_RESPONDER,
    shared::{
        ALERTS_TOPIC_ARN, BREAK_GLASS_ARNS, CHANGES_INCIDENTS, CONFIRM_AFTER_SECONDS, HANDS_NOTICES_OVER,
        LOOKS_AT_EXECUTIONS, LOOKS_WHO_IS_TOLD, MACHINE_ARN_PREFIX, MAXIMUM_MODE, NOTIFY_FUNCTION, OWN_ROLES,
        TABLE_NAME, keys, reads, removes, writes,
    },
};
use crate::{
    Alarm, FunctionSpec, Limit, Period, Scope, Statement,
    permissions::{dynamodb, guardduty},
};

/// Reads the findings of GuardDuty.
const READS_GUARDDUTY: Statement = Statement::allow(
    Scope::everything(
        "ReadGuardDuty",
        "None of these takes a resource (Service Authorization Reference).",
    ),
    &[
        guardduty::GET_FINDINGS.action,
        guardduty::LIST_DETECTORS.action,
        guardduty::LIST_FINDINGS.action,
    ],
);

/// What it calls to read the findings of Security Hub.
const READS_OF_SECURITY_HUB: &[&str] = &["securityhub:GetFindings"];

/// Its contract.
pub static SPEC: FunctionSpec = FunctionSpec {
    name: "sweep",
    description: "Feeds intake with findings that never reached it, and takes care of incidents left behind.",
    timeout_seconds: Some(Limit::because(
        600,
        "after what it feeds it reads contained incidents back, and waits for who changed one",
    )),
    memory_mib: Some(Limit::because(
        512,
        "holds a page of findings as text and read, of up to 240 KB each",
    )),
    environment: &[
        TABLE_NAME,
        ("SWEEP_HOURS", "!Ref SweepHours"),
        // Whether a finding would be answered by more now.
        MAXIMUM_MODE,
        OWN_ROLES,
        BREAK_GLASS_ARNS,
        ("INTAKE_QUEUE_URL", "!Ref IntakeQueue"),
        ("DEAD_LETTER_QUEUE_URL", "!Ref DeadLetterQueue"),
        ALERTS_TOPIC_ARN,
        MACHINE_ARN_PREFIX,
        NOTIFY_FUNCTION,
        ("CLOSE_FUNCTION", "!Ref CloseFunction"),
        (
            "ASKED_FUNCTIONS",
            "!Sub close|${CloseFunction.Arn},investigate|${InvestigateFunction.Arn},{Responders}",
        ),
        CONFIRM_AFTER_SECONDS,
        ("WATCH_DAYS", "!Ref WatchDays"),
        (
            "RULES",
            // Its own rule isn't among them: without that no sweep runs, and an alarm on silence tells.
            "!Sub ${GuardDutyRule}|${IntakeQueue.Arn},${SecurityHubRule}|${IntakeQueue.Arn},${HealthRule}|${IntakeQueue.Arn},${FailedExecutionRule}|${CloseFunction.Arn}|${NotifyFunction.Arn}",
        ),
        ("INTAKE_SOURCE", "!Sub ${IntakeFunction}|${IntakeQueue.Arn}"),
    ],
    properties: "\
# The next run is soon and goes on where this one stopped.
EventInvokeConfig:
  MaximumRetryAttempts: 0
Events:
  Schedule:
    Type: Schedule
    Properties:
      Description: When the sweep runs.
      Schedule: !Sub rate(${SweepMinutes} minutes)
",
    statements: &[
        READS_GUARDDUTY,
        Statement::allow(
            Scope::of(
                "ReadSecurityHub",
                &["arn:{partition}:securityhub:{AWS::Region}:{account}:hub/default"],
            ),
            READS_OF_SECURITY_HUB,
        ),
        Statement::allow(
            Scope::of("FeedIntake", &["{IntakeQueue.Arn}"]),
            &["sqs:SendMessage"],
        ),
        reads(
            "ReadWhatIsOpen",
            &[keys(&["INCIDENT#*", "NOTICE#*", "TARGET#*", "SWEEP#*", "GUARD"])],
        ),
        writes(
            "WriteIncidentsNoticesAndNotes",
            &[keys(&["INCIDENT#*", "NOTICE#*", "SWEEP#*"])],
        ),
        CHANGES_INCIDENTS,
        Statement::allow(
            Scope {
                conditions: &[keys(&["incident", "notice"])],
                ..Scope::of(
                    "ListIncidentsAndNotices",
                    &["{IncidentsTable.Arn}/index/by_opened"],
                )
            },
            &[dynamodb::QUERY],
        ),
        removes("RemoveGuardsThatHaveEnded", &[keys(&["GUARD"])]),
        LOOKS_AT_EXECUTIONS,
        Statement::allow(
            Scope {
                why: "Whether the stack's own rules are on, and send where they should.",
                ..Scope::of(
                    "LookAtRules",
                    &["arn:{partition}:events:{AWS::Region}:{account}:rule/{AWS::StackName}-*"],
                )
            },
            &["events:DescribeRule", "events:ListTargetsByRule"],
        ),
        Statement::allow(
            Scope::everything(
                "LookAtEventSourceMappings",
                "Whether intake is handed what the queue holds. It takes no resource (Service Authorization Reference).",
            ),
            &["lambda:ListEventSourceMappings"],
        ),
        HANDS_NOTICES_OVER,
        LOOKS_WHO_IS_TOLD,
        Statement::allow(
            Scope::of("CountDeadLetters", &["{DeadLetterQueue.Arn}"]),
            &["sqs:GetQueueAttributes"],
        ),
        Statement::allow(
            Scope {
                why: "What it closes is told to Security Hub, and its evidence kept, by the function that does so.",
                ..Scope::of("HaveEvidenceKept", &["{CloseFunction.Arn}"])
            },
            &["lambda:InvokeFunction"],
        ),
        Statement::allow(
            Scope {
                why: "Who contained it reads it back, again and again, and CloudTrail tells who changed it. What they do besides follows from the log alone.",
                ..Scope::of(
                    "WatchContainments",
                    &["{InvestigateFunction.Arn}", EVERY_RESPONDER],
                )
            },
            &["lambda:InvokeFunction"],
        ),
    ],
    in_members: &[
        READS_GUARDDUTY,
        Statement::allow(
            Scope::of(
                "ReadSecurityHubInEveryRegion",
                &["arn:{partition}:securityhub:{region}:{account}:hub/default"],
            ),
            READS_OF_SECURITY_HUB,
        ),
    ],
    outside: &[],
    alarm: Alarm {
        description: "A part of the sweep failed. Findings that never reached Backstop may stay unanswered; its log says which part.",
        period: Period::OfThreeSweeps,
        threshold: Limit::because(1, "one failed run of three is made up for by the next"),
    },
};

//! `notify`.

use super::shared::{
    ALERTS_TOPIC_ARN, CONFIRM_AFTER_SECONDS, LOOKS_WHO_IS_TOLD, TABLE_NAME, TELLS_PEOPLE, changes, keys,
    reads, writes,
};
use crate::{Alarm, Condition, FunctionSpec, Limit, Period, Scope, Statement};

/// Notices are kept with the incident that they are about, or by themselves.
const INCIDENTS_AND_NOTICES: Condition = keys(&["INCIDENT#*", "NOTICE#*"]);

/// Its contract.
pub static SPEC: FunctionSpec = FunctionSpec {
    name: "notify",
    description: "Delivers notices to people; no other function does.",
    timeout_seconds: None,
    memory_mib: None,
    environment: &[TABLE_NAME, ALERTS_TOPIC_ARN, CONFIRM_AFTER_SECONDS],
    properties: "\
# Room that other functions of the account can't use up: people hear of what waits.
ReservedConcurrentExecutions: !If [HasResponderConcurrency, !Ref ResponderConcurrency, !Ref AWS::NoValue]
# Machines wait for its answer and retry by themselves. Other functions hand it a notice and go on: what Lambda tried
# three times in vain is kept and alarms, and the sweep hands the notice over again.
EventInvokeConfig:
  MaximumEventAgeInSeconds: 21600
  MaximumRetryAttempts: 2
  DestinationConfig:
    OnFailure:
      Type: SQS
      Destination: !GetAtt DeadLetterQueue.Arn
",
    statements: &[
        reads("ReadIncidentsAndNotices", &[INCIDENTS_AND_NOTICES]),
        writes("WriteIncidentsAndNotices", &[INCIDENTS_AND_NOTICES]),
        changes("SettleNotices", &[INCIDENTS_AND_NOTICES]),
        TELLS_PEOPLE,
        LOOKS_WHO_IS_TOLD,
        Statement::allow(
            Scope::of("ParkWhatItCannotDeliver", &["{DeadLetterQueue.Arn}"]),
            &["sqs:SendMessage"],
        ),
    ],
    in_members: &[],
    outside: &[],
    alarm: Alarm {
        description: "The function notify failed. An incident may have ended without anybody being told of it; list the incidents.",
        period: Period::Seconds(300),
        threshold: Limit::of(0),
    },
};

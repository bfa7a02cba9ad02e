//! `investigate`.

use super::shared::{APPENDS_TO_THE_LOG, READER, READS_INCIDENTS_AND_GUARDS, alarm, keys};
use crate::{
    FunctionSpec, Limit, Scope, Statement,
    permissions::{dynamodb, ec2, logs},
};

/// Its contract.
pub static SPEC: FunctionSpec = FunctionSpec {
    name: "investigate",
    description: "Reads what a credential or an instance did and proposes what to do about it. It changes nothing.",
    alarm: alarm(
        "The function investigate fails more often than retries explain. Machines retry and record single failures themselves.",
    ),
    // CloudTrail answers twice a second, and long histories have many pages.
    timeout_seconds: Some(Limit::of(120)),
    statements: &[
        READS_INCIDENTS_AND_GUARDS,
        APPENDS_TO_THE_LOG,
        Statement::allow(
            Scope {
                conditions: &[keys(&["incident"])],
                why: "Other incidents whose finding names the same remote address.",
                ..Scope::of("ListIncidents", &["{IncidentsTable.Arn}/index/by_opened"])
            },
            &[dynamodb::QUERY],
        ),
        Statement::allow(
            Scope::everything(
                "LookWhereFlowLogsAre",
                "AWS checks neither call against a resource; it is made for a contained instance.",
            ),
            &[ec2::DESCRIBE_FLOW_LOGS, ec2::DESCRIBE_INSTANCES.action],
        ),
        Statement::allow(
            Scope {
                why: "What is said of flow logs in other log groups is that they weren't read.",
                ..Scope::of(
                    "ReadFlowLogs",
                    &[
                        "arn:{partition}:logs:*:{account}:log-group:*flow*",
                        "arn:{partition}:logs:*:{account}:log-group:*Flow*",
                    ],
                )
            },
            &[logs::FILTER_LOG_EVENTS],
        ),
    ],
    ..READER
};

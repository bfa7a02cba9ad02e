//! `investigate`.

use super::shared::{APPENDS_TO_THE_LOG, READER, READS_INCIDENTS_AND_GUARDS, alarm, keys};
use crate::{FunctionSpec, Limit, Scope, Statement, permissions::dynamodb};

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
    ],
    ..READER
};

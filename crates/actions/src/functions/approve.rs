//! `approve`.

use super::shared::{ALERTS_TOPIC_ARN, KEEPS_THE_LOG, TABLE_NAME, TELLS_PEOPLE, alarm};
use crate::FunctionSpec;

/// Its contract.
pub static SPEC: FunctionSpec = FunctionSpec {
    name: "approve",
    description: "Asks people to decide on a plan and keeps the question.",
    timeout_seconds: None,
    memory_mib: None,
    environment: &[TABLE_NAME, ALERTS_TOPIC_ARN],
    properties: "",
    statements: &[KEEPS_THE_LOG, TELLS_PEOPLE],
    alarm: alarm(
        "The function approve fails more often than retries explain. Machines retry and record single failures themselves.",
    ),
};

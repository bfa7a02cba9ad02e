//! `approve`.

use super::shared::{HANDS_NOTICES_OVER, KEEPS_THE_LOG, NOTIFY_FUNCTION, TABLE_NAME, alarm};
use crate::FunctionSpec;

/// Its contract.
pub static SPEC: FunctionSpec = FunctionSpec {
    name: "approve",
    description: "Asks people to decide on a plan and keeps the question.",
    timeout_seconds: None,
    memory_mib: None,
    environment: &[TABLE_NAME, NOTIFY_FUNCTION],
    properties: "",
    statements: &[KEEPS_THE_LOG, HANDS_NOTICES_OVER],
    alarm: alarm(
        "The function approve fails more often than retries explain. Machines retry and record single failures themselves.",
    ),
};

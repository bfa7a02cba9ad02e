//! `approve`.

use super::shared::{
    CHANGES_INCIDENTS, HANDS_NOTICES_OVER, NOTIFY_FUNCTION, READS_INCIDENTS, TABLE_NAME, alarm, keys, writes,
};
use crate::FunctionSpec;

/// Its contract.
pub static SPEC: FunctionSpec = FunctionSpec {
    name: "approve",
    description: "Asks people to decide on a plan and keeps the question.",
    timeout_seconds: None,
    memory_mib: None,
    environment: &[TABLE_NAME, NOTIFY_FUNCTION],
    properties: "",
    statements: &[
        READS_INCIDENTS,
        // Whose notice it was that the hourly limit is reached.
        writes("AskPeople", &[keys(&["INCIDENT#*", "LIMIT#*"])]),
        CHANGES_INCIDENTS,
        HANDS_NOTICES_OVER,
    ],
    in_members: &[],
    outside: &[],
    alarm: alarm(
        "The function approve fails more often than retries explain. Machines retry and record single failures themselves.",
    ),
};

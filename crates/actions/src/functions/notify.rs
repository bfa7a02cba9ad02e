//! `notify`.

use super::shared::{ALERTS_TOPIC_ARN, APPENDS_TO_THE_LOG, TABLE_NAME, TELLS_PEOPLE};
use crate::{Alarm, FunctionSpec, Limit};

/// Its contract.
pub static SPEC: FunctionSpec = FunctionSpec {
    name: "notify",
    description: "Tells people what happened, what was done and what to do next.",
    timeout_seconds: None,
    memory_mib: None,
    environment: &[TABLE_NAME, ALERTS_TOPIC_ARN],
    properties: "",
    statements: &[APPENDS_TO_THE_LOG, TELLS_PEOPLE],
    alarm: Alarm {
        description: "The function notify failed. An incident may have ended without anybody being told of it; list the incidents.",
        period_seconds: 300,
        threshold: Limit::of(0),
    },
};

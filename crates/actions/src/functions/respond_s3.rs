//! `respond-s3`.

use super::shared::{RESPONDER, alarm, outside};
use crate::FunctionSpec;

/// Its contract.
pub static SPEC: FunctionSpec = FunctionSpec {
    name: "respond-s3",
    description: "Contains public buckets and accounts, and keeps evidence of how they were opened.",
    outside: outside!("respond-s3"),
    alarm: alarm(
        "The function respond-s3 fails more often than retries explain. Machines retry and record single failures themselves.",
    ),
    ..RESPONDER
};

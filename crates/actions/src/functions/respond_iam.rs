//! `respond-iam`.

use super::shared::{RESPONDER, alarm, outside};
use crate::FunctionSpec;

/// Its contract.
pub static SPEC: FunctionSpec = FunctionSpec {
    name: "respond-iam",
    description: "Contains IAM users, access keys, roles and their sessions.",
    outside: outside!("respond-iam"),
    alarm: alarm(
        "The function respond-iam fails more often than retries explain. Machines retry and record single failures themselves.",
    ),
    ..RESPONDER
};

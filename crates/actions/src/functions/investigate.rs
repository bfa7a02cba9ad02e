//! `investigate`.

use super::shared::{READER, alarm};
use crate::{FunctionSpec, Limit};

/// Its contract.
pub static SPEC: FunctionSpec = FunctionSpec {
    name: "investigate",
    description: "Reads what a credential did and proposes what to do about it. It changes nothing.",
    alarm: alarm(
        "The function investigate fails more often than retries explain. Machines retry and record single failures themselves.",
    ),
    // CloudTrail answers twice a second, and long histories have many pages.
    timeout_seconds: Some(Limit::of(120)),
    ..READER
};

//! Permissions of Systems Manager.

use super::NO_RESOURCE;
use crate::{Grant, Scope};

/// Session Manager sessions.
static SESSIONS: Scope = Scope::of(
    "EndSessions",
    &["arn:{partition}:ssm:{region}:{account}:session/*"],
);

pub const DESCRIBE_SESSIONS: Grant = Grant::on(&NO_RESOURCE, "ssm:DescribeSessions");
pub const TERMINATE_SESSION: Grant = Grant::on(&SESSIONS, "ssm:TerminateSession");

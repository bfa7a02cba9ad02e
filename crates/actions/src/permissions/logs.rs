//! Permissions of CloudWatch Logs.

/// Of the function `investigate`.
pub const FILTER_LOG_EVENTS: &str = "logs:FilterLogEvents";

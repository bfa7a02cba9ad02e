//! The environment a function is deployed with. A missing setting fails at start and is named.

use std::env;

use backstop_core::{Mode, guardrail::Protection};
use jiff::SignedDuration;

/// A setting is missing or unreadable.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    /// It isn't set.
    #[error("the setting `{0}` is missing from the function's environment")]
    Missing(&'static str),
    /// It is set to something else than it should be.
    #[error("the setting `{name}` is `{value}`, but must be {expected}")]
    Invalid {
        /// Its name.
        name: &'static str,
        /// What it holds.
        value: String,
        /// What it should hold.
        expected: &'static str,
    },
}

/// Reads a setting that must be there and not empty.
pub fn required(name: &'static str) -> Result<String, SettingError> {
    optional(name).ok_or(SettingError::Missing(name))
}

/// Reads and parses a setting that must be there.
pub fn parsed<T: std::str::FromStr>(name: &'static str, expected: &'static str) -> Result<T, SettingError> {
    let value = required(name)?;
    value.parse().map_err(|_not_that| SettingError::Invalid {
        name,
        value,
        expected,
    })
}

/// Reads a setting that may be absent; empty counts as absent.
pub fn optional(name: &'static str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Reads a comma-separated list; absent and empty both mean none.
pub fn list(name: &'static str) -> Vec<String> {
    env::var(name)
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The principals this deployment protects: `OWN_ROLES` must be set, since containing Backstop's own
/// roles would stop all containment; `BREAK_GLASS_ARNS` may be empty.
pub fn protection() -> Result<Protection, SettingError> {
    required("OWN_ROLES")?;
    Ok(Protection {
        own_roles: list("OWN_ROLES"),
        break_glass: list("BREAK_GLASS_ARNS"),
    })
}

/// How long after an incident is contained it is looked at again (`ConfirmAfterSeconds`).
pub fn confirm_after() -> Result<SignedDuration, SettingError> {
    let seconds: u32 = parsed("CONFIRM_AFTER_SECONDS", "a number of seconds")?;
    Ok(SignedDuration::from_secs(seconds.into()))
}

/// The stack's `MaximumMode`: nothing goes further, whatever the log says.
pub fn maximum_mode() -> Result<Mode, SettingError> {
    parsed("MAXIMUM_MODE", "`observe`, `approve` or `auto`")
}

//! What the stack's parameters say is to be done with the snapshots of an incident. Absent is off.

use backstop_core::Target;
use backstop_runtime::settings::{self, SettingError};
use serde::{Deserialize, Serialize};

/// The parameters, by the names of the function's environment.
const ACCOUNT: &str = "FORENSIC_ACCOUNT_ID";
const KEY: &str = "SNAPSHOT_KMS_KEY_ARN";
const DAYS: &str = "SNAPSHOT_LOCK_DAYS";

/// The longest lock (EC2 API Reference, "LockSnapshot").
const MOST_DAYS: i32 = 36_500;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Custody {
    /// The account that may make volumes of the snapshots.
    pub(super) forensic_account: Option<String>,
    /// The key under which a copy of each is made.
    pub(super) key: Option<String>,
    /// How long nobody can delete them without unlocking them first.
    pub(super) lock_days: Option<i32>,
}

impl Custody {
    /// Reads the parameters; one that makes no sense fails the function's start and is named.
    pub(crate) fn from_env() -> Result<Self, SettingError> {
        Self::of(
            settings::optional(ACCOUNT),
            settings::optional(KEY),
            settings::optional(DAYS),
        )
    }

    fn of(account: Option<String>, key: Option<String>, days: Option<String>) -> Result<Self, SettingError> {
        let is_account = |id: &str| id.len() == 12 && id.bytes().all(|digit| digit.is_ascii_digit());
        let lock_days = days.map(|value| {
            value
                .parse()
                .ok()
                .filter(|days| (1..=MOST_DAYS).contains(days))
                .ok_or(SettingError::Invalid {
                    name: DAYS,
                    value,
                    expected: "a number of days from 1 to 36500",
                })
        });
        Ok(Self {
            forensic_account: checked(ACCOUNT, account, is_account, "an account id of twelve digits")?,
            key: checked(KEY, key, |arn| region_of(arn).is_some(), "the ARN of a KMS key")?,
            lock_days: lock_days.transpose()?,
        })
    }

    /// Whether nothing at all is wanted.
    pub(super) fn is_off(&self) -> bool {
        *self == Self::default()
    }

    /// The same without a key that can't be used where the target is: keys are regional.
    pub(super) fn in_region_of(mut self, target: &Target, limits: &mut Vec<String>) -> Self {
        if let Some(key) = self
            .key
            .take_if(|key| region_of(key) != Some(target.region.as_str()))
        {
            limits.push(format!(
                "no copies are made: the key {key} can't be used in {}",
                target.region
            ));
        }
        self
    }

    /// What a person reads who has set none.
    pub(super) fn parameters() -> String {
        format!("{ACCOUNT} (share), {KEY} (copy under a key of your own) and {DAYS} (lock)")
    }
}

fn region_of(arn: &str) -> Option<&str> {
    match arn.split(':').collect::<Vec<_>>().as_slice() {
        ["arn", _, "kms", region, _, key] if key.starts_with("key/") => Some(region),
        _ => None,
    }
}

fn checked(
    name: &'static str,
    value: Option<String>,
    is_right: impl Fn(&str) -> bool,
    expected: &'static str,
) -> Result<Option<String>, SettingError> {
    match value {
        Some(value) if !is_right(&value) => Err(SettingError::Invalid {
            name,
            value,
            expected,
        }),
        value => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_named_at_start() {
        let of = |account: &str, key: &str, days: &str| {
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            Custody::of(some(account), some(key), some(days)).map_err(|error| error.to_string())
        };
        assert!(of("", "", "").is_ok_and(|custody| custody.is_off()));
        assert!(of("111122223333", "arn:aws:kms:eu-west-1:123456789012:key/1", "30").is_ok());
        assert!(of("1111", "", "").is_err_and(|error| error.contains(ACCOUNT)));
        assert!(of("", "alias/mine", "").is_err_and(|error| error.contains(KEY)));
        assert!(of("", "", "0").is_err_and(|error| error.contains(DAYS)));
    }
}

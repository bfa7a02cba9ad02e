//! Checks: states that no call of the disposable account can try, read back from AWS.

mod credential;
mod instance;
mod network_acls;
mod role;

use backstop_emulator::Account;
use backstop_playbook::drill::{Check, CheckState, CheckSubject};
use serde::Serialize;

use super::{DrillError, Fixtures};

/// A check's two states beside what was expected.
#[derive(Clone, Debug, Serialize)]
pub struct CheckResult {
    /// What it shows.
    pub name: String,
    /// What was expected before.
    pub expected_before: CheckState,
    /// What was read before.
    pub before: Option<CheckState>,
    /// What was read after.
    pub after: Option<CheckState>,
    /// What was expected after, in this mode.
    pub expected_after: CheckState,
}

impl CheckResult {
    /// A check that has not been made yet.
    pub fn planned(check: &Check, changes_nothing: bool) -> Self {
        Self {
            name: check.name.to_string(),
            expected_before: *check.before,
            before: None,
            after: None,
            expected_after: if changes_nothing {
                *check.before
            } else {
                *check.after
            },
        }
    }

    /// Whether the state before was as the drill needs it.
    pub fn is_before_as_expected(&self) -> bool {
        self.before == Some(self.expected_before)
    }

    /// Whether the state after is as expected.
    pub fn is_after_as_expected(&self) -> bool {
        self.after == Some(self.expected_after)
    }
}

/// As planted, contained, or neither.
fn state(is_as_planted: bool, is_contained: bool) -> CheckState {
    match (is_as_planted, is_contained) {
        (true, _) => CheckState::AsPlanted,
        (false, true) => CheckState::Contained,
        (false, false) => CheckState::Mixed,
    }
}

/// Reads the state that a check is about.
pub async fn read(account: &Account, fixtures: &Fixtures, check: &Check) -> Result<CheckState, DrillError> {
    match check.subject() {
        Some(CheckSubject::Credential(kind)) => {
            credential::read(account, fixtures.user(&check.of)?, kind).await
        }
        Some(CheckSubject::Instance(aspect)) => {
            instance::read(account, fixtures.instance(&check.of)?, aspect).await
        }
        Some(CheckSubject::Role(aspect)) => role::read(account, fixtures.role(&check.of)?, aspect).await,
        None => Ok(CheckState::Mixed),
    }
}

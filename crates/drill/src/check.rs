//! Checks: states that no call of the sandbox can try, read back from AWS.

mod credential;
mod instance;
mod network_acls;
mod role;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Cast, DrillError, file::Credential};
use backstop_emulator::Account;
pub use instance::Aspect;
pub use role::RoleAspect;

/// One check.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// What it shows, for people.
    pub name: String,
    /// The planted user, instance or role.
    pub of: String,
    /// Which of the user's credentials.
    #[serde(default)]
    pub credential: Option<Credential>,
    /// What of the instance.
    #[serde(default)]
    pub instance: Option<Aspect>,
    /// What of the role.
    #[serde(default)]
    pub role: Option<RoleAspect>,
    /// How it must be before.
    pub before: State,
    /// How it must be once the incident is contained.
    pub after: State,
}

/// What a check reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// All of a user's credentials of a kind.
    Credential(Credential),
    /// Something of an instance.
    Instance(Aspect),
    /// Something of a role.
    Role(RoleAspect),
}

impl Check {
    /// What it reads; `None` unless exactly one thing is named.
    pub fn about(&self) -> Option<About> {
        match (self.credential, self.instance, self.role) {
            (Some(credential), None, None) => Some(About::Credential(credential)),
            (None, Some(aspect), None) => Some(About::Instance(aspect)),
            (None, None, Some(aspect)) => Some(About::Role(aspect)),
            _ => None,
        }
    }
}

/// What was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The credential works.
    Active,
    /// It doesn't.
    Inactive,
    /// The instance or role is as it was planted.
    AsPlanted,
    /// The instance or role is as containment leaves it, all of it.
    Contained,
    /// Neither: some are so and some aren't, or there is none.
    Mixed,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::AsPlanted => "as planted",
            Self::Contained => "contained",
            Self::Mixed => "mixed",
        })
    }
}

/// A check's two states beside what was expected.
#[derive(Clone, Debug, Serialize)]
pub struct CheckResult {
    /// What it shows.
    pub name: String,
    /// What was expected before.
    pub expected_before: State,
    /// What was read before.
    pub before: Option<State>,
    /// What was read after.
    pub after: Option<State>,
    /// What was expected after, in this mode.
    pub expected_after: State,
}

impl CheckResult {
    /// A check that has not been made yet.
    pub fn planned(check: &Check, changes_nothing: bool) -> Self {
        Self {
            name: check.name.clone(),
            expected_before: check.before,
            before: None,
            after: None,
            expected_after: if changes_nothing {
                check.before
            } else {
                check.after
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
fn state(is_as_planted: bool, is_contained: bool) -> State {
    match (is_as_planted, is_contained) {
        (true, _) => State::AsPlanted,
        (false, true) => State::Contained,
        (false, false) => State::Mixed,
    }
}

/// Reads the state that a check is about.
pub async fn read(account: &Account, cast: &Cast, check: &Check) -> Result<State, DrillError> {
    match check.about() {
        Some(About::Credential(kind)) => credential::read(account, cast.user(&check.of)?, kind).await,
        Some(About::Instance(aspect)) => instance::read(account, cast.instance(&check.of)?, aspect).await,
        Some(About::Role(aspect)) => role::read(account, cast.role(&check.of)?, aspect).await,
        None => Ok(State::Mixed),
    }
}

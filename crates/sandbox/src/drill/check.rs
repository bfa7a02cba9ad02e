//! Checks: the state of credentials that no call of the sandbox can try, read back from IAM.

use std::fmt;

use aws_sdk_iam::Client;
use serde::{Deserialize, Serialize};

use super::{Cast, DrillError, error::call, file::Credential};

/// One check.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// What it shows, for people.
    pub name: String,
    /// The planted user.
    pub of: String,
    /// Which of the user's credentials.
    pub credential: Credential,
    /// What all of that kind must be before.
    pub before: State,
    /// What all of that kind must be once the incident is contained.
    pub after: State,
}

/// A credential's status in IAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It works.
    Active,
    /// It doesn't.
    Inactive,
    /// There is none, or some work and some don't.
    Mixed,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
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

/// Reads the state that a check is about.
pub async fn read(iam: &Client, cast: &Cast, check: &Check) -> Result<State, DrillError> {
    let user = cast.user(&check.of)?;
    let active = match check.credential {
        Credential::SigningCertificate => {
            let answer = iam.list_signing_certificates().user_name(user).send().await;
            let answer = answer.map_err(call("iam:ListSigningCertificates"))?;
            answer
                .certificates()
                .iter()
                .map(|one| is_active(one.status().as_str()))
                .collect()
        }
        Credential::ServiceSpecificCredential => {
            let answer = iam
                .list_service_specific_credentials()
                .user_name(user)
                .send()
                .await;
            let answer = answer.map_err(call("iam:ListServiceSpecificCredentials"))?;
            answer
                .service_specific_credentials()
                .iter()
                .map(|one| is_active(one.status().as_str()))
                .collect()
        }
        Credential::SshPublicKey => {
            let answer = iam.list_ssh_public_keys().user_name(user).send().await;
            let answer = answer.map_err(call("iam:ListSSHPublicKeys"))?;
            answer
                .ssh_public_keys()
                .iter()
                .map(|one| is_active(one.status().as_str()))
                .collect()
        }
    };
    Ok(state_of(active))
}

fn is_active(status: &str) -> bool {
    status == "Active"
}

fn state_of(active: Vec<bool>) -> State {
    match (active.iter().any(|one| *one), active.iter().any(|one| !*one)) {
        (true, false) => State::Active,
        (false, true) => State::Inactive,
        (true, true) | (false, false) => State::Mixed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_still_works_spoils_it() {
        assert_eq!(state_of(vec![false, false]), State::Inactive);
        assert_eq!(state_of(vec![true, false]), State::Mixed);
        assert_eq!(state_of(vec![true]), State::Active);
        assert_eq!(state_of(vec![]), State::Mixed);
    }
}

//! The status of a user's credentials in IAM.

use aws_sdk_iam::Client;

use super::State;
use crate::{DrillError, error::call, file::Credential};
use backstop_emulator::Account;

/// Whether all of a user's credentials of a kind work, or none.
pub(super) async fn read(account: &Account, user: &str, kind: Credential) -> Result<State, DrillError> {
    let iam = Client::new(&account.sdk_config(account.root()));
    let active = match kind {
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

//! The status of a user's credentials in IAM.

use aws_sdk_iam::Client;
use backstop_emulator::Account;
use backstop_playbook::drill::{CheckState, Credential};

use crate::{DrillError, error::call};

/// Whether all of a user's credentials of a kind work, or none.
pub(super) async fn read(account: &Account, user: &str, kind: Credential) -> Result<CheckState, DrillError> {
    let iam = Client::new(&account.sdk_config(account.root()));
    let active = match kind {
        Credential::AccessKey => {
            let answer = iam.list_access_keys().user_name(user).send().await;
            let answer = answer.map_err(call("iam:ListAccessKeys"))?;
            answer
                .access_key_metadata()
                .iter()
                .map(|one| one.status().is_some_and(|status| is_active(status.as_str())))
                .collect()
        }
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

fn state_of(active: Vec<bool>) -> CheckState {
    match (active.iter().any(|one| *one), active.iter().any(|one| !*one)) {
        (true, false) => CheckState::Active,
        (false, true) => CheckState::Inactive,
        (true, true) | (false, false) => CheckState::Mixed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_still_works_spoils_it() {
        assert_eq!(state_of(vec![false, false]), CheckState::Inactive);
        assert_eq!(state_of(vec![true, false]), CheckState::Mixed);
        assert_eq!(state_of(vec![true]), CheckState::Active);
        assert_eq!(state_of(vec![]), CheckState::Mixed);
    }
}

//! `iam.deactivate-other-credentials`: sets the user's signing certificates, service-specific credentials and
//! SSH public keys to `Inactive`. They are the credentials that are forgotten most often.
//!
//! *Changes* the status of those that are active; the receipt lists each.
//! *Undo* reactivates those, and only those; one that is gone or active again is left. *Twice* is harmless:
//! the status is set, not toggled.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_iam::{Client, types::StatusType};
use backstop_actions::{ActionSpec, iam, permissions};
use backstop_aws::Accounts;
use backstop_core::{Change, Plan, Receipt, UndoOutcome, Verification, guardrail::Permit};
use backstop_runtime::{
    Action, CallError, StepError,
    action::{StepRequest, read_receipt, write_receipt},
    inline_deny::Iam,
};
use serde::{Deserialize, Serialize};

use crate::principal;

/// See the module.
pub(crate) struct DeactivateOtherCredentials {
    accounts: Arc<Accounts>,
}

/// The credentials that were active before.
#[derive(Debug, Serialize, Deserialize)]
struct CredentialsReceipt {
    user_name: String,
    were_active: Vec<Credential>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Credential {
    kind: Kind,
    id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    SigningCertificate,
    ServiceSpecificCredential,
    SshPublicKey,
}

impl Kind {
    const fn words(self) -> &'static str {
        match self {
            Self::SigningCertificate => "signing certificate",
            Self::ServiceSpecificCredential => "service-specific credential",
            Self::SshPublicKey => "SSH public key",
        }
    }

    const fn api(self) -> &'static str {
        match self {
            Self::SigningCertificate => permissions::iam::UPDATE_SIGNING_CERTIFICATE.action,
            Self::ServiceSpecificCredential => permissions::iam::UPDATE_SERVICE_SPECIFIC_CREDENTIAL.action,
            Self::SshPublicKey => permissions::iam::UPDATE_SSH_PUBLIC_KEY.action,
        }
    }
}

impl Credential {
    /// The AWS CLI line that switches it on again.
    fn reactivate(&self, user: &str) -> String {
        let (command, option) = match self.kind {
            Kind::SigningCertificate => ("update-signing-certificate", "--certificate-id"),
            Kind::ServiceSpecificCredential => (
                "update-service-specific-credential",
                "--service-specific-credential-id",
            ),
            Kind::SshPublicKey => ("update-ssh-public-key", "--ssh-public-key-id"),
        };
        format!(
            "aws iam {command} --user-name {user} {option} {} --status Active",
            self.id
        )
    }
}

impl DeactivateOtherCredentials {
    pub(crate) const fn new(accounts: Arc<Accounts>) -> Self {
        Self { accounts }
    }
}

/// All three lists at once, with whether each credential is active.
async fn list(iam: &Client, user: &str) -> Result<Vec<(Credential, bool)>, StepError> {
    let (certificates, specific, ssh) = tokio::join!(
        iam.list_signing_certificates().user_name(user).send(),
        iam.list_service_specific_credentials().user_name(user).send(),
        iam.list_ssh_public_keys().user_name(user).send()
    );
    let on = || format!("user `{user}`");
    let certificates = certificates.map_err(CallError::of(
        permissions::iam::LIST_SIGNING_CERTIFICATES.action,
        on(),
    ))?;
    let specific = specific.map_err(CallError::of(
        permissions::iam::LIST_SERVICE_SPECIFIC_CREDENTIALS.action,
        on(),
    ))?;
    let ssh = ssh.map_err(CallError::of(permissions::iam::LIST_SSH_PUBLIC_KEYS.action, on()))?;
    let certificates = certificates
        .certificates()
        .iter()
        .map(|found| (Kind::SigningCertificate, found.certificate_id(), found.status()));
    let specific = specific.service_specific_credentials().iter().map(|found| {
        (
            Kind::ServiceSpecificCredential,
            found.service_specific_credential_id(),
            found.status(),
        )
    });
    let ssh = ssh
        .ssh_public_keys()
        .iter()
        .map(|found| (Kind::SshPublicKey, found.ssh_public_key_id(), found.status()));
    Ok(certificates
        .chain(specific)
        .chain(ssh)
        .map(|(kind, id, status)| {
            (
                Credential {
                    kind,
                    id: id.to_owned(),
                },
                status == &StatusType::Active,
            )
        })
        .collect())
}

async fn set(iam: &Client, user: &str, credential: &Credential, status: StatusType) -> Result<(), CallError> {
    let on = format!("{} `{}` of user `{user}`", credential.kind.words(), credential.id);
    let api = credential.kind.api();
    match credential.kind {
        Kind::SigningCertificate => iam
            .update_signing_certificate()
            .user_name(user)
            .certificate_id(&credential.id)
            .status(status)
            .send()
            .await
            .map(drop)
            .map_err(CallError::of(api, on)),
        Kind::ServiceSpecificCredential => iam
            .update_service_specific_credential()
            .user_name(user)
            .service_specific_credential_id(&credential.id)
            .status(status)
            .send()
            .await
            .map(drop)
            .map_err(CallError::of(api, on)),
        Kind::SshPublicKey => iam
            .update_ssh_public_key()
            .user_name(user)
            .ssh_public_key_id(&credential.id)
            .status(status)
            .send()
            .await
            .map(drop)
            .map_err(CallError::of(api, on)),
    }
}

#[async_trait]
impl Action for DeactivateOtherCredentials {
    fn spec(&self) -> &'static ActionSpec {
        &iam::deactivate_other_credentials::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let iam = &self.accounts.at(request)?.client::<Iam>();
        let listing = |user: String| async move { list(iam, &user).await };
        let (user, listed) = principal::user_and(iam, &request.target, listing).await?;
        let were_active: Vec<Credential> = listed
            .into_iter()
            .filter_map(|(credential, is_active)| is_active.then_some(credential))
            .collect();
        let changes: Vec<Change> = were_active
            .iter()
            .map(|credential| Change {
                api: credential.kind.api().to_owned(),
                what: format!(
                    "{} {} of user {}",
                    credential.kind.words(),
                    credential.id,
                    user.name
                ),
                now: "Active".to_owned(),
                after: "Inactive".to_owned(),
            })
            .collect();
        let breaks = were_active.iter().map(|credential| match credential.kind {
            Kind::SigningCertificate => format!("requests signed with certificate {} fail", credential.id),
            Kind::ServiceSpecificCredential => {
                format!(
                    "CodeCommit, Keyspaces or Bedrock access by credential {} fails",
                    credential.id
                )
            }
            Kind::SshPublicKey => format!("CodeCommit access by SSH key {} fails", credential.id),
        });
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            principal: user.arn,
            tags: user.tags,
            changes,
            blast_radius: breaks.collect(),
            limits: Vec::new(),
            manual_undo: were_active
                .iter()
                .map(|credential| credential.reactivate(&user.name))
                .collect(),
            needs_approval: None,
            captured: None,
            receipt: write_receipt(&CredentialsReceipt {
                user_name: user.name,
                were_active,
            })?,
        })
    }

    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let before: CredentialsReceipt = read_receipt(receipt)?;
        let iam = self.accounts.at(request)?.client::<Iam>();
        principal::check_user_to_act(&iam, &request.target, &before.user_name).await?;
        let mut first_failure = None;
        // One that fails must not leave the others on.
        for credential in &before.were_active {
            if let Err(error) = set(&iam, &before.user_name, credential, StatusType::Inactive).await {
                first_failure.get_or_insert(error);
            }
        }
        first_failure.map_or(Ok(()), |error| Err(error.into()))
    }

    async fn verify(
        &self,
        request: &StepRequest,
        receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        let iam = self.accounts.at(request)?.client::<Iam>();
        let user_name = match receipt {
            Some(receipt) => read_receipt::<CredentialsReceipt>(receipt)?.user_name,
            None => principal::user(&iam, &request.target).await?.0.name,
        };
        let found = list(&iam, &user_name).await?;
        let active: Vec<String> = found
            .iter()
            .filter(|(_, is_active)| *is_active)
            .map(|(credential, _)| format!("{} {}", credential.kind.words(), credential.id))
            .collect();
        Ok(Verification {
            holds: active.is_empty(),
            observed: if active.is_empty() {
                format!(
                    "user {user_name} has {} other credential(s), none of them active",
                    found.len()
                )
            } else {
                format!("still active: {}", active.join(", "))
            },
        })
    }

    async fn undo(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        let before: CredentialsReceipt = read_receipt(receipt)?;
        let iam = self.accounts.at(request)?.client::<Iam>();
        principal::check_user(&iam, &request.target, &before.user_name).await?;
        let found = list(&iam, &before.user_name).await?;
        let gone: Vec<&str> = before
            .were_active
            .iter()
            .filter(|credential| !found.iter().any(|(other, _)| other == *credential))
            .map(|credential| credential.id.as_str())
            .collect();
        if !gone.is_empty() {
            return Ok(UndoOutcome::Drifted {
                found: format!(
                    "deleted since: {}; the others of user {} were left as they are, and the plan has the command \
                     for each",
                    gone.join(", "),
                    before.user_name
                ),
            });
        }
        let mut restored = Vec::new();
        for credential in &before.were_active {
            if found.contains(&(credential.clone(), false)) {
                set(&iam, &before.user_name, credential, StatusType::Active).await?;
                restored.push(format!("{} {}", credential.kind.words(), credential.id));
            }
        }
        if restored.is_empty() {
            return Ok(UndoOutcome::NothingToUndo {
                reason: "every credential is as it was before".to_owned(),
            });
        }
        Ok(UndoOutcome::Restored {
            what: format!("active again: {}", restored.join(", ")),
        })
    }
}

#[cfg(test)]
mod tests;

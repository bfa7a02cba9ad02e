//! The credentials that a user can have beside the reported one and a password: listing them, and setting their status.

use aws_sdk_iam::{Client, primitives::DateTime, types::StatusType};
use backstop_actions::permissions;
use backstop_runtime::{CallError, StepError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::principal::Key;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Credential {
    pub(super) kind: Kind,
    pub(super) id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    AccessKey,
    SigningCertificate,
    ServiceSpecificCredential,
    SshPublicKey,
}

/// One as IAM lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) credential: Credential,
    /// One that has expired works no more than an inactive one, and can't be switched on.
    pub(super) is_active: bool,
    pub(super) made: Option<Timestamp>,
    /// Of a service-specific credential, the service: `bedrock.amazonaws.com`.
    pub(super) service: Option<String>,
}

impl Kind {
    const fn words(self) -> &'static str {
        match self {
            Self::AccessKey => "access key",
            Self::SigningCertificate => "signing certificate",
            Self::ServiceSpecificCredential => "service-specific credential",
            Self::SshPublicKey => "SSH public key",
        }
    }

    pub(super) const fn api(self) -> &'static str {
        match self {
            Self::AccessKey => permissions::iam::UPDATE_ACCESS_KEY.action,
            Self::SigningCertificate => permissions::iam::UPDATE_SIGNING_CERTIFICATE.action,
            Self::ServiceSpecificCredential => permissions::iam::UPDATE_SERVICE_SPECIFIC_CREDENTIAL.action,
            Self::SshPublicKey => permissions::iam::UPDATE_SSH_PUBLIC_KEY.action,
        }
    }

    /// What the AWS CLI's commands about it end in, and the option that names one.
    const fn typed(self) -> (&'static str, &'static str) {
        match self {
            Self::AccessKey => ("access-key", "--access-key-id"),
            Self::SigningCertificate => ("signing-certificate", "--certificate-id"),
            Self::ServiceSpecificCredential => {
                ("service-specific-credential", "--service-specific-credential-id")
            }
            Self::SshPublicKey => ("ssh-public-key", "--ssh-public-key-id"),
        }
    }
}

impl Credential {
    /// "access key AKIA…"
    pub(super) fn words(&self) -> String {
        format!("{} {}", self.kind.words(), self.id)
    }

    /// The AWS CLI line that switches it on again.
    pub(super) fn reactivate(&self, user: &str) -> String {
        format!("{} --status Active", self.command("update", user))
    }

    /// The AWS CLI line that deletes it.
    pub(super) fn delete(&self, user: &str) -> String {
        self.command("delete", user)
    }

    fn command(&self, verb: &str, user: &str) -> String {
        let (what, option) = self.kind.typed();
        format!("aws iam {verb}-{what} --user-name {user} {option} {}", self.id)
    }
}

impl Listed {
    /// When it was made, in words.
    pub(super) fn made_in_words(&self) -> String {
        match self.made {
            Some(made) => format!("made {made}"),
            None => "made at an unknown time".to_owned(),
        }
    }

    /// Whether it was made before then; one whose time IAM doesn't tell wasn't.
    pub(super) fn is_older_than(&self, at: Timestamp) -> bool {
        self.made.is_some_and(|made| made < at)
    }

    /// What stops working with it.
    pub(super) fn breaks(&self) -> String {
        let id = &self.credential.id;
        match self.credential.kind {
            Kind::AccessKey => format!("whatever uses access key {id} stops working"),
            Kind::SigningCertificate => format!("requests signed with certificate {id} fail"),
            Kind::ServiceSpecificCredential => {
                let service = self.service.as_deref().unwrap_or("a service");
                format!("access to {service} by credential {id} fails")
            }
            Kind::SshPublicKey => format!("CodeCommit access by SSH key {id} fails"),
        }
    }
}

/// All lists at once. `reported` is the key that the incident is about: another step sees to it.
pub(super) async fn list(iam: &Client, user: &str, reported: Option<&str>) -> Result<Vec<Listed>, StepError> {
    let (keys, certificates, specific, ssh) = tokio::join!(
        crate::principal::keys_of(iam, user),
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
    let keys = keys?;
    let keys = keys
        .iter()
        .filter(|key| Some(key.id.as_str()) != reported)
        .map(listed_key);
    let certificates = certificates.certificates().iter().map(|found| {
        let (id, status) = (found.certificate_id(), found.status());
        listed(Kind::SigningCertificate, id, status, found.upload_date())
    });
    let specific = specific.service_specific_credentials().iter().map(|found| {
        let (id, status) = (found.service_specific_credential_id(), found.status());
        let listed = listed(
            Kind::ServiceSpecificCredential,
            id,
            status,
            Some(found.create_date()),
        );
        Listed {
            service: Some(found.service_name().to_owned()),
            ..listed
        }
    });
    let ssh = ssh.ssh_public_keys().iter().map(|found| {
        let (id, status) = (found.ssh_public_key_id(), found.status());
        listed(Kind::SshPublicKey, id, status, Some(found.upload_date()))
    });
    Ok(keys.chain(certificates).chain(specific).chain(ssh).collect())
}

fn listed_key(key: &Key) -> Listed {
    Listed {
        credential: Credential {
            kind: Kind::AccessKey,
            id: key.id.clone(),
        },
        is_active: key.is_active,
        made: key.made,
        service: None,
    }
}

fn listed(kind: Kind, id: &str, status: &StatusType, made: Option<&DateTime>) -> Listed {
    Listed {
        credential: Credential {
            kind,
            id: id.to_owned(),
        },
        is_active: status == &StatusType::Active,
        made: made.and_then(crate::principal::moment),
        service: None,
    }
}

/// Sets its status.
pub(super) async fn set(
    iam: &Client,
    user: &str,
    credential: &Credential,
    status: StatusType,
) -> Result<(), CallError> {
    let on = format!("{} `{}` of user `{user}`", credential.kind.words(), credential.id);
    let api = credential.kind.api();
    match credential.kind {
        Kind::AccessKey => iam
            .update_access_key()
            .user_name(user)
            .access_key_id(&credential.id)
            .status(status)
            .send()
            .await
            .map(drop)
            .map_err(CallError::of(api, on)),
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

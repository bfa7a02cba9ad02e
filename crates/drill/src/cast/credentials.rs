//! Plants a user's further credentials. The sandbox stores them unread, so they hold nothing.

use aws_sdk_iam::Client;

use crate::{DrillError, error::call, file::Credential};

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nZHJpbGw=\n-----END CERTIFICATE-----";
const PUBLIC_KEY: &str = "ssh-rsa ZHJpbGw= drill";
const SERVICE: &str = "codecommit.amazonaws.com";

pub(super) async fn add(iam: &Client, user: &str, kind: Credential) -> Result<(), DrillError> {
    match kind {
        Credential::SigningCertificate => {
            let upload = iam
                .upload_signing_certificate()
                .user_name(user)
                .certificate_body(CERTIFICATE);
            upload
                .send()
                .await
                .map(drop)
                .map_err(call("iam:UploadSigningCertificate"))
        }
        Credential::ServiceSpecificCredential => {
            let create = iam
                .create_service_specific_credential()
                .user_name(user)
                .service_name(SERVICE);
            create
                .send()
                .await
                .map(drop)
                .map_err(call("iam:CreateServiceSpecificCredential"))
        }
        Credential::SshPublicKey => {
            let upload = iam
                .upload_ssh_public_key()
                .user_name(user)
                .ssh_public_key_body(PUBLIC_KEY);
            upload
                .send()
                .await
                .map(drop)
                .map_err(call("iam:UploadSSHPublicKey"))
        }
    }
}

#![expect(clippy::unwrap_used, reason = "tests")]
use aws_sdk_iam::{
    Client,
    operation::{
        list_service_specific_credentials::ListServiceSpecificCredentialsOutput,
        list_signing_certificates::ListSigningCertificatesOutput,
        list_ssh_public_keys::ListSshPublicKeysOutput,
        update_signing_certificate::{UpdateSigningCertificateError, UpdateSigningCertificateOutput},
        update_ssh_public_key::UpdateSshPublicKeyOutput,
    },
    types::{SigningCertificate, SshPublicKeyMetadata, StatusType},
};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::error::ErrorMetadata;
use backstop_core::UndoOutcome;
use backstop_runtime::Action;

use super::DeactivateOtherCredentials;
use crate::{
    iam,
    testing::{access_key, at, keys, owner, permit, step_request, user},
};

fn certificates(status: Option<StatusType>) -> Rule {
    mock!(Client::list_signing_certificates).then_output(move || {
        let certificates = status.clone().map(|status| {
            SigningCertificate::builder()
                .user_name("alice")
                .certificate_id("CERT1")
                .certificate_body("-")
                .status(status)
                .build()
                .unwrap()
        });
        ListSigningCertificatesOutput::builder()
            .set_certificates(Some(certificates.into_iter().collect()))
            .build()
            .unwrap()
    })
}

fn ssh_keys(status: StatusType) -> Rule {
    mock!(Client::list_ssh_public_keys).then_output(move || {
        let key = |id: &str, status: StatusType| {
            SshPublicKeyMetadata::builder()
                .user_name("alice")
                .ssh_public_key_id(id)
                .status(status)
                .upload_date(at())
                .build()
                .unwrap()
        };
        ListSshPublicKeysOutput::builder()
            .ssh_public_keys(key("APKA1", status.clone()))
            .ssh_public_keys(key("APKAOFFBEFORE", StatusType::Inactive))
            .build()
    })
}

fn no_service_credentials() -> Rule {
    mock!(Client::list_service_specific_credentials)
        .then_output(|| ListServiceSpecificCredentialsOutput::builder().build())
}

#[tokio::test]
async fn switches_off_what_is_active_and_one_failure_does_not_spare_the_rest() {
    let denied = mock!(Client::update_signing_certificate).then_error(|| {
        UpdateSigningCertificateError::generic(ErrorMetadata::builder().code("AccessDenied").build())
    });
    let ssh = mock!(Client::update_ssh_public_key)
        .match_requests(|request| {
            request.ssh_public_key_id() == Some("APKA1") && request.status() == Some(&StatusType::Inactive)
        })
        .then_output(|| UpdateSshPublicKeyOutput::builder().build());
    let action = DeactivateOtherCredentials::new(iam!(
        owner("alice"),
        user("alice"),
        keys("alice", StatusType::Active),
        certificates(Some(StatusType::Active)),
        ssh_keys(StatusType::Active),
        no_service_credentials(),
        denied,
        ssh
    ));
    let request = step_request(access_key(Some("alice")));
    let plan = action.plan(&request).await.unwrap();
    assert_eq!(plan.changes.len(), 2, "{:?}", plan.changes);
    let error = action.act(&permit(), &request, &plan.receipt).await.unwrap_err();
    assert!(
        error.to_string().contains("iam:UpdateSigningCertificate"),
        "{error}"
    );
    assert_eq!(ssh.num_calls(), 1);
    assert!(!action.verify(&request, Some(&plan.receipt)).await.unwrap().holds);
}

#[tokio::test]
async fn undo_brings_back_what_was_active_and_not_what_was_off() {
    let before = DeactivateOtherCredentials::new(iam!(
        owner("alice"),
        user("alice"),
        keys("alice", StatusType::Active),
        certificates(Some(StatusType::Active)),
        ssh_keys(StatusType::Active),
        no_service_credentials()
    ));
    let request = step_request(access_key(Some("alice")));
    let receipt = before.plan(&request).await.unwrap().receipt;

    let certificate = mock!(Client::update_signing_certificate)
        .match_requests(|request| request.status() == Some(&StatusType::Active))
        .then_output(|| UpdateSigningCertificateOutput::builder().build());
    let ssh = mock!(Client::update_ssh_public_key)
        .match_requests(|request| {
            request.ssh_public_key_id() == Some("APKA1") && request.status() == Some(&StatusType::Active)
        })
        .then_output(|| UpdateSshPublicKeyOutput::builder().build());
    let after = DeactivateOtherCredentials::new(iam!(
        certificates(Some(StatusType::Inactive)),
        ssh_keys(StatusType::Inactive),
        no_service_credentials(),
        certificate,
        ssh
    ));
    let outcome = after.undo(&permit(), &request, &receipt).await.unwrap();
    assert!(matches!(outcome, UndoOutcome::Restored { .. }), "{outcome:?}");
    assert_eq!((certificate.num_calls(), ssh.num_calls()), (1, 1));

    let deleted = DeactivateOtherCredentials::new(iam!(
        certificates(None),
        ssh_keys(StatusType::Active),
        no_service_credentials()
    ));
    let outcome = deleted.undo(&permit(), &request, &receipt).await.unwrap();
    assert!(matches!(outcome, UndoOutcome::Drifted { .. }), "{outcome:?}");
}

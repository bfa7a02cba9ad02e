#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
use aws_sdk_iam::{
    Client,
    operation::{
        list_service_specific_credentials::ListServiceSpecificCredentialsOutput,
        list_signing_certificates::ListSigningCertificatesOutput,
        list_ssh_public_keys::ListSshPublicKeysOutput,
        update_access_key::UpdateAccessKeyOutput,
        update_signing_certificate::{UpdateSigningCertificateError, UpdateSigningCertificateOutput},
        update_ssh_public_key::UpdateSshPublicKeyOutput,
    },
    primitives::DateTime,
    types::{ServiceSpecificCredentialMetadata, SigningCertificate, SshPublicKeyMetadata, StatusType},
};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::error::ErrorMetadata;
use backstop_core::{Resource, Risk, UndoOutcome, kind};
use backstop_runtime::{Action, action::StepRequest};

use super::DeactivateOtherCredentials;
use crate::{
    iam,
    testing::{OTHER_KEY, access_key, at, keys, no_keys, owner, permit, step_request, user},
};

fn certificates(status: Option<StatusType>) -> Rule {
    mock!(Client::list_signing_certificates).then_output(move || {
        let certificates = status.clone().map(|status| {
            SigningCertificate::builder()
                .user_name("alice")
                .certificate_id("CERT1")
                .certificate_body("-")
                .status(status)
                .upload_date(at())
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

fn no_ssh_keys() -> Rule {
    mock!(Client::list_ssh_public_keys).then_output(|| ListSshPublicKeysOutput::builder().build())
}

fn no_service_credentials() -> Rule {
    mock!(Client::list_service_specific_credentials)
        .then_output(|| ListServiceSpecificCredentialsOutput::builder().build())
}

/// An API key of Bedrock that was made then, and one that has expired.
fn bedrock_keys(made: DateTime, status: StatusType) -> Rule {
    mock!(Client::list_service_specific_credentials).then_output(move || {
        let key = |id: &str, status: StatusType| {
            ServiceSpecificCredentialMetadata::builder()
                .user_name("alice")
                .service_user_name("alice-at-123456789012")
                .service_name("bedrock.amazonaws.com")
                .service_specific_credential_id(id)
                .status(status)
                .create_date(made)
                .build()
                .unwrap()
        };
        ListServiceSpecificCredentialsOutput::builder()
            .service_specific_credentials(key("ACCA1", status.clone()))
            .service_specific_credentials(key("ACCAOVER", StatusType::Expired))
            .build()
    })
}

/// An undo long after, of an attack that began at noon of the day.
fn undo_of(resource: Resource) -> StepRequest {
    StepRequest {
        attack_began: Some("2026-03-01T12:00:01Z".parse().unwrap()),
        ..step_request(resource)
    }
}

fn session() -> Resource {
    Resource::UserSession(kind::UserSession {
        key_id: "ASIAIOSFODNN7EXAMPLE".into(),
        user_name: "alice".into(),
        user_id: "AIDAALICE".into(),
    })
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
    let second_key = mock!(Client::update_access_key)
        .match_requests(|request| {
            request.access_key_id() == Some(OTHER_KEY) && request.status() == Some(&StatusType::Inactive)
        })
        .then_output(|| UpdateAccessKeyOutput::builder().build());
    let action = DeactivateOtherCredentials::new(iam!(
        owner("alice"),
        user("alice"),
        keys("alice", StatusType::Active),
        certificates(Some(StatusType::Active)),
        ssh_keys(StatusType::Active),
        no_service_credentials(),
        denied,
        ssh,
        second_key
    ));
    let request = step_request(access_key(Some("alice")));
    let plan = action.plan(&request).await.unwrap();
    assert_eq!(plan.changes.len(), 3, "{:?}", plan.changes);
    let error = action.act(&permit(), &request, &plan.receipt).await.unwrap_err();
    assert!(
        error.to_string().contains("iam:UpdateSigningCertificate"),
        "{error}"
    );
    assert_eq!((ssh.num_calls(), second_key.num_calls()), (1, 1));
    assert!(!action.verify(&request, Some(&plan.receipt)).await.unwrap().holds);
}

#[tokio::test]
async fn undo_brings_back_what_was_active_and_not_what_was_off() {
    let before = DeactivateOtherCredentials::new(iam!(
        user("alice"),
        no_keys("alice"),
        certificates(Some(StatusType::Active)),
        ssh_keys(StatusType::Active),
        no_service_credentials()
    ));
    let request = undo_of(session());
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
        no_keys("alice"),
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
        no_keys("alice"),
        certificates(None),
        ssh_keys(StatusType::Active),
        no_service_credentials()
    ));
    let outcome = deleted.undo(&permit(), &request, &receipt).await.unwrap();
    assert!(matches!(outcome, UndoOutcome::Drifted { .. }), "{outcome:?}");
}

/// The attacker made it a minute after the attack began; no rule for an update of it, so that one would fail the test.
#[tokio::test]
async fn undo_leaves_off_what_was_made_since_the_attack_began() {
    let made = DateTime::from_secs(at().secs() + 60);
    let request = undo_of(session());
    let plan = DeactivateOtherCredentials::new(iam!(
        user("alice"),
        no_keys("alice"),
        certificates(Some(StatusType::Active)),
        no_ssh_keys(),
        bedrock_keys(made, StatusType::Active)
    ))
    .plan(&request)
    .await
    .unwrap();
    assert_eq!(plan.changes.len(), 2, "an expired one is off: {:?}", plan.changes);
    assert!(
        plan.blast_radius
            .iter()
            .any(|line| line.contains("bedrock.amazonaws.com")),
        "{:?}",
        plan.blast_radius
    );
    let typed =
        "aws iam delete-service-specific-credential --user-name alice --service-specific-credential-id ACCA1";
    assert!(
        plan.limits.iter().any(|line| line.contains(typed)),
        "{:?}",
        plan.limits
    );
    assert!(plan.manual_undo.is_empty(), "made lately: {:?}", plan.manual_undo);

    let after = |began: Option<&str>| {
        let certificate = mock!(Client::update_signing_certificate)
            .match_requests(|request| request.status() == Some(&StatusType::Active))
            .then_output(|| UpdateSigningCertificateOutput::builder().build());
        let request = StepRequest {
            attack_began: began.map(|began| began.parse().unwrap()),
            ..request.clone()
        };
        let action = DeactivateOtherCredentials::new(iam!(
            no_keys("alice"),
            certificates(Some(StatusType::Inactive)),
            no_ssh_keys(),
            bedrock_keys(made, StatusType::Inactive),
            certificate
        ));
        (action, request, certificate)
    };
    let (action, asked, certificate) = after(Some("2026-03-01T12:00:30Z"));
    let outcome = action.undo(&permit(), &asked, &plan.receipt).await.unwrap();
    let UndoOutcome::Restored { what } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(certificate.num_calls(), 1);
    assert!(what.contains("active again: signing certificate CERT1"), "{what}");
    assert!(what.contains(typed), "{what}");

    // The attack began before either was made, or nobody knows when: nothing comes back.
    for began in [Some("2026-02-28T00:00:00Z"), None] {
        let (action, asked, certificate) = after(began);
        let outcome = action.undo(&permit(), &asked, &plan.receipt).await.unwrap();
        assert!(matches!(outcome, UndoOutcome::KeptOff { .. }), "{outcome:?}");
        assert_eq!(certificate.num_calls(), 0);
    }
}

/// Which of the user's keys a session was made with isn't known when it is undone: none comes back, unless a person who
/// started the incident asks for them.
#[tokio::test]
async fn undo_leaves_off_the_keys_that_a_session_may_have_come_from() {
    let request = undo_of(session());
    let receipt = DeactivateOtherCredentials::new(iam!(
        user("alice"),
        keys("alice", StatusType::Active),
        certificates(None),
        no_ssh_keys(),
        no_service_credentials()
    ))
    .plan(&request)
    .await
    .unwrap()
    .receipt;
    let accepting = StepRequest {
        accepted: vec![Risk::ReactivateKey],
        ..request.clone()
    };
    for (request, calls) in [(request, 0), (accepting, 1)] {
        let on = mock!(Client::update_access_key)
            .match_requests(|request| request.status() == Some(&StatusType::Active))
            .then_output(|| UpdateAccessKeyOutput::builder().build());
        let action = DeactivateOtherCredentials::new(iam!(
            keys("alice", StatusType::Inactive),
            certificates(None),
            no_ssh_keys(),
            no_service_credentials(),
            on
        ));
        let outcome = action.undo(&permit(), &request, &receipt).await.unwrap();
        assert_eq!(on.num_calls(), calls, "{outcome:?}");
        assert_eq!(
            matches!(outcome, UndoOutcome::KeptOff { .. }),
            calls == 0,
            "{outcome:?}"
        );
    }
}

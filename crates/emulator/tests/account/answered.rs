//! The calls that the gateway answers by itself.

use aws_credential_types::Credentials;
use aws_sdk_iam::error::ProvideErrorMetadata;
use aws_sdk_iam::types::StatusType;
use backstop_emulator::Account;

use crate::fixtures::{Fixtures, iam};
use crate::signed;

pub(crate) async fn other_credentials_can_be_switched_off(account: &Account, fixtures: &Fixtures) {
    let reader = iam(account, fixtures.alice.clone());
    assert!(
        reader
            .list_signing_certificates()
            .user_name("alice")
            .send()
            .await
            .unwrap()
            .certificates
            .is_empty()
    );
    assert!(
        reader
            .list_ssh_public_keys()
            .user_name("alice")
            .send()
            .await
            .unwrap()
            .ssh_public_keys()
            .is_empty()
    );
    let none = reader
        .list_service_specific_credentials()
        .user_name("alice")
        .send()
        .await
        .unwrap();
    assert!(none.service_specific_credentials().is_empty());
    let refused = reader
        .upload_signing_certificate()
        .certificate_body("x")
        .send()
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("AccessDenied"));

    let root = iam(account, account.root());
    let missing = root
        .list_ssh_public_keys()
        .user_name("nobody")
        .send()
        .await
        .unwrap_err();
    assert_eq!(missing.code(), Some("NoSuchEntity"));
    let made = root
        .upload_signing_certificate()
        .user_name("alice")
        .certificate_body("PEM & <more>")
        .send()
        .await;
    let made = made.unwrap().certificate.unwrap();
    assert_eq!(made.certificate_body, "PEM & <more>");
    let update = root
        .update_signing_certificate()
        .user_name("alice")
        .certificate_id(made.certificate_id);
    update.status(StatusType::Inactive).send().await.unwrap();
    let listed = reader
        .list_signing_certificates()
        .user_name("alice")
        .send()
        .await
        .unwrap();
    assert_eq!(listed.certificates()[0].status, StatusType::Inactive);

    let key = root
        .upload_ssh_public_key()
        .user_name("alice")
        .ssh_public_key_body("ssh-rsa AAAA")
        .send()
        .await;
    let key = key.unwrap().ssh_public_key.unwrap();
    let update = root
        .update_ssh_public_key()
        .user_name("alice")
        .ssh_public_key_id(key.ssh_public_key_id);
    update.status(StatusType::Inactive).send().await.unwrap();
    let listed = reader
        .list_ssh_public_keys()
        .user_name("alice")
        .send()
        .await
        .unwrap();
    assert_eq!(listed.ssh_public_keys()[0].status, StatusType::Inactive);

    let create = root.create_service_specific_credential().user_name("alice");
    let made = create
        .service_name("codecommit.amazonaws.com")
        .send()
        .await
        .unwrap();
    let id = made
        .service_specific_credential
        .unwrap()
        .service_specific_credential_id;
    let update = root
        .update_service_specific_credential()
        .user_name("alice")
        .service_specific_credential_id(id);
    update.status(StatusType::Inactive).send().await.unwrap();
    let listed = reader
        .list_service_specific_credentials()
        .user_name("alice")
        .send()
        .await
        .unwrap();
    assert_eq!(
        listed.service_specific_credentials()[0].status,
        StatusType::Inactive
    );
}

pub(crate) async fn cloudtrail_knows_the_calls(account: &Account, fixtures: &Fixtures) {
    let lookup = |attribute: &str, value: &str, most: usize| {
        format!(
            r#"{{"LookupAttributes":[{{"AttributeKey":"{attribute}","AttributeValue":"{value}"}}],"MaxResults":{most}}}"#
        )
    };
    let body = lookup("AccessKeyId", fixtures.alice.access_key_id(), 2);
    let (status, text) = look_up(account, &account.root(), &body).await;
    assert_eq!(status, 200, "{text}");
    let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["Events"].as_array().unwrap().len(), 2);
    assert_eq!(answer["NextToken"], "2");
    assert_eq!(answer["Events"][0]["EventName"], "ListServiceSpecificCredentials");
    let event: serde_json::Value =
        serde_json::from_str(answer["Events"][0]["CloudTrailEvent"].as_str().unwrap()).unwrap();
    assert_eq!(event["userIdentity"]["userName"], "alice");
    assert_eq!(
        event["userIdentity"]["accessKeyId"],
        fixtures.alice.access_key_id()
    );

    let (status, text) = look_up(account, &fixtures.bystander, &body).await;
    assert!(status >= 400 && text.contains("AccessDenied"), "{status} {text}");
}

async fn look_up(account: &Account, credentials: &Credentials, body: &str) -> (u16, String) {
    let target = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents";
    signed::json(account, credentials, "cloudtrail", target, body).await
}

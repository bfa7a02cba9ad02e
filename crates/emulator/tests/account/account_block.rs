//! S3's Block Public Access of the whole account: called by its own host through the gateway as proxy, held to IAM,
//! recorded, and in force for every bucket.

use aws_credential_types::Credentials;
use aws_sdk_s3control::{
    Client, error::ProvideErrorMetadata as _, types::PublicAccessBlockConfiguration as Block,
};
use backstop_emulator::{Account, Effect, Matcher};

use crate::fixtures::{Fixtures, s3};

pub(crate) async fn the_accounts_block_closes_every_bucket(account: &Account, fixtures: &Fixtures) {
    let bucket = "open-to-anyone";
    let root = s3(account, account.root());
    root.create_bucket().bucket(bucket).send().await.unwrap();
    root.delete_public_access_block()
        .bucket(bucket)
        .send()
        .await
        .unwrap();
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",
        "Resource":"arn:aws:s3:::{bucket}/*"}}]}}"#
    );
    root.put_bucket_policy()
        .bucket(bucket)
        .policy(policy)
        .send()
        .await
        .unwrap();
    root.put_object().bucket(bucket).key("a").send().await.unwrap();
    let status = root
        .get_bucket_policy_status()
        .bucket(bucket)
        .send()
        .await
        .unwrap();
    assert_eq!(status.policy_status().unwrap().is_public(), Some(true));
    assert_eq!(anyone_reads(account, bucket).await, None);

    let control = control(account, account.root());
    let id = account.account_id();
    let absent = control
        .get_public_access_block()
        .account_id(id)
        .send()
        .await
        .unwrap_err();
    assert_eq!(absent.code(), Some("NoSuchPublicAccessBlockConfiguration"));

    // A policy is no ACL, and what isn't given is off.
    put(&control, id, Block::builder().ignore_public_acls(true).build()).await;
    assert_eq!(anyone_reads(account, bucket).await, None);
    put(
        &control,
        id,
        Block::builder().restrict_public_buckets(true).build(),
    )
    .await;
    assert_eq!(
        anyone_reads(account, bucket).await.as_deref(),
        Some("AccessDenied")
    );
    root.get_object().bucket(bucket).key("a").send().await.unwrap();
    let kept = control
        .get_public_access_block()
        .account_id(id)
        .send()
        .await
        .unwrap();
    let kept = kept.public_access_block_configuration.unwrap();
    assert_eq!(
        (kept.restrict_public_buckets, kept.ignore_public_acls),
        (Some(true), Some(false))
    );

    refused(account, fixtures, id).await;
    control
        .delete_public_access_block()
        .account_id(id)
        .send()
        .await
        .unwrap();
    assert_eq!(anyone_reads(account, bucket).await, None);
    let calls = account.calls();
    let recorded = calls
        .iter()
        .rev()
        .find(|call| call.action == "DeleteAccountPublicAccessBlock")
        .unwrap();
    assert_eq!(
        (recorded.service.as_str(), recorded.principal.to_string().as_str()),
        ("s3", "root")
    );
    assert_eq!(recorded.resource.as_ref().unwrap().name, id);
}

/// Without permission, for another account, with a wrong secret, and by a fault.
async fn refused(account: &Account, fixtures: &Fixtures, id: &str) {
    let denied = async |client: Client, id: &str| {
        let answer = client.delete_public_access_block().account_id(id).send().await;
        answer.unwrap_err().code().map(str::to_owned)
    };
    let by_alice = control(account, fixtures.alice.clone());
    assert_eq!(denied(by_alice, id).await.as_deref(), Some("AccessDenied"));
    let root = control(account, account.root());
    assert_eq!(
        denied(root, "111122223333").await.as_deref(),
        Some("AccessDenied")
    );
    let forged = Credentials::new(
        fixtures.alice.access_key_id(),
        "not the secret",
        None,
        None,
        "test",
    );
    assert_eq!(
        denied(control(account, forged), id).await.as_deref(),
        Some("SignatureDoesNotMatch")
    );
    let message = "not by this test".to_owned();
    let fault = Matcher::new("s3", "DeleteAccountPublicAccessBlock")
        .about(id)
        .times(1);
    account.faults().add(fault, Effect::AccessDenied { message });
    let root = control(account, account.root());
    assert_eq!(denied(root, id).await.as_deref(), Some("AccessDenied"));
}

async fn put(control: &Client, account: &str, block: Block) {
    let put = control.put_public_access_block().account_id(account);
    put.public_access_block_configuration(block).send().await.unwrap();
}

/// The code with which whoever signs nothing is refused.
async fn anyone_reads(account: &Account, bucket: &str) -> Option<String> {
    let mut nobody = account.sdk_config(account.root()).into_builder();
    nobody.set_credentials_provider(None);
    let config = aws_sdk_s3::config::Builder::from(&nobody.build()).allow_no_auth();
    let client = aws_sdk_s3::Client::from_conf(config.build());
    let answer = client.get_object().bucket(bucket).key("a").send().await;
    answer
        .err()
        .map(|error| error.code().unwrap_or_default().to_owned())
}

fn control(account: &Account, credentials: Credentials) -> Client {
    Client::new(&account.sdk_config(credentials))
}

//! Who is in the account, and clients that call as them.

use aws_credential_types::Credentials;
use backstop_emulator::Account;

/// Two users with a key each; only `alice` may do anything: read IAM, list buckets, tables and instances.
pub(crate) struct Fixtures {
    pub(crate) alice: Credentials,
    pub(crate) bystander: Credentials,
}

pub(crate) async fn plant(account: &Account) -> Fixtures {
    let iam = iam(account, account.root());
    let allowed = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","Action":[
        "iam:Get*","iam:List*","sts:AssumeRole","s3:ListAllMyBuckets","dynamodb:ListTables","ec2:DescribeInstances"]}]}"#;
    let alice = user(&iam, "alice").await;
    let bystander = user(&iam, "bystander").await;
    iam.put_user_policy()
        .user_name("alice")
        .policy_name("read")
        .policy_document(allowed)
        .send()
        .await
        .unwrap();
    Fixtures { alice, bystander }
}

async fn user(iam: &aws_sdk_iam::Client, name: &str) -> Credentials {
    iam.create_user().user_name(name).send().await.unwrap();
    let key = iam
        .create_access_key()
        .user_name(name)
        .send()
        .await
        .unwrap()
        .access_key
        .unwrap();
    Credentials::new(key.access_key_id, key.secret_access_key, None, None, "test")
}

pub(crate) fn iam(account: &Account, credentials: Credentials) -> aws_sdk_iam::Client {
    aws_sdk_iam::Client::new(&account.sdk_config(credentials))
}

pub(crate) fn s3(account: &Account, credentials: Credentials) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::new(&account.sdk_config(credentials))
}

pub(crate) fn dynamodb(account: &Account, credentials: Credentials) -> aws_sdk_dynamodb::Client {
    aws_sdk_dynamodb::Client::new(&account.sdk_config(credentials))
}

//! What a target is in the account, and everything of it that a step may change, as JSON to compare.

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use backstop_core::{Resource, Target};
use backstop_sandbox::{Account, drill::cast::Subject};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

/// A user, role or bucket by its name in the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thing {
    User(String),
    Role(String),
    Bucket(String),
}

/// The target that a finding about `subject` has.
pub fn target_of(account: &Account, subject: Subject<'_>) -> Target {
    let resource = match subject {
        Subject::Bucket(name) => Resource::Bucket {
            name: name.to_owned(),
        },
        Subject::Credential(identity) if identity.user_type == "AssumedRole" => {
            let (role_id, session_name) = identity.principal_id.split_once(':').unwrap();
            Resource::RoleSession {
                key_id: identity.key_id.clone(),
                role_name: identity.user_name.clone(),
                role_id: role_id.to_owned(),
                session_name: session_name.to_owned(),
            }
        }
        Subject::Credential(identity) => Resource::AccessKey {
            key_id: identity.key_id.clone(),
            user_name: Some(identity.user_name.clone()),
        },
    };
    Target {
        account: account.account_id().into(),
        region: account.region().into(),
        partition: "aws".to_owned(),
        resource,
    }
}

impl Thing {
    pub fn of(target: &Target) -> Self {
        match &target.resource {
            Resource::AccessKey {
                user_name: Some(name),
                ..
            } => Self::User(name.clone()),
            Resource::RoleSession { role_name, .. } => Self::Role(role_name.clone()),
            Resource::Bucket { name } => Self::Bucket(name.clone()),
            other => panic!("say here how the state of {other} is read"),
        }
    }

    /// The name by which calls about it can be told from others.
    pub fn name(&self) -> &str {
        match self {
            Self::User(name) | Self::Role(name) | Self::Bucket(name) => name,
        }
    }

    /// Everything of it that a step may change, and its neighbourhood.
    pub async fn state(&self, account: &Account) -> Value {
        let sdk = account.sdk_config(account.root());
        match self {
            Self::User(name) => user(&aws_sdk_iam::Client::new(&sdk), name).await,
            Self::Role(name) => role(&aws_sdk_iam::Client::new(&sdk), name).await,
            Self::Bucket(name) => bucket(&aws_sdk_s3::Client::new(&sdk), name).await,
        }
    }
}

async fn user(iam: &aws_sdk_iam::Client, name: &str) -> Value {
    let keys = iam.list_access_keys().user_name(name).send().await.unwrap();
    let keys = statuses(keys.access_key_metadata().iter().map(|key| {
        let status = key.status().unwrap().as_str();
        (key.access_key_id().unwrap(), status)
    }));
    let names = iam.list_user_policies().user_name(name).send().await.unwrap();
    let mut policies = Map::new();
    for policy in names.policy_names() {
        let found = iam.get_user_policy().user_name(name).policy_name(policy);
        let found = found.send().await.unwrap();
        policies.insert(policy.clone(), decoded(found.policy_document()));
    }
    let (certificates, specific, ssh) = tokio::join!(
        iam.list_signing_certificates().user_name(name).send(),
        iam.list_service_specific_credentials().user_name(name).send(),
        iam.list_ssh_public_keys().user_name(name).send(),
    );
    let (certificates, specific, ssh) = (certificates.unwrap(), specific.unwrap(), ssh.unwrap());
    let certificates = certificates.certificates().iter();
    let specific = specific.service_specific_credentials().iter();
    let ssh = ssh.ssh_public_keys().iter();
    json!({
        "keys": keys,
        "policies": policies,
        "certificates": statuses(certificates.map(|one| (one.certificate_id(), one.status().as_str()))),
        "specific": statuses(specific.map(|one| (one.service_specific_credential_id(), one.status().as_str()))),
        "ssh": statuses(ssh.map(|one| (one.ssh_public_key_id(), one.status().as_str()))),
    })
}

async fn role(iam: &aws_sdk_iam::Client, name: &str) -> Value {
    let role = iam.get_role().role_name(name).send().await.unwrap();
    let names = iam.list_role_policies().role_name(name).send().await.unwrap();
    let mut policies = Map::new();
    for policy in names.policy_names() {
        let found = iam.get_role_policy().role_name(name).policy_name(policy);
        let found = found.send().await.unwrap();
        policies.insert(policy.clone(), decoded(found.policy_document()));
    }
    let trust = role.role().and_then(|role| role.assume_role_policy_document());
    json!({ "policies": policies, "trust": decoded(trust.unwrap_or_default()) })
}

async fn bucket(s3: &aws_sdk_s3::Client, name: &str) -> Value {
    let block = match s3.get_public_access_block().bucket(name).send().await {
        Ok(found) => {
            let found = found.public_access_block_configuration.unwrap();
            json!({
                "block_public_acls": found.block_public_acls,
                "ignore_public_acls": found.ignore_public_acls,
                "block_public_policy": found.block_public_policy,
                "restrict_public_buckets": found.restrict_public_buckets,
            })
        }
        // None is another state than all four off.
        Err(error) if error.code() == Some("NoSuchPublicAccessBlockConfiguration") => json!("absent"),
        Err(error) => panic!("{error:?}"),
    };
    let policy = match s3.get_bucket_policy().bucket(name).send().await {
        Ok(found) => json!(found.policy),
        Err(error) if error.code() == Some("NoSuchBucketPolicy") => json!("absent"),
        Err(error) => panic!("{error:?}"),
    };
    let acl = s3.get_bucket_acl().bucket(name).send().await.unwrap();
    let tags = s3.get_bucket_tagging().bucket(name).send().await.unwrap();
    json!({
        "block": block,
        "policy": policy,
        "acl": format!("{:?}", acl.grants()),
        "tags": format!("{:?}", tags.tag_set()),
    })
}

fn statuses<'a>(found: impl Iterator<Item = (&'a str, &'a str)>) -> Map<String, Value> {
    found.map(|(id, status)| (id.to_owned(), json!(status))).collect()
}

/// IAM gives policies percent-encoded.
fn decoded(document: &str) -> Value {
    json!(percent_decode_str(document).decode_utf8().unwrap())
}

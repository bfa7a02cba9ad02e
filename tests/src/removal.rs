//! Deletes a planted target, as its owner or an attacker might before Backstop comes.

use aws_sdk_iam::Client;
use backstop_core::{Resource, TargetKind};
use backstop_emulator::Account;
use backstop_playbook::Playbook;

use crate::Planted;

/// What of a target is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// All of it.
    Whole,
    /// The reported key; its user stays.
    KeyOnly,
}

impl Removal {
    /// Those that the targets of a playbook know.
    pub fn of(playbook: &Playbook) -> &'static [Self] {
        if playbook.targets == [TargetKind::Account] {
            // Nobody finds anything in an account that is gone.
            &[]
        } else if playbook.targets.contains(&TargetKind::AccessKey) {
            &[Self::Whole, Self::KeyOnly]
        } else {
            &[Self::Whole]
        }
    }

    pub async fn happen(self, account: &Account, planted: &Planted) {
        let sdk = account.sdk_config(account.root());
        let iam = Client::new(&sdk);
        match &planted.target.resource {
            Resource::AccessKey {
                user_name: Some(user),
                key_id,
            } => match self {
                Self::Whole => delete_user(&iam, user).await,
                Self::KeyOnly => delete_key(&iam, user, key_id).await,
            },
            Resource::RoleSession { role_name, .. } | Resource::Role { role_name } => {
                delete_role(&iam, role_name).await;
            }
            Resource::Bucket { name } => delete_bucket(&aws_sdk_s3::Client::new(&sdk), name).await,
            Resource::Instance { instance_id } => {
                let terminate = aws_sdk_ec2::Client::new(&sdk).terminate_instances();
                terminate.instance_ids(instance_id).send().await.unwrap();
            }
            other => panic!("say here how {other} is deleted"),
        }
    }
}

/// IAM deletes a user only once nothing hangs on it.
async fn delete_user(iam: &Client, user: &str) {
    let keys = iam.list_access_keys().user_name(user).send().await.unwrap();
    for key in keys.access_key_metadata() {
        delete_key(iam, user, key.access_key_id().unwrap()).await;
    }
    let policies = iam.list_user_policies().user_name(user).send().await.unwrap();
    for policy in policies.policy_names() {
        let delete = iam.delete_user_policy().user_name(user).policy_name(policy);
        delete.send().await.map(drop).unwrap();
    }
    iam.delete_user().user_name(user).send().await.map(drop).unwrap();
}

async fn delete_key(iam: &Client, user: &str, key_id: &str) {
    let delete = iam.delete_access_key().user_name(user).access_key_id(key_id);
    delete.send().await.map(drop).unwrap();
}

async fn delete_role(iam: &Client, role: &str) {
    let policies = iam.list_role_policies().role_name(role).send().await.unwrap();
    for policy in policies.policy_names() {
        let delete = iam.delete_role_policy().role_name(role).policy_name(policy);
        delete.send().await.map(drop).unwrap();
    }
    iam.delete_role().role_name(role).send().await.map(drop).unwrap();
}

async fn delete_bucket(s3: &aws_sdk_s3::Client, bucket: &str) {
    let objects = s3.list_objects_v2().bucket(bucket).send().await.unwrap();
    for object in objects.contents() {
        let delete = s3.delete_object().bucket(bucket).key(object.key().unwrap());
        delete.send().await.map(drop).unwrap();
    }
    s3.delete_bucket().bucket(bucket).send().await.map(drop).unwrap();
}

//! Deletes a planted target, as its owner or an attacker might before Backstop comes.

use aws_sdk_iam::Client;
use backstop_core::{TargetKind, kind};
use backstop_emulator::Account;
use backstop_playbook::{
    Playbook,
    drill::{Drill, Plant},
};

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
    /// Those that the target of a playbook's drill knows.
    pub fn of(playbook: &Playbook, drill: &Drill) -> &'static [Self] {
        let is_key = |plant: &Plant| matches!(plant, Plant::User(user) if *user.key == drill.about());
        if playbook.targets == [TargetKind::Account] {
            // Nobody finds anything in an account that is gone.
            &[]
        } else if drill.plant.iter().any(is_key) {
            &[Self::Whole, Self::KeyOnly]
        } else {
            &[Self::Whole]
        }
    }

    pub async fn happen(self, account: &Account, planted: &Planted) {
        let sdk = account.sdk_config(account.root());
        let iam = Client::new(&sdk);
        let resource = &planted.target.resource;
        if let Some(key) = kind::AccessKey::of(resource) {
            let user = key.user_name.as_deref().unwrap();
            match self {
                Self::Whole => delete_user(&iam, user).await,
                Self::KeyOnly => delete_key(&iam, user, &key.key_id).await,
            }
        } else if let Some(user) = resource.iam_user().and_then(|user| user.name()) {
            delete_user(&iam, user).await;
        } else if let Some(role) = resource.iam_role() {
            delete_role(&iam, role.name).await;
        } else if let Some(bucket) = kind::Bucket::of(resource) {
            delete_bucket(&aws_sdk_s3::Client::new(&sdk), &bucket.name).await;
        } else if let Some(instance) = kind::Instance::of(resource) {
            let terminate = aws_sdk_ec2::Client::new(&sdk).terminate_instances();
            let terminate = terminate.instance_ids(&instance.instance_id);
            terminate.send().await.map(drop).unwrap();
        } else {
            panic!("say here how {resource} is deleted");
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
    let password = iam.delete_login_profile().user_name(user).send().await;
    assert!(password.map_or_else(
        |error| error.into_service_error().is_no_such_entity_exception(),
        |_| true
    ));
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

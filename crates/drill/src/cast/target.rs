//! What was planted, as a person names it who runs a playbook by hand.

use backstop_core::{Resource, Target, kind};

use super::{ACCOUNT, Cast, not_planted};
use crate::DrillError;
use backstop_emulator::Account;

impl Cast {
    /// The account itself, or the bucket, instance, role, user or long-term key of this name.
    pub fn target(&self, account: &Account, name: &str) -> Result<Target, DrillError> {
        Ok(Target {
            account: account.account_id().into(),
            region: account.region().into(),
            partition: "aws".to_owned(),
            resource: self.resource(name)?,
        })
    }

    fn resource(&self, name: &str) -> Result<Resource, DrillError> {
        if name == ACCOUNT {
            return Ok(Resource::Account(kind::Account {}));
        }
        if let Some(instance) = self.instances.get(name) {
            return Ok(Resource::Instance(kind::Instance {
                instance_id: instance.id.clone(),
            }));
        }
        if let Some(bucket) = self.buckets.get(name) {
            return Ok(Resource::Bucket(kind::Bucket { name: bucket.clone() }));
        }
        if let Some(role) = self.roles.get(name) {
            return Ok(Resource::Role(kind::Role {
                role_name: role.name.clone(),
            }));
        }
        if let Some(user) = self.users.get(name) {
            return Ok(Resource::User(kind::User {
                user_name: user.clone(),
            }));
        }
        match self.subject(name)?.key_id() {
            // A person knows a key by its id alone.
            Some(key_id) => Ok(Resource::AccessKey(kind::AccessKey {
                key_id: key_id.to_owned(),
                user_name: None,
            })),
            None => Err(not_planted("long-term key", name)),
        }
    }
}

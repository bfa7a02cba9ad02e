//! How a target is named to guardrails and by people, before an action has resolved it.

use super::{Resource, Target};

impl Target {
    /// For guardrails at opening. Paths of users and roles aren't in findings, so this is looked at again,
    /// with the true ARN, right before acting. Where there is no ARN to tell: [`Target::key`].
    pub fn probable_arn(&self) -> String {
        let Self {
            account,
            region,
            partition,
            resource,
        } = self;
        match resource {
            Resource::AccessKey {
                user_name: Some(name),
                ..
            }
            | Resource::UserSession { user_name: name, .. }
            | Resource::User { user_name: name } => format!("arn:{partition}:iam::{account}:user/{name}"),
            Resource::RoleSession { role_name, .. } | Resource::Role { role_name } => {
                format!("arn:{partition}:iam::{account}:role/{role_name}")
            }
            Resource::Root { .. } => format!("arn:{partition}:iam::{account}:root"),
            Resource::FederatedUser { name, .. } => {
                format!("arn:{partition}:sts::{account}:federated-user/{name}")
            }
            Resource::Bucket { name } => format!("arn:{partition}:s3:::{name}"),
            Resource::Instance { instance_id } => {
                format!("arn:{partition}:ec2:{region}:{account}:instance/{instance_id}")
            }
            Resource::AccessKey { user_name: None, .. } | Resource::Account | Resource::Other { .. } => {
                self.key()
            }
        }
    }

    /// What a person types to mean this target: an ARN or id that `backstop run --target` takes. `None` where
    /// only the finding knows what belongs to it, as with sessions: there the incident's id stands for it.
    pub fn as_typed(&self) -> Option<String> {
        match &self.resource {
            Resource::AccessKey { key_id, .. } => Some(key_id.clone()),
            Resource::User { .. }
            | Resource::Role { .. }
            | Resource::Root { .. }
            | Resource::Bucket { .. }
            | Resource::Instance { .. } => Some(self.probable_arn()),
            Resource::Account => Some(self.account.to_string()),
            Resource::UserSession { .. }
            | Resource::RoleSession { .. }
            | Resource::FederatedUser { .. }
            | Resource::Other { .. } => None,
        }
    }
}

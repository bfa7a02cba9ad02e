//! Plants users with their keys and policies, and roles.

use aws_credential_types::Credentials;
use aws_sdk_iam::{Client, types::Tag};
use serde_json::{Value, json};

use super::{Cast, Identity, PlantedRole, credentials, not_planted};
use crate::{
    DrillError,
    error::call,
    file::{Backdoor, Role, User},
};
use backstop_emulator::Account;

const POLICY: &str = "what-it-is-for";

impl Cast {
    pub(super) async fn add_user(&mut self, account: &Account, user: &User) -> Result<(), DrillError> {
        let iam = root(account);
        let name = self.real(&user.name);
        let made = iam.create_user().user_name(&name).tags(drill_tag()?).send().await;
        let made = made.map_err(call("iam:CreateUser"))?;
        let lacking = |what| {
            move || DrillError::Incomplete {
                operation: "iam:CreateUser",
                what,
            }
        };
        let user_id = made.user.ok_or_else(lacking("the user"))?.user_id;
        let policy = iam
            .put_user_policy()
            .user_name(&name)
            .policy_name(POLICY)
            .policy_document(allow(&user.allow));
        policy.send().await.map_err(call("iam:PutUserPolicy"))?;
        for kind in &user.also {
            credentials::add(&iam, &name, *kind).await?;
        }
        let key = access_key(&iam, &name).await?;
        let identity = Identity {
            key_id: key.access_key_id().to_owned(),
            principal_id: user_id,
            user_type: "IAMUser",
            user_name: name.clone(),
        };
        self.hold(&user.key, key, identity);
        self.users.insert(user.name.clone(), name);
        Ok(())
    }

    /// Made with the attacker's own calls, so CloudTrail knows who made it; no tag, since no attacker sets one.
    pub(super) async fn add_backdoor(
        &mut self,
        account: &Account,
        backdoor: &Backdoor,
    ) -> Result<(), DrillError> {
        let (attacker, _) = self.held(&backdoor.by)?;
        let iam = Client::new(&account.sdk_config(attacker.clone()));
        let name = self.real(&backdoor.name);
        let made = iam.create_user().user_name(&name).send().await;
        let made = made.map_err(call("iam:CreateUser"))?;
        let key = access_key(&iam, &name).await?;
        let identity = Identity {
            key_id: key.access_key_id().to_owned(),
            principal_id: made.user.map(|user| user.user_id).unwrap_or_default(),
            user_type: "IAMUser",
            user_name: name.clone(),
        };
        self.hold(&backdoor.key, key, identity);
        self.users.insert(backdoor.name.clone(), name);
        Ok(())
    }

    pub(super) async fn add_role(&mut self, account: &Account, role: &Role) -> Result<(), DrillError> {
        let iam = root(account);
        let trusted = self
            .users
            .get(&role.trusts)
            .ok_or_else(|| not_planted("user", &role.trusts))?;
        let trusted = json!({ "AWS": format!("arn:aws:iam::{}:user/{trusted}", account.account_id()) });
        let services = role
            .trusted_services
            .iter()
            .map(|name| json!({ "Service": name }));
        let statements: Vec<Value> = std::iter::once(trusted)
            .chain(services)
            .map(|principal| json!({ "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" }))
            .collect();
        // As people write it: undo must bring back the spaces, too.
        let trust = format!(
            "{:#}",
            json!({ "Version": "2012-10-17", "Statement": statements })
        );
        let name = self.real(&role.name);
        let made = iam
            .create_role()
            .role_name(&name)
            .assume_role_policy_document(&trust);
        let made = made
            .tags(drill_tag()?)
            .send()
            .await
            .map_err(call("iam:CreateRole"))?;
        let arn = made
            .role
            .ok_or(DrillError::Incomplete {
                operation: "iam:CreateRole",
                what: "the role",
            })?
            .arn;
        let policy = iam
            .put_role_policy()
            .role_name(&name)
            .policy_name(POLICY)
            .policy_document(allow(&role.allow));
        policy.send().await.map_err(call("iam:PutRolePolicy"))?;
        self.roles
            .insert(role.name.clone(), PlantedRole { name, arn, trust });
        Ok(())
    }
}

/// Makes an access key for a user.
pub(crate) async fn access_key(iam: &Client, user: &str) -> Result<Credentials, DrillError> {
    const OPERATION: &str = "iam:CreateAccessKey";
    let made = iam
        .create_access_key()
        .user_name(user)
        .send()
        .await
        .map_err(call(OPERATION))?;
    let key = made.access_key.ok_or(DrillError::Incomplete {
        operation: OPERATION,
        what: "the key",
    })?;
    Ok(Credentials::new(
        key.access_key_id,
        key.secret_access_key,
        None,
        None,
        "backstop-drill",
    ))
}

fn root(account: &Account) -> Client {
    Client::new(&account.sdk_config(account.root()))
}

/// Without it, no drill event may act on a target.
fn drill_tag() -> Result<Tag, DrillError> {
    let tag = Tag::builder()
        .key(backstop_core::guardrail::DRILL_TAG)
        .value("yes");
    tag.build().map_err(call("iam:CreateUser"))
}

fn allow(actions: &[String]) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": "*" }],
    })
    .to_string()
}

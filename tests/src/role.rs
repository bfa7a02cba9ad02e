//! The role of a function as it was deployed: what it grants, and how it is without one permission.

use std::collections::BTreeSet;

use aws_credential_types::Credentials;
use backstop_drill::Environment;
use backstop_emulator::{Account, deploy::Stack};
use serde_json::{Value, json};
use ulid::Ulid;

use crate::{in_template, physical_id_in, policy_by_meaning};

/// See the module.
#[derive(Debug)]
pub struct Role {
    iam: aws_sdk_iam::Client,
    pub name: String,
    policy_name: String,
    policy: Value,
}

impl Role {
    /// The role of the function with this crate name.
    pub async fn of(environment: &Environment, function: &str) -> Self {
        Self::of_stack(environment.account(), environment.stack(), function).await
    }

    /// The same of a stack beside the environment's own.
    pub async fn of_stack(account: &Account, stack: &Stack, function: &str) -> Self {
        let sdk = account.sdk_config(account.root());
        let name = physical_id_in(account, stack, &(in_template(function) + "Role")).await;
        let iam = aws_sdk_iam::Client::new(&sdk);
        let policies = iam.list_role_policies().role_name(&name).send().await.unwrap();
        let [policy_name] = policies.policy_names() else {
            panic!("each role has one policy: {policies:?}");
        };
        let policy = iam.get_role_policy().role_name(&name).policy_name(policy_name);
        let policy = policy.send().await.unwrap();
        Self {
            policy: policy_by_meaning(policy.policy_document()),
            policy_name: policy_name.clone(),
            name,
            iam,
        }
    }

    /// Every action that it grants.
    pub fn grants(&self) -> BTreeSet<String> {
        let statements = self.policy["Statement"].as_array().unwrap().iter();
        statements
            .filter(|statement| statement["Effect"] == "Allow")
            .flat_map(actions)
            .collect()
    }

    /// Takes a permission away.
    pub async fn lose(&self, permission: &str) {
        assert!(
            self.grants().contains(permission),
            "no role grants `{permission}`"
        );
        let mut policy = self.policy.clone();
        let statements = policy["Statement"].as_array_mut().unwrap();
        for statement in statements.iter_mut().filter(|one| one["Effect"] == "Allow") {
            let mut kept = actions(statement);
            kept.retain(|action| action != permission);
            statement["Action"] = kept.into();
        }
        // IAM refuses a statement without an action.
        statements.retain(|statement| statement["Action"].as_array().is_none_or(|some| !some.is_empty()));
        self.put(&policy).await;
    }

    /// Grants again what was deployed.
    pub async fn restore(&self) {
        self.put(&self.policy).await;
    }

    /// A session of the role. Nobody but Lambda may open one, so its trust is widened for a moment.
    pub async fn session(&self, environment: &Environment) -> Credentials {
        let account = environment.account();
        let user = format!("assumer-{}", Ulid::generate().to_string().to_lowercase());
        self.iam.create_user().user_name(&user).send().await.unwrap();
        let may_assume = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
            "Action": "sts:AssumeRole", "Resource": "*" }] });
        let put = self.iam.put_user_policy().user_name(&user).policy_name("rights");
        put.policy_document(may_assume.to_string()).send().await.unwrap();
        let made = self
            .iam
            .create_access_key()
            .user_name(&user)
            .send()
            .await
            .unwrap();
        let key = made.access_key().unwrap();
        let assumer = Credentials::new(key.access_key_id(), key.secret_access_key(), None, None, "tests");

        let role = self.iam.get_role().role_name(&self.name).send().await.unwrap();
        let role = role.role().unwrap();
        let trust = policy_by_meaning(role.assume_role_policy_document().unwrap());
        let opened = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": { "AWS": format!("arn:aws:iam::{}:root", account.account_id()) } }] });
        self.trust(&opened).await;
        let assume = aws_sdk_sts::Client::new(&account.sdk_config(assumer)).assume_role();
        let session = assume.role_arn(role.arn()).role_session_name("opened");
        let session = session.send().await.unwrap().credentials.unwrap();
        self.trust(&trust).await;
        Credentials::new(
            session.access_key_id,
            session.secret_access_key,
            Some(session.session_token),
            None,
            "tests",
        )
    }

    async fn trust(&self, document: &Value) {
        let update = self.iam.update_assume_role_policy().role_name(&self.name);
        update.policy_document(document.to_string()).send().await.unwrap();
    }

    async fn put(&self, policy: &Value) {
        let put = self
            .iam
            .put_role_policy()
            .role_name(&self.name)
            .policy_name(&self.policy_name);
        put.policy_document(policy.to_string()).send().await.unwrap();
    }
}

fn actions(statement: &Value) -> Vec<String> {
    let text = |action: &Value| action.as_str().unwrap().to_owned();
    match &statement["Action"] {
        Value::Array(actions) => actions.iter().map(text).collect(),
        one => vec![text(one)],
    }
}

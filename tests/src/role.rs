//! The role of a function as it was deployed: what it grants, and how it is without one permission.

use std::collections::BTreeSet;

use backstop_drill::Environment;
use serde_json::Value;

use crate::in_template;

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
        let sdk = environment.account().sdk_config(environment.account().root());
        let found = aws_sdk_cloudformation::Client::new(&sdk)
            .describe_stack_resource()
            .stack_name(environment.stack().name())
            .logical_resource_id(in_template(function) + "Role")
            .send()
            .await
            .unwrap();
        let name = found
            .stack_resource_detail()
            .unwrap()
            .physical_resource_id()
            .unwrap();
        let iam = aws_sdk_iam::Client::new(&sdk);
        let policies = iam.list_role_policies().role_name(name).send().await.unwrap();
        let [policy_name] = policies.policy_names() else {
            panic!("each role has one policy: {policies:?}");
        };
        let policy = iam.get_role_policy().role_name(name).policy_name(policy_name);
        let policy = policy.send().await.unwrap();
        Self {
            policy: document(policy.policy_document()),
            policy_name: policy_name.clone(),
            name: name.to_owned(),
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

    async fn put(&self, policy: &Value) {
        let put = self
            .iam
            .put_role_policy()
            .role_name(&self.name)
            .policy_name(&self.policy_name);
        put.policy_document(policy.to_string()).send().await.unwrap();
    }
}

/// IAM answers with the document percent-encoded; the emulator with or without.
fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_encoded| {
        let decoded = percent_encoding::percent_decode_str(text).decode_utf8().unwrap();
        serde_json::from_str(&decoded).unwrap()
    })
}

fn actions(statement: &Value) -> Vec<String> {
    let text = |action: &Value| action.as_str().unwrap().to_owned();
    match &statement["Action"] {
        Value::Array(actions) => actions.iter().map(text).collect(),
        one => vec![text(one)],
    }
}

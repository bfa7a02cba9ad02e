//! What IAM gives to whom: keys, policies and trust of every user and role of the account.

use aws_sdk_iam::Client;
use backstop_emulator::Account;
use serde_json::{Value, json};

use crate::{States, policy_by_meaning};

/// See the module.
pub async fn identities(account: &Account) -> States {
    let iam = Client::new(&account.sdk_config(account.root()));
    let mut states = States::new();
    let users = iam.list_users().into_paginator().items().send();
    for user in users.collect::<Result<Vec<_>, _>>().await.unwrap() {
        of_user(&iam, user.user_name(), &mut states).await;
    }
    let roles = iam.list_roles().into_paginator().items().send();
    for role in roles.collect::<Result<Vec<_>, _>>().await.unwrap() {
        let trust = policy_by_meaning(role.assume_role_policy_document().unwrap_or_default());
        states.insert(format!("trust of role {}", role.role_name()), trust);
        of_role(&iam, role.role_name(), &mut states).await;
    }
    states
}

async fn of_user(iam: &Client, name: &str, states: &mut States) {
    let keys = iam.list_access_keys().user_name(name).send().await.unwrap();
    let keys: Vec<Value> = keys
        .access_key_metadata()
        .iter()
        .map(|key| json!([key.access_key_id(), key.status().map(|status| status.as_str())]))
        .collect();
    states.insert(format!("keys of user {name}"), keys.into());
    let attached = iam
        .list_attached_user_policies()
        .user_name(name)
        .send()
        .await
        .unwrap();
    let attached = attached.attached_policies().iter();
    let attached: Vec<_> = attached.map(|policy| policy.policy_arn()).collect();
    states.insert(format!("attached to user {name}"), json!(attached));
    let inline = iam.list_user_policies().user_name(name).send().await.unwrap();
    for policy in inline.policy_names() {
        let found = iam.get_user_policy().user_name(name).policy_name(policy);
        let found = found.send().await.unwrap();
        let document = policy_by_meaning(found.policy_document());
        states.insert(format!("inline policy {policy} of user {name}"), document);
    }
}

async fn of_role(iam: &Client, name: &str, states: &mut States) {
    let attached = iam
        .list_attached_role_policies()
        .role_name(name)
        .send()
        .await
        .unwrap();
    let attached = attached.attached_policies().iter();
    let attached: Vec<_> = attached.map(|policy| policy.policy_arn()).collect();
    states.insert(format!("attached to role {name}"), json!(attached));
    let inline = iam.list_role_policies().role_name(name).send().await.unwrap();
    for policy in inline.policy_names() {
        let found = iam.get_role_policy().role_name(name).policy_name(policy);
        let found = found.send().await.unwrap();
        let document = policy_by_meaning(found.policy_document());
        states.insert(format!("inline policy {policy} of role {name}"), document);
    }
}

//! Somebody with rights and a key of their own in a test's account.

use aws_credential_types::Credentials;
use aws_sdk_iam::types::StatusType;
use serde_json::{Value, json};

use crate::{Leaked, Scene};

impl Scene {
    /// A new user who may do what these statements allow; its key.
    pub async fn user_who_may(&self, name: &str, statements: Value) -> Credentials {
        let iam = self.iam();
        iam.create_user().user_name(name).send().await.unwrap();
        let document = json!({ "Version": "2012-10-17", "Statement": statements });
        let put = iam.put_user_policy().user_name(name).policy_name("rights");
        put.policy_document(document.to_string()).send().await.unwrap();
        let made = iam.create_access_key().user_name(name).send().await.unwrap();
        let key = made.access_key().unwrap();
        Credentials::new(key.access_key_id(), key.secret_access_key(), None, None, "tests")
    }

    /// Another user of the attacker's, who may do anything; as whoever holds its key.
    pub async fn second_identity(&self, name: &str) -> aws_sdk_iam::Client {
        let everything = json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }]);
        let credentials = self.user_who_may(name, everything).await;
        aws_sdk_iam::Client::new(&self.environment.account().sdk_config(credentials))
    }
}

/// Switches the key on and deletes each deny of Backstop's.
pub async fn change_back(attacker: &aws_sdk_iam::Client, leaked: &Leaked) {
    attacker
        .update_access_key()
        .user_name(&leaked.user)
        .access_key_id(&leaked.key_id)
        .status(StatusType::Active)
        .send()
        .await
        .unwrap();
    let policies = attacker.list_user_policies().user_name(&leaked.user).send().await;
    let policies = policies.unwrap();
    let denies = policies.policy_names().iter();
    for deny in denies.filter(|name| name.starts_with("BackstopDeny-")) {
        attacker
            .delete_user_policy()
            .user_name(&leaked.user)
            .policy_name(deny)
            .send()
            .await
            .unwrap();
    }
}

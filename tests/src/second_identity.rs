//! Somebody with rights and a key of their own in a test's account.

use aws_credential_types::Credentials;
use serde_json::{Value, json};

use crate::Scene;

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

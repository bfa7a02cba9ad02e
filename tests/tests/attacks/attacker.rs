//! Somebody with a few rights.

use aws_credential_types::Credentials;
use backstop_tests::Scene;
use serde_json::{Value, json};
use ulid::Ulid;

/// The user that the stack's `BreakGlassArns` names.
pub(crate) const BREAK_GLASS: &str = "break-glass";

/// A new user who may do these things to everything, and nothing else.
pub(crate) async fn with(scene: &Scene, actions: &[&str]) -> Credentials {
    let name = format!("attacker-{}", Ulid::generate().to_string().to_lowercase());
    user(scene, &name, json!([allow(actions)])).await
}

/// The one user who may use what others may not.
pub(crate) async fn break_glass(scene: &Scene, actions: &[&str]) -> Credentials {
    user(scene, BREAK_GLASS, json!([allow(actions)])).await
}

pub(crate) fn allow(actions: &[&str]) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": "*" })
}

/// A user with one more policy, of these statements, and one more key.
pub(crate) async fn user(scene: &Scene, name: &str, statements: Value) -> Credentials {
    let iam = scene.iam();
    if iam.get_user().user_name(name).send().await.is_err() {
        iam.create_user().user_name(name).send().await.unwrap();
    }
    // A user has two keys at most.
    let old = iam.list_access_keys().user_name(name).send().await.unwrap();
    for key in old.access_key_metadata().iter().skip(1) {
        let delete = iam.delete_access_key().user_name(name);
        delete
            .access_key_id(key.access_key_id().unwrap())
            .send()
            .await
            .unwrap();
    }
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    let policy = format!("rights-{}", Ulid::generate());
    let put = iam.put_user_policy().user_name(name).policy_name(policy);
    put.policy_document(document.to_string()).send().await.unwrap();
    let made = iam.create_access_key().user_name(name).send().await.unwrap();
    let key = made.access_key().unwrap();
    Credentials::new(
        key.access_key_id(),
        key.secret_access_key(),
        None,
        None,
        "attacks",
    )
}

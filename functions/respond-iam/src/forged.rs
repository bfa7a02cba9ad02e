//! Receipts that somebody forged together with their proof, given to every action of this function that changes something.
//!
//! One thing no action can tell from what it wrote itself, so that the proof, which only responders write, is all that stands
//! before it: which of the user's own credentials were active before. A forged receipt that names one that was off has undo
//! switch that on: never one of another user, nor one that was made since the attack began.

use backstop_core::Resource;
use backstop_runtime::testing::forged::{Scene, nothing_is_gained};

use crate::{
    actions,
    testing::{access_key, fake_iam, instance_session, planted, role_session, step_request},
};

/// Whose sessions only Lambda names.
const TRUSTS_LAMBDA: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

fn scene(target: Resource) -> Scene {
    Scene::new(step_request(target), planted())
}

#[tokio::test]
async fn no_forged_receipt_gives_anybody_more() {
    let mut trusting_lambda = planted();
    trusting_lambda.insert("trust of role ci".to_owned(), TRUSTS_LAMBDA.into());
    let scenes = [
        scene(access_key(Some("alice"))),
        scene(role_session("AROAEXAMPLE")),
        scene(instance_session("AROAEXAMPLE")),
        Scene::new(step_request(role_session("AROAEXAMPLE")), trusting_lambda),
    ];
    nothing_is_gained("respond-iam", &scenes, |account| actions(&fake_iam(account))).await;
}

//! The calls of Lambda that tests make.

use aws_sdk_lambda::{Client, primitives::Blob, types::EventSourceMappingConfiguration};
use backstop_emulator::Account;
use serde_json::{Value, json};

/// Runs a function and waits for its answer.
pub async fn invoke(account: &Account, function: &str) -> Value {
    invoke_with(account, function, &json!({})).await
}

/// Runs a function with this and waits for its answer, or for its error.
pub async fn invoke_with(account: &Account, function: &str, payload: &Value) -> Value {
    let invoke = client(account).invoke().function_name(function);
    let invoke = invoke.payload(Blob::new(payload.to_string()));
    let answer = invoke.send().await.unwrap();
    serde_json::from_slice(answer.payload().unwrap().as_ref()).unwrap()
}

/// Lets the functions take messages from a queue, or stops them.
pub async fn switch_queue(account: &Account, queue_url: &str, is_on: bool) {
    let lambda = client(account);
    let queue = queue_url.rsplit('/').next().unwrap();
    let all = lambda.list_event_source_mappings().send().await.unwrap();
    let is_its = |mapping: &&EventSourceMappingConfiguration| {
        mapping
            .event_source_arn()
            .is_some_and(|source| source.ends_with(queue))
    };
    let ours = all.event_source_mappings().iter().find(is_its).unwrap();
    let update = lambda.update_event_source_mapping().uuid(ours.uuid().unwrap());
    let changed = update.enabled(is_on).send().await.unwrap();
    assert!(changed.uuid().is_some(), "{changed:?}");
}

fn client(account: &Account) -> Client {
    Client::new(&account.sdk_config(account.root()))
}

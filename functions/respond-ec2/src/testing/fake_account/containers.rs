//! Container instances of Amazon ECS, which is called without its SDK crate.

use backstop_aws::{Asked, SdkConfig, answering_by};
use backstop_runtime::testing::forged::FakeAccount;
use serde_json::{Value, json};

use super::{all, read, write};

const PLACE: &str = "arn:aws:ecs:eu-west-1:123456789012";

/// The account's configuration, by which ECS is asked.
pub(super) fn config(account: &FakeAccount) -> SdkConfig {
    let account = account.clone();
    let (config, _) = answering_by("eu-west-1", move |_, asked| {
        let body: Value = serde_json::from_str(&asked.body).unwrap();
        match answer(&account, operation(asked), &body) {
            Ok(answer) => (200, answer.to_string()),
            Err(code) => (400, json!({ "__type": code }).to_string()),
        }
    });
    config
}

fn operation(asked: &Asked) -> &str {
    let mut headers = asked.headers.iter();
    let (_, target) = headers.find(|(name, _)| name == "x-amz-target").unwrap();
    target.rsplit('.').next().unwrap()
}

/// What follows the last of these in an ARN.
fn after<'a>(arn: &'a str, kind: &str) -> &'a str {
    arn.strip_prefix(&format!("{PLACE}:{kind}/")).unwrap_or_default()
}

fn answer(account: &FakeAccount, operation: &str, body: &Value) -> Result<Value, &'static str> {
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let cluster = after(text("cluster"), "cluster").to_owned();
    let own = all(account, &format!("container instance {cluster}/"), "");
    let asked = body["containerInstances"].as_array().cloned().unwrap_or_default();
    let names = asked
        .iter()
        .map(|arn| after(arn.as_str().unwrap_or_default(), "container-instance"));
    let names: Vec<&str> = names
        .filter_map(|name| name.strip_prefix(&format!("{cluster}/")))
        .collect();
    let arn = |name: &str| format!("{PLACE}:container-instance/{cluster}/{name}");
    match operation {
        "ListClusters" => {
            let clusters = all(account, "cluster ", "");
            let arns = clusters.iter().map(|(name, _)| format!("{PLACE}:cluster/{name}"));
            Ok(json!({ "clusterArns": arns.collect::<Vec<_>>() }))
        }
        _ if read(account, &format!("cluster {cluster}")).is_none() => Err("ClusterNotFoundException"),
        "ListContainerInstances" => {
            let wanted = text("filter").strip_prefix("ec2InstanceId == ").unwrap();
            let own = own.iter().filter(|(_, state)| state["instance"] == wanted);
            Ok(json!({ "containerInstanceArns": own.map(|(name, _)| arn(name)).collect::<Vec<_>>() }))
        }
        "DescribeContainerInstances" => {
            let found = own.iter().filter(|(name, _)| names.contains(&name.as_str()));
            let found = found.map(|(name, state)| {
                json!({
                    "containerInstanceArn": arn(name), "ec2InstanceId": state["instance"], "status": state["status"],
                    "runningTasksCount": 3, "pendingTasksCount": 1
                })
            });
            Ok(json!({ "containerInstances": found.collect::<Vec<_>>() }))
        }
        "UpdateContainerInstancesState" => {
            let mut failures = Vec::new();
            for name in names {
                match own.iter().find(|(own, _)| own == name) {
                    Some((_, state)) if state["status"] != "DEREGISTERING" => {
                        let mut state = state.clone();
                        state["status"] = body["status"].clone();
                        write(account, format!("container instance {cluster}/{name}"), state);
                    }
                    _ => failures.push(json!({ "arn": arn(name), "reason": "MISSING" })),
                }
            }
            Ok(json!({ "containerInstances": [], "failures": failures }))
        }
        _ => Err("InvalidAction"),
    }
}

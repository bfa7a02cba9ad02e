//! ECS tasks that run with a role now, in one Region: by what each task was started with, else by its definition.

use std::collections::{BTreeMap, BTreeSet};

use backstop_actions::permissions;
use backstop_aws::{SdkConfig, SignedCall};
use backstop_runtime::CallError;
use serde_json::{Value, json};

use super::Found;

/// Clusters and task definitions that are looked at.
const MOST: usize = 20;
/// Tasks of a cluster that are looked at: what one call describes (Amazon ECS API Reference, "DescribeTasks").
const TASKS: usize = 100;
const ROLES: [&str; 2] = ["taskRoleArn", "executionRoleArn"];

/// Services, or tasks that none started.
pub(super) async fn with_role(config: &SdkConfig, role_arn: &str) -> Result<Found, CallError> {
    let listed = ask(
        config,
        permissions::ecs::LIST_CLUSTERS.action,
        "AmazonEC2ContainerServiceV20141113.ListClusters",
        json!({ "maxResults": 100 }),
    )
    .await?;
    let clusters = texts(&listed, "clusterArns");
    let mut has_more = goes_on(&listed) || clusters.len() > MOST;
    let mut tasks: Vec<Value> = Vec::new();
    for cluster in clusters.iter().take(MOST) {
        let request = json!({ "cluster": cluster, "maxResults": TASKS });
        let listed = ask(
            config,
            permissions::ecs::LIST_TASKS.action,
            "AmazonEC2ContainerServiceV20141113.ListTasks",
            request,
        )
        .await?;
        has_more |= goes_on(&listed);
        let arns = texts(&listed, "taskArns");
        if arns.is_empty() {
            continue;
        }
        let request = json!({ "cluster": cluster, "tasks": arns });
        let described = ask(
            config,
            permissions::ecs::DESCRIBE_TASKS.action,
            "AmazonEC2ContainerServiceV20141113.DescribeTasks",
            request,
        )
        .await?;
        tasks.extend(
            described
                .get("tasks")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .cloned(),
        );
    }
    let mut definitions: BTreeMap<String, bool> = BTreeMap::new();
    let mut names: BTreeSet<String> = BTreeSet::new();
    for task in &tasks {
        let started_with = task.get("overrides").unwrap_or(&Value::Null);
        let Some(definition) = text(task, "taskDefinitionArn") else {
            continue;
        };
        let has_role = match definitions.get(definition) {
            _ if has(started_with, role_arn) => true,
            // Another task role than the definition's.
            _ if text(started_with, "taskRoleArn").is_some() => false,
            Some(has_role) => *has_role,
            None if definitions.len() == MOST => {
                has_more = true;
                continue;
            }
            None => {
                let has_role = defines(config, definition, role_arn).await?;
                definitions.insert(definition.to_owned(), has_role);
                has_role
            }
        };
        if has_role {
            names.insert(name(task));
        }
    }
    Ok(Found {
        names: names.into_iter().collect(),
        has_more,
    })
}

async fn defines(config: &SdkConfig, definition: &str, role_arn: &str) -> Result<bool, CallError> {
    let described = ask(
        config,
        permissions::ecs::DESCRIBE_TASK_DEFINITION.action,
        "AmazonEC2ContainerServiceV20141113.DescribeTaskDefinition",
        json!({ "taskDefinition": definition }),
    )
    .await?;
    let definition = described.get("taskDefinition").unwrap_or(&Value::Null);
    Ok(has(definition, role_arn))
}

fn has(of: &Value, role_arn: &str) -> bool {
    ROLES.iter().any(|name| text(of, name) == Some(role_arn))
}

/// `service:web` for a service's; else the task's id, which its session is named after.
fn name(task: &Value) -> String {
    let group = text(task, "group").filter(|group| group.starts_with("service:"));
    let id = || text(task, "taskArn").and_then(|arn| arn.rsplit('/').next());
    group.or_else(id).unwrap_or("a task").to_owned()
}

async fn ask(
    config: &SdkConfig,
    call: &'static str,
    target: &'static str,
    body: Value,
) -> Result<Value, CallError> {
    SignedCall {
        call,
        on: "the ECS tasks of the Region".to_owned(),
        service: "ecs",
        path: "/".to_owned(),
        target: Some(target),
        body,
    }
    .send(config)
    .await
}

fn text<'a>(of: &'a Value, name: &str) -> Option<&'a str> {
    of.get(name)?.as_str().filter(|text| !text.is_empty())
}

fn texts(of: &Value, name: &str) -> Vec<String> {
    let all = of.get(name).and_then(Value::as_array);
    all.into_iter()
        .flatten()
        .filter_map(|it| it.as_str().map(str::to_owned))
        .collect()
}

fn goes_on(answer: &Value) -> bool {
    text(answer, "nextToken").is_some()
}

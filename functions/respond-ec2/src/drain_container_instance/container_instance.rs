//! The container instance of Amazon ECS that an EC2 instance is. No tag that can be relied on says which cluster it is in, so
//! that each is asked for the instance. By single calls: ECS's SDK crate would cost the function more than they are worth.

use std::time::Duration;

use backstop_actions::permissions;
use backstop_aws::{SdkConfig, SignedCall};
use backstop_core::{ErrorName, text};
use backstop_runtime::CallError;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};

pub(super) const ACTIVE: &str = "ACTIVE";
pub(super) const DRAINING: &str = "DRAINING";
pub(super) const UPDATE: &str = permissions::ecs::UPDATE_CONTAINER_INSTANCES_STATE.action;

/// Less than half of the function's time: a later attempt looks again.
const LONGEST_LOOK: Duration = Duration::from_secs(45);

/// So many clusters are asked at a time.
const AT_A_TIME: usize = 4;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ContainerInstance {
    pub(super) cluster: String,
    pub(super) arn: String,
    /// The EC2 instance.
    pub(super) instance: String,
    /// `ACTIVE`, `DRAINING`, `REGISTERING`, `DEREGISTERING`, `REGISTRATION_FAILED` or `INACTIVE`.
    pub(super) status: String,
    pub(super) running: u64,
    pub(super) pending: u64,
}

/// What the look into all clusters gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    None { clusters: usize },
    One(ContainerInstance),
}

/// Looks for it, in the cluster that a tag names first.
pub(super) async fn find(config: &SdkConfig, instance: &str, hint: Option<&str>) -> Result<Found, CallError> {
    let look = async {
        let mut clusters = clusters(config).await?;
        let is_hinted = |arn: &String| hint.is_some_and(|name| arn.rsplit('/').next() == Some(name));
        clusters.sort_by_key(|arn| !is_hinted(arn));
        let count = clusters.len();
        let mut asked = stream::iter(clusters)
            .map(|cluster| async move { of_cluster(config, &cluster, instance).await })
            .buffered(AT_A_TIME);
        while let Some(found) = asked.try_next().await? {
            if let Some(found) = found {
                return Ok(Found::One(found));
            }
        }
        Ok(Found::None { clusters: count })
    };
    tokio::time::timeout(LONGEST_LOOK, look)
        .await
        .unwrap_or_else(|_elapsed| {
            Err(CallError {
                name: ErrorName::Unavailable,
                call: permissions::ecs::LIST_CONTAINER_INSTANCES.action,
                on: format!("the clusters that instance `{instance}` may be in"),
                code: String::new(),
                message: format!("not all were read in {} seconds", LONGEST_LOOK.as_secs()),
            })
        })
}

async fn clusters(config: &SdkConfig) -> Result<Vec<String>, CallError> {
    let mut all = Vec::new();
    let mut next = Value::Null;
    loop {
        let answer = ask(
            config,
            permissions::ecs::LIST_CLUSTERS.action,
            "AmazonEC2ContainerServiceV20141113.ListClusters",
            "the account's ECS clusters",
            with_token(json!({ "maxResults": 100 }), &next),
        )
        .await?;
        all.extend(texts(&answer, "clusterArns"));
        match answer.get("nextToken") {
            Some(token) if token.is_string() => next = token.clone(),
            _ => return Ok(all),
        }
    }
}

/// The container instance of this cluster that the EC2 instance is.
async fn of_cluster(
    config: &SdkConfig,
    cluster: &str,
    instance: &str,
) -> Result<Option<ContainerInstance>, CallError> {
    let asked = ask(
        config,
        permissions::ecs::LIST_CONTAINER_INSTANCES.action,
        "AmazonEC2ContainerServiceV20141113.ListContainerInstances",
        cluster,
        json!({ "cluster": cluster, "filter": format!("ec2InstanceId == {instance}"), "maxResults": 100 }),
    )
    .await;
    let listed = match asked {
        Ok(listed) => listed,
        // Deleted since it was listed.
        Err(error) if error.code == "ClusterNotFoundException" => return Ok(None),
        Err(error) => return Err(error),
    };
    let arns = texts(&listed, "containerInstanceArns");
    if arns.is_empty() {
        return Ok(None);
    }
    let found = described(config, cluster, &arns).await?;
    Ok(found.into_iter().find(|found| found.instance == instance))
}

/// One container instance as it is now; nothing if it isn't registered any more.
pub(super) async fn describe(
    config: &SdkConfig,
    cluster: &str,
    arn: &str,
) -> Result<Option<ContainerInstance>, CallError> {
    match described(config, cluster, &[arn.to_owned()]).await {
        Ok(found) => Ok(found.into_iter().find(|found| found.arn == arn)),
        Err(error) if error.code == "ClusterNotFoundException" => Ok(None),
        Err(error) => Err(error),
    }
}

async fn described(
    config: &SdkConfig,
    cluster: &str,
    arns: &[String],
) -> Result<Vec<ContainerInstance>, CallError> {
    let answer = ask(
        config,
        permissions::ecs::DESCRIBE_CONTAINER_INSTANCES.action,
        "AmazonEC2ContainerServiceV20141113.DescribeContainerInstances",
        cluster,
        json!({ "cluster": cluster, "containerInstances": arns }),
    )
    .await?;
    let all = answer.get("containerInstances").and_then(Value::as_array);
    let one = |found: &Value| {
        let word = |name: &str| found.get(name)?.as_str().map(str::to_owned);
        let number = |name: &str| found.get(name).and_then(Value::as_u64).unwrap_or_default();
        Some(ContainerInstance {
            cluster: cluster.to_owned(),
            arn: word("containerInstanceArn")?,
            instance: word("ec2InstanceId")?,
            status: word("status")?,
            running: number("runningTasksCount"),
            pending: number("pendingTasksCount"),
        })
    };
    Ok(all.into_iter().flatten().filter_map(one).collect())
}

/// Sets its status. ECS answers with success and names what it refused.
pub(super) async fn set(config: &SdkConfig, cluster: &str, arn: &str, status: &str) -> Result<(), CallError> {
    let answer = ask(
        config,
        UPDATE,
        "AmazonEC2ContainerServiceV20141113.UpdateContainerInstancesState",
        arn,
        json!({ "cluster": cluster, "containerInstances": [arn], "status": status }),
    )
    .await?;
    let failures = answer.get("failures").and_then(Value::as_array);
    let Some(failure) = failures.and_then(|failures| failures.first()) else {
        return Ok(());
    };
    let words = |name: &str| failure.get(name).and_then(Value::as_str).unwrap_or_default();
    Err(CallError {
        name: ErrorName::Rejected,
        call: UPDATE,
        on: arn.to_owned(),
        code: text::bounded(words("reason"), 100),
        message: text::bounded(words("detail"), 600),
    })
}

async fn ask(
    config: &SdkConfig,
    call: &'static str,
    target: &'static str,
    on: &str,
    body: Value,
) -> Result<Value, CallError> {
    SignedCall {
        call,
        on: on.to_owned(),
        service: "ecs",
        path: "/".to_owned(),
        target: Some(target),
        body,
    }
    .send(config)
    .await
}

fn with_token(mut body: Value, token: &Value) -> Value {
    if let (Some(body), false) = (body.as_object_mut(), token.is_null()) {
        body.insert("nextToken".to_owned(), token.clone());
    }
    body
}

fn texts(of: &Value, name: &str) -> Vec<String> {
    let all = of.get(name).and_then(Value::as_array);
    all.into_iter()
        .flatten()
        .filter_map(|it| it.as_str().map(str::to_owned))
        .collect()
}

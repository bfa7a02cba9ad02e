//! Permissions of Amazon ECS.

use super::NO_RESOURCE;
use crate::{Grant, Scope};

/// Which tasks run, and with which role.
static TASKS_READ: Scope = Scope::everything(
    "ReadWhichTasksRun",
    "Clusters and task definitions are listed for the whole account; which tasks have the role isn't known before.",
);

/// Container instances, whose ids aren't those of their EC2 instances.
static CONTAINER_INSTANCES: Scope = Scope {
    why: "Which cluster an instance is in isn't known before, nor what its container instance is called.",
    ..Scope::of(
        "DrainContainerInstances",
        &[
            "arn:{partition}:ecs:{region}:{account}:cluster/*",
            "arn:{partition}:ecs:{region}:{account}:container-instance/*",
        ],
    )
};

pub const DESCRIBE_CONTAINER_INSTANCES: Grant =
    Grant::on(&CONTAINER_INSTANCES, "ecs:DescribeContainerInstances");
pub const LIST_CONTAINER_INSTANCES: Grant = Grant::on(&CONTAINER_INSTANCES, "ecs:ListContainerInstances");
pub const UPDATE_CONTAINER_INSTANCES_STATE: Grant =
    Grant::on(&CONTAINER_INSTANCES, "ecs:UpdateContainerInstancesState");
pub const DESCRIBE_TASK_DEFINITION: Grant = Grant::on(&TASKS_READ, "ecs:DescribeTaskDefinition");
pub const DESCRIBE_TASKS: Grant = Grant::on(&TASKS_READ, "ecs:DescribeTasks");
pub const LIST_CLUSTERS: Grant = Grant::on(&NO_RESOURCE, "ecs:ListClusters");
pub const LIST_TASKS: Grant = Grant::on(&TASKS_READ, "ecs:ListTasks");

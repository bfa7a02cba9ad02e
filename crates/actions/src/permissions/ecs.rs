//! Permissions of Amazon ECS.

use crate::{Grant, Scope};

/// Which tasks run, and with which role.
static TASKS_READ: Scope = Scope::everything(
    "ReadWhichTasksRun",
    "Clusters and task definitions are listed for the whole account; which tasks have the role isn't known before.",
);

pub const DESCRIBE_TASK_DEFINITION: Grant = Grant::on(&TASKS_READ, "ecs:DescribeTaskDefinition");
pub const DESCRIBE_TASKS: Grant = Grant::on(&TASKS_READ, "ecs:DescribeTasks");
pub const LIST_CLUSTERS: Grant = Grant::on(&TASKS_READ, "ecs:ListClusters");
pub const LIST_TASKS: Grant = Grant::on(&TASKS_READ, "ecs:ListTasks");

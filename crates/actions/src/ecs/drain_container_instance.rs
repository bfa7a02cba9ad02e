//! `ecs.drain-container-instance`.

use backstop_core::{TargetKind, log::Phase};

use crate::{
    ActionSpec, Grants, Impact,
    permissions::{ec2, ecs},
};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "ecs.drain-container-instance",
    function: "respond-ec2",
    sentence: "Drains the ECS container instance that the instance is, so that services place their tasks elsewhere",
    by_hand: &[
        "once the instance is isolated, find the cluster that it is a container instance of, and drain it there, which stops the tasks of services on it:",
        "aws ecs list-container-instances --cluster CLUSTER --filter 'ec2InstanceId == {{instance_id}}'",
        "aws ecs update-container-instances-state --cluster CLUSTER --container-instances CONTAINER_INSTANCE --status DRAINING",
    ],
    phases: &[Phase::Contain],
    targets: &[TargetKind::Instance],
    // Where the instance isn't isolated yet, its tasks serve still, and the plan asks.
    impact: Impact::Principal,
    options: &[],
    grants: Grants {
        plan: &[
            ec2::DESCRIBE_INSTANCES,
            ecs::DESCRIBE_CONTAINER_INSTANCES,
            ecs::LIST_CLUSTERS,
            ecs::LIST_CONTAINER_INSTANCES,
        ],
        act: &[
            ec2::DESCRIBE_INSTANCES,
            ec2::TAG_INSTANCES,
            ecs::DESCRIBE_CONTAINER_INSTANCES,
            ecs::UPDATE_CONTAINER_INSTANCES_STATE,
        ],
        verify: &[
            ec2::DESCRIBE_INSTANCES,
            ecs::DESCRIBE_CONTAINER_INSTANCES,
            ecs::LIST_CLUSTERS,
            ecs::LIST_CONTAINER_INSTANCES,
        ],
        undo: &[
            ec2::DELETE_TAGS,
            ec2::DESCRIBE_INSTANCES,
            ecs::DESCRIBE_CONTAINER_INSTANCES,
            ecs::UPDATE_CONTAINER_INSTANCES_STATE,
        ],
    },
    waits_for_a_day: false,
};

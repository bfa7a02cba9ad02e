//! `ec2.detach-from-auto-scaling`.

use backstop_core::{TargetKind, log::Phase};

use crate::{
    ActionSpec, Grants, Impact,
    permissions::{autoscaling, ec2, elasticloadbalancing},
};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "ec2.detach-from-auto-scaling",
    function: "respond-ec2",
    sentence: "Takes the instance out of its Auto Scaling group, which would terminate it; a replacement comes",
    by_hand: &[
        "detach the instance from its Auto Scaling group before it is isolated, or the group terminates it",
    ],
    phases: &[Phase::Contain],
    targets: &[TargetKind::Instance],
    impact: Impact::Principal,
    options: &[],
    grants: Grants {
        plan: &[
            autoscaling::DESCRIBE_AUTO_SCALING_GROUPS,
            autoscaling::DESCRIBE_AUTO_SCALING_INSTANCES,
            ec2::DESCRIBE_INSTANCES,
            ec2::DESCRIBE_ROUTE_TABLES,
            ec2::DESCRIBE_SECURITY_GROUPS,
            elasticloadbalancing::DESCRIBE_INSTANCE_HEALTH,
            elasticloadbalancing::DESCRIBE_LOAD_BALANCERS,
            elasticloadbalancing::DESCRIBE_TARGET_GROUPS,
            elasticloadbalancing::DESCRIBE_TARGET_HEALTH,
        ],
        act: &[
            autoscaling::DESCRIBE_AUTO_SCALING_GROUPS,
            autoscaling::DESCRIBE_AUTO_SCALING_INSTANCES,
            autoscaling::DETACH_INSTANCES,
            ec2::DELETE_TAGS,
            ec2::DESCRIBE_INSTANCES,
            ec2::DESCRIBE_SECURITY_GROUPS,
            ec2::TAG_INSTANCES,
            elasticloadbalancing::DESCRIBE_INSTANCE_HEALTH,
            elasticloadbalancing::DESCRIBE_LOAD_BALANCERS,
            elasticloadbalancing::DESCRIBE_TARGET_GROUPS,
            elasticloadbalancing::DESCRIBE_TARGET_HEALTH,
        ],
        verify: &[autoscaling::DESCRIBE_AUTO_SCALING_INSTANCES],
        undo: &[
            autoscaling::ATTACH_INSTANCES,
            autoscaling::DESCRIBE_AUTO_SCALING_GROUPS,
            autoscaling::DESCRIBE_AUTO_SCALING_INSTANCES,
            autoscaling::ENTER_STANDBY,
            autoscaling::SET_INSTANCE_PROTECTION,
            ec2::DELETE_TAGS,
            ec2::DESCRIBE_INSTANCES,
        ],
    },
    waits_for_a_day: false,
};

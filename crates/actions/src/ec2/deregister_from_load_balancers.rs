//! `ec2.deregister-from-load-balancers`.

use backstop_core::{TargetKind, log::Phase};

use crate::{
    ActionSpec, Grants, Impact,
    permissions::{autoscaling, ec2, elasticloadbalancing},
};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "ec2.deregister-from-load-balancers",
    function: "respond-ec2",
    sentence: "Takes the instance out of every target group and Classic Load Balancer that sends users to it",
    by_hand: &["take the instance out of its target groups and Classic Load Balancers"],
    phases: &[Phase::Contain],
    targets: &[TargetKind::Instance],
    impact: Impact::Principal,
    options: &[],
    grants: Grants {
        plan: &[
            ec2::DESCRIBE_INSTANCES,
            elasticloadbalancing::DESCRIBE_INSTANCE_HEALTH,
            elasticloadbalancing::DESCRIBE_LOAD_BALANCERS,
            elasticloadbalancing::DESCRIBE_TARGET_GROUPS,
            elasticloadbalancing::DESCRIBE_TARGET_HEALTH,
        ],
        act: &[
            autoscaling::DESCRIBE_AUTO_SCALING_GROUPS,
            autoscaling::DESCRIBE_AUTO_SCALING_INSTANCES,
            ec2::DELETE_TAGS,
            ec2::DESCRIBE_INSTANCES,
            ec2::DESCRIBE_SECURITY_GROUPS,
            ec2::TAG_INSTANCES,
            elasticloadbalancing::DEREGISTER_INSTANCES_FROM_LOAD_BALANCER,
            elasticloadbalancing::DEREGISTER_TARGETS,
            elasticloadbalancing::DESCRIBE_INSTANCE_HEALTH,
            elasticloadbalancing::DESCRIBE_LOAD_BALANCERS,
            elasticloadbalancing::DESCRIBE_TARGET_GROUPS,
            elasticloadbalancing::DESCRIBE_TARGET_HEALTH,
        ],
        verify: &[
            ec2::DESCRIBE_INSTANCES,
            elasticloadbalancing::DESCRIBE_INSTANCE_HEALTH,
            elasticloadbalancing::DESCRIBE_LOAD_BALANCERS,
            elasticloadbalancing::DESCRIBE_TARGET_GROUPS,
            elasticloadbalancing::DESCRIBE_TARGET_HEALTH,
        ],
        undo: &[
            ec2::DELETE_TAGS,
            ec2::DESCRIBE_INSTANCES,
            elasticloadbalancing::DESCRIBE_LOAD_BALANCERS,
            elasticloadbalancing::DESCRIBE_TARGET_HEALTH,
            elasticloadbalancing::REGISTER_INSTANCES_WITH_LOAD_BALANCER,
            elasticloadbalancing::REGISTER_TARGETS,
        ],
    },
    waits_for_a_day: false,
};

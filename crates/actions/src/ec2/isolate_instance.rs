//! `ec2.isolate-instance`.

use backstop_core::{TargetKind, log::Phase};

use crate::{
    ActionSpec, Grants, Impact, OptionSpec, Switch,
    permissions::{autoscaling, ec2, elasticloadbalancing},
};

/// The option `untrack`.
pub const UNTRACK: Switch = Switch {
    name: "untrack",
    default: false,
    sentence: "Opens each interface to everyone for seconds first, so that its open connections lose their tracking and are cut",
};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "ec2.isolate-instance",
    function: "respond-ec2",
    sentence: "Puts every network interface of the instance into one security group without rules",
    by_hand: &["put each network interface of the instance into one security group without any rule"],
    phases: &[Phase::Contain],
    targets: &[TargetKind::Instance],
    impact: Impact::Principal,
    options: &[OptionSpec::Switch(UNTRACK)],
    grants: Grants {
        plan: &[
            autoscaling::DESCRIBE_AUTO_SCALING_GROUPS,
            autoscaling::DESCRIBE_AUTO_SCALING_INSTANCES,
            ec2::DESCRIBE_INSTANCES,
            ec2::DESCRIBE_NETWORK_INTERFACES,
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
            ec2::AUTHORIZE_SECURITY_GROUP_EGRESS,
            ec2::AUTHORIZE_SECURITY_GROUP_INGRESS,
            ec2::CREATE_SECURITY_GROUP,
            ec2::DELETE_SECURITY_GROUP,
            ec2::DELETE_TAGS,
            ec2::DESCRIBE_INSTANCES,
            ec2::DESCRIBE_NETWORK_INTERFACES,
            ec2::DESCRIBE_SECURITY_GROUPS,
            ec2::DESCRIBE_SECURITY_GROUP_RULES,
            ec2::MODIFY_NETWORK_INTERFACE_ATTRIBUTE,
            ec2::REVOKE_SECURITY_GROUP_EGRESS,
            ec2::REVOKE_SECURITY_GROUP_INGRESS,
            ec2::TAG_INSTANCES,
            ec2::TAG_NEW_GROUPS,
            elasticloadbalancing::DESCRIBE_INSTANCE_HEALTH,
            elasticloadbalancing::DESCRIBE_LOAD_BALANCERS,
            elasticloadbalancing::DESCRIBE_TARGET_GROUPS,
            elasticloadbalancing::DESCRIBE_TARGET_HEALTH,
        ],
        verify: &[
            ec2::DESCRIBE_INSTANCES,
            ec2::DESCRIBE_NETWORK_INTERFACES,
            ec2::DESCRIBE_SECURITY_GROUPS,
        ],
        undo: &[
            ec2::DELETE_TAGS,
            ec2::DESCRIBE_INSTANCES,
            ec2::DESCRIBE_NETWORK_INTERFACES,
            ec2::DESCRIBE_SECURITY_GROUPS,
            ec2::MODIFY_NETWORK_INTERFACE_ATTRIBUTE,
        ],
    },
    waits_for_a_day: false,
};

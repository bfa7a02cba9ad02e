//! Permissions of Elastic Load Balancing.

use super::NO_RESOURCE;
use crate::{Grant, Scope};

/// Classic Load Balancers.
static CLASSIC: Scope = Scope::of(
    "SendNobodyByClassicLoadBalancers",
    &["arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/*"],
);

/// Target groups.
static TARGET_GROUPS: Scope = Scope::of(
    "SendNobodyByTargetGroups",
    &["arn:{partition}:elasticloadbalancing:{region}:{account}:targetgroup/*"],
);

pub const DESCRIBE_INSTANCE_HEALTH: Grant =
    Grant::on(&NO_RESOURCE, "elasticloadbalancing:DescribeInstanceHealth");
pub const DESCRIBE_LOAD_BALANCERS: Grant =
    Grant::on(&NO_RESOURCE, "elasticloadbalancing:DescribeLoadBalancers");
pub const DESCRIBE_TARGET_GROUPS: Grant =
    Grant::on(&NO_RESOURCE, "elasticloadbalancing:DescribeTargetGroups");
pub const DESCRIBE_TARGET_HEALTH: Grant =
    Grant::on(&NO_RESOURCE, "elasticloadbalancing:DescribeTargetHealth");
pub const DEREGISTER_INSTANCES_FROM_LOAD_BALANCER: Grant = Grant::on(
    &CLASSIC,
    "elasticloadbalancing:DeregisterInstancesFromLoadBalancer",
);
pub const REGISTER_INSTANCES_WITH_LOAD_BALANCER: Grant =
    Grant::on(&CLASSIC, "elasticloadbalancing:RegisterInstancesWithLoadBalancer");
pub const DEREGISTER_TARGETS: Grant = Grant::on(&TARGET_GROUPS, "elasticloadbalancing:DeregisterTargets");
pub const REGISTER_TARGETS: Grant = Grant::on(&TARGET_GROUPS, "elasticloadbalancing:RegisterTargets");

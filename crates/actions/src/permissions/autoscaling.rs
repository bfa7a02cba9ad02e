//! Permissions of EC2 Auto Scaling.

use super::NO_RESOURCE;
use crate::{Grant, Scope};

/// Auto Scaling groups.
static GROUPS: Scope = Scope::of(
    "TakeInstancesOutOfService",
    &["arn:{partition}:autoscaling:{region}:{account}:autoScalingGroup:*"],
);

pub const ATTACH_INSTANCES: Grant = Grant::on(&GROUPS, "autoscaling:AttachInstances");
pub const DETACH_INSTANCES: Grant = Grant::on(&GROUPS, "autoscaling:DetachInstances");
pub const ENTER_STANDBY: Grant = Grant::on(&GROUPS, "autoscaling:EnterStandby");
pub const SET_INSTANCE_PROTECTION: Grant = Grant::on(&GROUPS, "autoscaling:SetInstanceProtection");
pub const DESCRIBE_AUTO_SCALING_GROUPS: Grant =
    Grant::on(&NO_RESOURCE, "autoscaling:DescribeAutoScalingGroups");
pub const DESCRIBE_AUTO_SCALING_INSTANCES: Grant =
    Grant::on(&NO_RESOURCE, "autoscaling:DescribeAutoScalingInstances");

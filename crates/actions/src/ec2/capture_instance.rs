//! `ec2.capture-instance`.

use backstop_core::{TargetKind, log::Phase};

use crate::{
    ActionSpec, Grants, Impact,
    permissions::{autoscaling, ec2},
};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "ec2.capture-instance",
    function: "respond-ec2",
    sentence: "Keeps the instance's settings, its network, and the end of its console output as evidence",
    by_hand: &[],
    phases: &[Phase::Preserve],
    targets: &[TargetKind::Instance],
    impact: Impact::Nobody,
    options: &[],
    grants: Grants::reading(&[
        autoscaling::DESCRIBE_AUTO_SCALING_INSTANCES,
        ec2::DESCRIBE_ADDRESSES,
        ec2::DESCRIBE_IAM_INSTANCE_PROFILE_ASSOCIATIONS,
        ec2::DESCRIBE_INSTANCE_ATTRIBUTE,
        ec2::DESCRIBE_INSTANCES,
        ec2::DESCRIBE_NETWORK_ACLS,
        ec2::DESCRIBE_ROUTE_TABLES,
        ec2::DESCRIBE_SECURITY_GROUPS,
        ec2::DESCRIBE_VOLUMES,
        ec2::GET_CONSOLE_OUTPUT,
    ]),
    waits_for_a_day: false,
};

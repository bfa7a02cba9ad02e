//! `ec2.revoke-instance-credentials`.

use backstop_core::{TargetKind, log::Phase};

use crate::{
    ActionSpec, Grants, Impact,
    permissions::{autoscaling, ec2, elasticloadbalancing, iam},
};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "ec2.revoke-instance-credentials",
    function: "respond-ec2",
    sentence: "Takes the instance's profile away and denies everything to the credentials that it was given",
    by_hand: &[
        "take the instance profile off the instance, and deny its credentials on the role by ec2:SourceInstanceARN",
    ],
    phases: &[Phase::Contain],
    targets: &[TargetKind::Instance],
    impact: Impact::Principal,
    options: &[],
    grants: Grants {
        plan: &[
            autoscaling::DESCRIBE_AUTO_SCALING_GROUPS,
            autoscaling::DESCRIBE_AUTO_SCALING_INSTANCES,
            ec2::DESCRIBE_IAM_INSTANCE_PROFILE_ASSOCIATIONS,
            ec2::DESCRIBE_INSTANCES,
            ec2::DESCRIBE_ROUTE_TABLES,
            ec2::DESCRIBE_SECURITY_GROUPS,
            elasticloadbalancing::DESCRIBE_INSTANCE_HEALTH,
            elasticloadbalancing::DESCRIBE_LOAD_BALANCERS,
            elasticloadbalancing::DESCRIBE_TARGET_GROUPS,
            elasticloadbalancing::DESCRIBE_TARGET_HEALTH,
            iam::GET_INSTANCE_PROFILE,
            iam::GET_ROLE_POLICY,
        ],
        act: &[
            autoscaling::DESCRIBE_AUTO_SCALING_GROUPS,
            autoscaling::DESCRIBE_AUTO_SCALING_INSTANCES,
            ec2::DELETE_TAGS,
            ec2::DESCRIBE_IAM_INSTANCE_PROFILE_ASSOCIATIONS,
            ec2::DESCRIBE_INSTANCES,
            ec2::DESCRIBE_SECURITY_GROUPS,
            ec2::DISASSOCIATE_IAM_INSTANCE_PROFILE,
            ec2::TAG_INSTANCES,
            elasticloadbalancing::DESCRIBE_INSTANCE_HEALTH,
            elasticloadbalancing::DESCRIBE_LOAD_BALANCERS,
            elasticloadbalancing::DESCRIBE_TARGET_GROUPS,
            elasticloadbalancing::DESCRIBE_TARGET_HEALTH,
            iam::GET_INSTANCE_PROFILE,
            iam::GET_ROLE_POLICY,
            iam::PUT_ROLE_POLICY,
        ],
        verify: &[
            ec2::DESCRIBE_IAM_INSTANCE_PROFILE_ASSOCIATIONS,
            iam::GET_ROLE_POLICY,
        ],
        undo: &[
            ec2::ASSOCIATE_IAM_INSTANCE_PROFILE,
            ec2::DELETE_TAGS,
            ec2::DESCRIBE_IAM_INSTANCE_PROFILE_ASSOCIATIONS,
            ec2::DESCRIBE_INSTANCES,
            iam::DELETE_ROLE_POLICY,
            iam::GET_INSTANCE_PROFILE,
            iam::GET_ROLE_POLICY,
            iam::PASS_ROLE,
            iam::PUT_ROLE_POLICY,
        ],
    },
    waits_for_a_day: false,
};

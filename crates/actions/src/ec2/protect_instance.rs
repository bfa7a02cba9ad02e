//! `ec2.protect-instance`.

use backstop_core::{TargetKind, log::Phase};

use crate::{ActionSpec, Grants, Impact, permissions::ec2};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "ec2.protect-instance",
    function: "respond-ec2",
    sentence: "Keeps the instance and its volumes from being stopped, terminated or deleted",
    by_hand: &[
        "aws ec2 modify-instance-attribute --region {{region}} --instance-id {{instance_id}} --disable-api-termination",
    ],
    phases: &[Phase::Contain],
    targets: &[TargetKind::Instance],
    impact: Impact::Principal,
    options: &[],
    grants: Grants {
        plan: &[ec2::DESCRIBE_INSTANCE_ATTRIBUTE, ec2::DESCRIBE_INSTANCES],
        act: &[
            ec2::DESCRIBE_INSTANCES,
            ec2::DESCRIBE_INSTANCE_ATTRIBUTE,
            ec2::MODIFY_INSTANCE_ATTRIBUTE,
            ec2::TAG_INSTANCES,
        ],
        verify: &[ec2::DESCRIBE_INSTANCE_ATTRIBUTE, ec2::DESCRIBE_INSTANCES],
        undo: &[
            ec2::DELETE_TAGS,
            ec2::DESCRIBE_INSTANCES,
            ec2::DESCRIBE_INSTANCE_ATTRIBUTE,
            ec2::MODIFY_INSTANCE_ATTRIBUTE,
        ],
    },
    waits_for_a_day: false,
};

//! `ec2.tag-instance`.

use backstop_core::{TargetKind, log::Phase};

use crate::{ActionSpec, Grants, Impact, permissions::ec2};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "ec2.tag-instance",
    function: "respond-ec2",
    sentence: "Tags the instance with the incident, and with whether it is isolated",
    by_hand: &[],
    phases: &[Phase::Preserve],
    targets: &[TargetKind::Instance],
    impact: Impact::Evidence,
    options: &[],
    grants: Grants {
        plan: &[ec2::DESCRIBE_INSTANCES],
        act: &[ec2::DESCRIBE_INSTANCES, ec2::TAG_INSTANCES],
        verify: &[ec2::DESCRIBE_INSTANCES],
        undo: &[ec2::TAG_INSTANCES, ec2::DELETE_TAGS, ec2::DESCRIBE_INSTANCES],
    },
    waits_for_a_day: false,
};

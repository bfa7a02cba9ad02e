//! `ec2.snapshot-volumes`.

use backstop_core::{TargetKind, log::Phase};

use crate::{ActionSpec, Grants, Impact, permissions::ec2};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "ec2.snapshot-volumes",
    function: "respond-ec2",
    sentence: "Starts one crash-consistent snapshot of all of the instance's volumes as evidence",
    by_hand: &[],
    phases: &[Phase::Preserve],
    targets: &[TargetKind::Instance],
    impact: Impact::Evidence,
    options: &[],
    grants: Grants {
        plan: &[
            ec2::DESCRIBE_INSTANCES,
            ec2::DESCRIBE_SNAPSHOTS,
            ec2::DESCRIBE_VOLUMES,
        ],
        act: &[
            ec2::CREATE_SNAPSHOTS,
            ec2::TAG_NEW_SNAPSHOTS,
            ec2::DESCRIBE_INSTANCES,
            ec2::DESCRIBE_SNAPSHOTS,
        ],
        verify: &[ec2::DESCRIBE_INSTANCES, ec2::DESCRIBE_SNAPSHOTS],
        undo: &[],
    },
    waits_for_a_day: false,
};

//! `ec2.secure-snapshots`.

use backstop_core::{TargetKind, log::Phase};

use crate::{
    ActionSpec, Grants, Impact,
    permissions::{ec2, kms},
};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "ec2.secure-snapshots",
    function: "respond-ec2",
    sentence: "Locks the incident's snapshots, copies them under a key and shares them, as the stack's parameters say",
    by_hand: &[],
    phases: &[Phase::Preserve],
    targets: &[TargetKind::Instance],
    impact: Impact::Evidence,
    options: &[],
    grants: Grants {
        plan: &[
            ec2::DESCRIBE_INSTANCES,
            ec2::DESCRIBE_LOCKED_SNAPSHOTS,
            ec2::DESCRIBE_SNAPSHOT_ATTRIBUTE,
            ec2::DESCRIBE_SNAPSHOTS,
        ],
        act: &[
            ec2::COPY_SNAPSHOT,
            ec2::TAG_NEW_SNAPSHOTS,
            ec2::DESCRIBE_LOCKED_SNAPSHOTS,
            ec2::DESCRIBE_SNAPSHOT_ATTRIBUTE,
            ec2::DESCRIBE_SNAPSHOTS,
            ec2::LOCK_SNAPSHOT,
            ec2::MODIFY_SNAPSHOT_ATTRIBUTE,
            kms::CREATE_GRANT,
            kms::DECRYPT_COPIES,
            kms::DECRYPT_SOURCES,
            kms::DESCRIBE_COPY_KEY,
            kms::DESCRIBE_SOURCE_KEYS,
            kms::GENERATE_DATA_KEY_WITHOUT_PLAINTEXT,
            kms::RE_ENCRYPT_FROM,
            kms::RE_ENCRYPT_TO,
        ],
        verify: &[
            ec2::DESCRIBE_LOCKED_SNAPSHOTS,
            ec2::DESCRIBE_SNAPSHOT_ATTRIBUTE,
            ec2::DESCRIBE_SNAPSHOTS,
        ],
        undo: &[],
    },
    waits_for_a_day: true,
};

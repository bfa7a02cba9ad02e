//! `s3.capture-bucket`.

use backstop_core::{TargetKind, log::Phase};

use crate::{ActionSpec, Grants, Impact, permissions::s3};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "s3.capture-bucket",
    function: "respond-s3",
    sentence: "Keeps the bucket's settings as evidence: policy, ACL, replication, notifications, logging and more",
    by_hand: &[],
    phases: &[Phase::Preserve],
    targets: &[TargetKind::Bucket],
    impact: Impact::Nobody,
    options: &[],
    grants: Grants::reading(&[
        s3::GET_BUCKET_ACL,
        s3::GET_BUCKET_LOGGING,
        s3::GET_BUCKET_NOTIFICATION,
        s3::GET_BUCKET_OWNERSHIP_CONTROLS,
        s3::GET_BUCKET_POLICY,
        s3::GET_BUCKET_POLICY_STATUS,
        s3::GET_BUCKET_PUBLIC_ACCESS_BLOCK,
        s3::GET_BUCKET_TAGGING,
        s3::GET_BUCKET_VERSIONING,
        s3::GET_BUCKET_WEBSITE,
        s3::GET_REPLICATION_CONFIGURATION,
    ]),
    waits_for_a_day: false,
};

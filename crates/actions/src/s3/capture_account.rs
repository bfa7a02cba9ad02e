//! `s3.capture-account`.

use backstop_core::{TargetKind, log::Phase};

use crate::{ActionSpec, Grants, Impact, permissions::s3};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "s3.capture-account",
    function: "respond-s3",
    sentence: "Keeps which of the account's buckets were open, and how, as evidence",
    by_hand: &[],
    phases: &[Phase::Preserve],
    targets: &[TargetKind::Account],
    impact: Impact::Nobody,
    options: &[],
    grants: Grants::reading(&[
        s3::GET_ACCOUNT_PUBLIC_ACCESS_BLOCK,
        s3::GET_BUCKET_ACL,
        s3::GET_BUCKET_POLICY_STATUS,
        s3::GET_BUCKET_PUBLIC_ACCESS_BLOCK,
        s3::GET_BUCKET_TAGGING,
        s3::GET_BUCKET_WEBSITE,
        s3::LIST_ALL_MY_BUCKETS,
    ]),
    waits_for_a_day: false,
};

//! `s3.block-public-access`.

use backstop_core::{TargetKind, log::Phase};

use crate::{
    ActionSpec, Grants, Impact,
    permissions::{cloudtrail, s3},
};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "s3.block-public-access",
    function: "respond-s3",
    sentence: "Turns on all of the bucket's Block Public Access; its policy and ACLs stay as they are",
    by_hand: &[
        "aws s3api put-public-access-block --bucket {{name}} --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
    ],
    phases: &[Phase::Contain],
    targets: &[TargetKind::Bucket],
    impact: Impact::Outsiders,
    options: &[],
    grants: Grants {
        plan: &[
            cloudtrail::LOOKUP_EVENTS,
            s3::GET_ACCOUNT_PUBLIC_ACCESS_BLOCK,
            s3::GET_BUCKET_LOGGING,
            s3::GET_BUCKET_OWNERSHIP_CONTROLS,
            s3::GET_BUCKET_POLICY,
            s3::GET_BUCKET_POLICY_STATUS,
            s3::GET_BUCKET_PUBLIC_ACCESS_BLOCK,
            s3::GET_BUCKET_TAGGING,
            s3::GET_BUCKET_WEBSITE,
        ],
        act: &[s3::PUT_BUCKET_PUBLIC_ACCESS_BLOCK],
        verify: &[s3::GET_BUCKET_POLICY_STATUS, s3::GET_BUCKET_PUBLIC_ACCESS_BLOCK],
        undo: &[
            s3::GET_BUCKET_PUBLIC_ACCESS_BLOCK,
            s3::PUT_BUCKET_PUBLIC_ACCESS_BLOCK,
        ],
    },
    waits_for_a_day: false,
};

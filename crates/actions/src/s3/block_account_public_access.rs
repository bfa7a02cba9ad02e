//! `s3.block-account-public-access`.

use backstop_core::{TargetKind, log::Phase};

use crate::{ActionSpec, Grants, Impact, permissions::s3};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "s3.block-account-public-access",
    function: "respond-s3",
    sentence: "Turns on all of the account's Block Public Access, which reaches each of its buckets",
    by_hand: &[
        "aws s3control put-public-access-block --account-id {{account}} --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
    ],
    phases: &[Phase::Contain],
    targets: &[TargetKind::Account],
    // Every bucket of the account, also those that are meant to be public.
    impact: Impact::Shared,
    options: &[],
    grants: Grants {
        plan: &[
            s3::GET_ACCOUNT_PUBLIC_ACCESS_BLOCK,
            s3::GET_BUCKET_ACL,
            s3::GET_BUCKET_POLICY_STATUS,
            s3::GET_BUCKET_PUBLIC_ACCESS_BLOCK,
            s3::GET_BUCKET_TAGGING,
            s3::GET_BUCKET_WEBSITE,
            s3::LIST_ALL_MY_BUCKETS,
        ],
        act: &[s3::PUT_ACCOUNT_PUBLIC_ACCESS_BLOCK],
        verify: &[s3::GET_ACCOUNT_PUBLIC_ACCESS_BLOCK],
        undo: &[
            s3::GET_ACCOUNT_PUBLIC_ACCESS_BLOCK,
            s3::PUT_ACCOUNT_PUBLIC_ACCESS_BLOCK,
        ],
    },
    waits_for_a_day: false,
};

//! `iam.narrow-role-trust`.

use backstop_core::{TargetKind, log::Phase};

use crate::{ActionSpec, Grants, Impact, permissions::iam};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "iam.narrow-role-trust",
    function: "respond-iam",
    sentence: "Adds a deny to the role's trust policy, so that nobody can assume it any more",
    by_hand: &[
        "add a statement to the trust policy of the role that denies sts:AssumeRole to everybody, and keep the policy as it was",
    ],
    phases: &[Phase::Contain],
    targets: &[TargetKind::RoleSession, TargetKind::Role],
    impact: Impact::Shared,
    options: &[],
    grants: Grants {
        plan: &[iam::GET_ROLE],
        act: &[iam::GET_ROLE, iam::UPDATE_ASSUME_ROLE_POLICY],
        verify: &[iam::GET_ROLE],
        undo: &[iam::GET_ROLE, iam::UPDATE_ASSUME_ROLE_POLICY],
    },
    waits_for_a_day: false,
};

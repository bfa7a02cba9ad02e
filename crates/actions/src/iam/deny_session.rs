//! `iam.deny-session`.

use backstop_core::{TargetKind, log::Phase};

use crate::{ActionSpec, Grants, Impact, permissions::iam};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "iam.deny-session",
    function: "respond-iam",
    sentence: "Adds an inline policy that denies the one session that AWS named after a function or task; others go on",
    by_hand: &[
        r#"aws iam put-role-policy --role-name {{role_name}} --policy-name DenySessionByHand --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:userid":"{{role_id}}:{{session_name}}"}}}]}'"#,
    ],
    phases: &[Phase::Contain],
    targets: &[TargetKind::RoleSession],
    impact: Impact::Principal,
    options: &[],
    grants: Grants {
        plan: &[iam::GET_ROLE, iam::GET_ROLE_POLICY],
        act: &[iam::GET_ROLE, iam::PUT_ROLE_POLICY],
        verify: &[iam::GET_ROLE, iam::GET_ROLE_POLICY],
        undo: &[
            iam::DELETE_ROLE_POLICY,
            iam::GET_ROLE_POLICY,
            iam::PUT_ROLE_POLICY,
        ],
    },
    waits_for_a_day: false,
};

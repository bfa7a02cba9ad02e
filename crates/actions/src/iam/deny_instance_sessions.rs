//! `iam.deny-instance-sessions`.

use backstop_core::{TargetKind, log::Phase};

use crate::{ActionSpec, Grants, Impact, permissions::iam};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "iam.deny-instance-sessions",
    function: "respond-iam",
    sentence: "Adds an inline policy that denies the credentials of the session's instance; other instances go on",
    by_hand: &[
        r#"aws iam put-role-policy --role-name {{role_name}} --policy-name DenyInstanceByHand --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnLike":{"ec2:SourceInstanceARN":"arn:*:ec2:*:*:instance/{{session_name}}"}}}]}'"#,
    ],
    phases: &[Phase::Contain],
    targets: &[TargetKind::RoleSession],
    impact: Impact::Principal,
    options: &[],
    grants: Grants {
        plan: &[
            iam::GET_ROLE,
            iam::GET_ROLE_POLICY,
            iam::LIST_INSTANCE_PROFILES_FOR_ROLE,
        ],
        act: &[iam::PUT_ROLE_POLICY],
        verify: &[iam::GET_ROLE, iam::GET_ROLE_POLICY],
        undo: &[
            iam::DELETE_ROLE_POLICY,
            iam::GET_ROLE_POLICY,
            iam::PUT_ROLE_POLICY,
        ],
    },
    waits_for_a_day: false,
};

//! `iam.deny-user`.

use backstop_core::{TargetKind, log::Phase};

use crate::{ActionSpec, Grants, Impact, permissions::iam};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "iam.deny-user",
    function: "respond-iam",
    sentence: "Adds an inline policy that denies the user everything, sessions made with its keys included",
    by_hand: &[
        "aws iam attach-user-policy --user-name {{user_name}} --policy-arn arn:{{partition}}:iam::aws:policy/AWSDenyAll",
    ],
    phases: &[Phase::Contain],
    targets: &[TargetKind::AccessKey, TargetKind::UserSession, TargetKind::User],
    impact: Impact::Principal,
    options: &[],
    grants: Grants {
        plan: &[
            iam::GET_ACCESS_KEY_LAST_USED,
            iam::GET_LOGIN_PROFILE,
            iam::GET_USER,
            iam::GET_USER_POLICY,
            iam::LIST_ACCESS_KEYS,
            iam::LIST_ATTACHED_USER_POLICIES,
            iam::LIST_MFA_DEVICES,
        ],
        act: &[
            iam::ATTACH_USER_POLICY,
            iam::GET_USER,
            iam::PUT_USER_PERMISSIONS_BOUNDARY,
            iam::PUT_USER_POLICY,
        ],
        verify: &[
            iam::GET_USER,
            iam::GET_USER_POLICY,
            iam::LIST_ATTACHED_USER_POLICIES,
        ],
        undo: &[
            iam::DELETE_USER_POLICY,
            iam::GET_USER,
            iam::GET_USER_POLICY,
            iam::LIST_ATTACHED_USER_POLICIES,
            iam::LIST_USER_POLICIES,
            iam::PUT_USER_POLICY,
        ],
    },
    waits_for_a_day: false,
};

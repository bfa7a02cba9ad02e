//! `iam.deactivate-access-key`.

use backstop_core::{TargetKind, log::Phase};

use crate::{ActionSpec, Grants, Impact, permissions::iam};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "iam.deactivate-access-key",
    function: "respond-iam",
    sentence: "Sets the reported access key to Inactive; undo never brings a leaked key back",
    by_hand: &[
        "aws iam update-access-key --user-name {{user_name}} --access-key-id {{key_id}} --status Inactive",
    ],
    phases: &[Phase::Contain],
    targets: &[TargetKind::AccessKey],
    impact: Impact::Credential,
    options: &[],
    grants: Grants {
        plan: &[
            iam::GET_ACCESS_KEY_LAST_USED,
            iam::GET_USER,
            iam::LIST_ACCESS_KEYS,
        ],
        act: &[iam::UPDATE_ACCESS_KEY],
        verify: &[iam::LIST_ACCESS_KEYS],
        undo: &[iam::LIST_ACCESS_KEYS, iam::UPDATE_ACCESS_KEY],
    },
    waits_for_a_day: false,
};

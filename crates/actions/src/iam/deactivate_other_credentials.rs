//! `iam.deactivate-other-credentials`.

use backstop_core::{TargetKind, log::Phase};

use crate::{ActionSpec, Grants, Impact, permissions::iam};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "iam.deactivate-other-credentials",
    function: "respond-iam",
    sentence: "Sets the user's other access keys, certificates, service-specific credentials and SSH keys to Inactive",
    by_hand: &[
        "set the other access keys, signing certificates, SSH public keys and service-specific credentials of the user to Inactive in the IAM console",
    ],
    phases: &[Phase::Contain],
    targets: &[TargetKind::AccessKey, TargetKind::UserSession, TargetKind::User],
    impact: Impact::Principal,
    options: &[],
    grants: Grants {
        plan: &[
            iam::GET_ACCESS_KEY_LAST_USED,
            iam::GET_USER,
            iam::LIST_ACCESS_KEYS,
            iam::LIST_SSH_PUBLIC_KEYS,
            iam::LIST_SERVICE_SPECIFIC_CREDENTIALS,
            iam::LIST_SIGNING_CERTIFICATES,
        ],
        act: &[
            iam::UPDATE_ACCESS_KEY,
            iam::UPDATE_SSH_PUBLIC_KEY,
            iam::UPDATE_SERVICE_SPECIFIC_CREDENTIAL,
            iam::UPDATE_SIGNING_CERTIFICATE,
        ],
        verify: &[
            iam::LIST_ACCESS_KEYS,
            iam::LIST_SSH_PUBLIC_KEYS,
            iam::LIST_SERVICE_SPECIFIC_CREDENTIALS,
            iam::LIST_SIGNING_CERTIFICATES,
        ],
        undo: &[
            iam::LIST_ACCESS_KEYS,
            iam::LIST_SSH_PUBLIC_KEYS,
            iam::LIST_SERVICE_SPECIFIC_CREDENTIALS,
            iam::LIST_SIGNING_CERTIFICATES,
            iam::UPDATE_ACCESS_KEY,
            iam::UPDATE_SSH_PUBLIC_KEY,
            iam::UPDATE_SERVICE_SPECIFIC_CREDENTIAL,
            iam::UPDATE_SIGNING_CERTIFICATE,
        ],
    },
    waits_for_a_day: false,
};

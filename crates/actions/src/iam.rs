//! Actions on IAM users, access keys, roles and their sessions, a file each.

pub mod deactivate_access_key;
pub mod deactivate_other_credentials;
pub mod deny_instance_sessions;
pub mod deny_session;
pub mod deny_user;
pub mod narrow_role_trust;
pub mod revoke_role_sessions;

use crate::ActionSpec;

/// The actions, by name.
pub(crate) static ACTIONS: &[&ActionSpec] = &[
    &deactivate_access_key::SPEC,
    &deactivate_other_credentials::SPEC,
    &deny_instance_sessions::SPEC,
    &deny_session::SPEC,
    &deny_user::SPEC,
    &narrow_role_trust::SPEC,
    &revoke_role_sessions::SPEC,
];

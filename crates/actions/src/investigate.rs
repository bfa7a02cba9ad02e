//! What is read about a credential, a file each.

pub mod credential_activity;

use crate::ActionSpec;

/// The actions, by name.
pub(crate) static ACTIONS: &[&ActionSpec] = &[&credential_activity::SPEC];

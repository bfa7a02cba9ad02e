//! What is read about a credential or an instance, a file each.

pub mod credential_activity;
pub mod instance_activity;

use crate::ActionSpec;

/// The actions, by name.
pub(crate) static ACTIONS: &[&ActionSpec] = &[&credential_activity::SPEC, &instance_activity::SPEC];

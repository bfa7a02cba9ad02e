//! Actions on container instances of Amazon ECS, a file each.

pub mod drain_container_instance;

use crate::ActionSpec;

/// The actions, by name.
pub(crate) static ACTIONS: &[&ActionSpec] = &[&drain_container_instance::SPEC];

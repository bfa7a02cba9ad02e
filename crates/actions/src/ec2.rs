//! Actions on EC2 instances, a file each.

pub mod capture_instance;
pub mod deny_remote_address;
pub mod deny_subnet_traffic;
pub mod deregister_from_load_balancers;
pub mod detach_from_auto_scaling;
pub mod end_sessions;
pub mod isolate_instance;
pub mod protect_instance;
pub mod remove_public_addresses;
pub mod revoke_instance_credentials;
pub mod scan_for_malware;
pub mod secure_snapshots;
pub mod snapshot_volumes;
pub mod tag_instance;

use crate::ActionSpec;

/// The actions, by name.
pub(crate) static ACTIONS: &[&ActionSpec] = &[
    &capture_instance::SPEC,
    &deny_remote_address::SPEC,
    &deny_subnet_traffic::SPEC,
    &deregister_from_load_balancers::SPEC,
    &detach_from_auto_scaling::SPEC,
    &end_sessions::SPEC,
    &isolate_instance::SPEC,
    &protect_instance::SPEC,
    &remove_public_addresses::SPEC,
    &revoke_instance_credentials::SPEC,
    &scan_for_malware::SPEC,
    &secure_snapshots::SPEC,
    &snapshot_volumes::SPEC,
    &tag_instance::SPEC,
];

//! Actions on buckets, and on what an account says of all of its buckets, a file each.

pub mod block_account_public_access;
pub mod block_public_access;
pub mod capture_account;
pub mod capture_bucket;

use crate::ActionSpec;

/// The actions, by name.
pub(crate) static ACTIONS: &[&ActionSpec] = &[
    &block_account_public_access::SPEC,
    &block_public_access::SPEC,
    &capture_account::SPEC,
    &capture_bucket::SPEC,
];

//! What an answer is made from.

use super::{Record, Upstreams};

/// The emulators behind the gateway, and what was called so far.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) record: Record,
    pub(crate) upstreams: Upstreams,
    pub(crate) account_id: String,
}

//! A complete request and what is known of it.

use bytes::Bytes;
use hyper::http::request::Parts;

use super::{AwsRequest, Principal};

/// See the module.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) asked: AwsRequest,
    pub(crate) principal: Principal,
    pub(crate) body: Bytes,
    pub(crate) parts: Parts,
}

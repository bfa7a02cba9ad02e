//! One AWS call on its way: what was asked, by whom, what was answered, and what is kept of it. The gateway and the
//! answers speak in these words; nothing here knows which call goes where.

mod backend;
mod call;
mod error_body;
mod exchange;
mod principal;
mod reply;
mod request;
mod request_units;
mod resource;
mod rest_action;
mod upstream;

pub use call::RecordedCall;
pub use principal::Principal;
pub use request::{AwsRequest, Protocol};
pub use request_units::RequestUnits;
pub use resource::Resource;
pub use upstream::Upstreams;

pub(crate) use backend::Backend;
pub(crate) use call::{Ending, Record};
pub(crate) use error_body::{denied, error, escape, internal, throttled};
pub(crate) use exchange::Exchange;
pub(crate) use principal::Principals;
pub(crate) use reply::Reply;
#[cfg(test)]
pub(crate) use request::asked;
pub(crate) use upstream::UpstreamError;

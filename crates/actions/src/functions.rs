//! The functions, a file each; a function is in the template if it is listed here.

pub mod api;
pub mod approve;
pub mod close;
pub mod intake;
pub mod investigate;
pub mod notify;
pub mod respond_ec2;
pub mod respond_iam;
pub mod respond_s3;
mod shared;
pub mod sweep;

pub use shared::RESPONDER;

use crate::FunctionSpec;

/// Every function, in the order in which an incident meets them.
pub static FUNCTIONS: &[&FunctionSpec] = &[
    &intake::SPEC,
    &api::SPEC,
    &respond_ec2::SPEC,
    &respond_iam::SPEC,
    &respond_s3::SPEC,
    &investigate::SPEC,
    &notify::SPEC,
    &close::SPEC,
    &approve::SPEC,
    &sweep::SPEC,
];

/// Stands for every function that contains: among a scope's resources for their ARNs, and in a variable for a list of
/// `name|ARN`, with commas.
pub const EVERY_RESPONDER: &str = "{Responders}";

/// The functions that contain, one for each power.
pub fn responders() -> impl Iterator<Item = &'static FunctionSpec> {
    FUNCTIONS
        .iter()
        .copied()
        .filter(|function| function.name.starts_with("respond-"))
}

/// The function of this name.
pub fn function(name: &str) -> Option<&'static FunctionSpec> {
    FUNCTIONS.iter().copied().find(|function| function.name == name)
}

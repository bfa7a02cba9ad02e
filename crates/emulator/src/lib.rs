//! The disposable AWS account: emulators, the gateway in front of them, and what a drill needs to use them.
//!
//! No code of a function may know of this crate; functions see an endpoint and credentials, as in AWS.

pub mod account;
pub mod answers;
pub mod deploy;
pub mod emulators;
pub mod gateway;
pub mod venv;

pub use account::{Account, AccountError, Progress, Settings, Silent};
pub use gateway::{Call, Effect, FaultId, Faults, Matcher, Principal, Resource};

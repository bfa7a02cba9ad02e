//! The disposable AWS account: emulators, the gateway in front of them, and what a drill needs to use them.
//!
//! No code of a function may know of this crate; functions see an endpoint and credentials, as in AWS.

pub mod account;
pub mod answers;
pub mod deploy;
pub mod emulators;
pub mod gateway;
mod progress;
mod settings;
pub mod venv;
pub mod wire;

pub use account::{Account, AccountError, AlarmsError};
pub use gateway::{Effect, FaultId, Faults, Matcher};
pub use progress::{Progress, Silent};
pub use settings::Settings;
pub use wire::{Principal, RecordedCall, RequestUnits, Resource};

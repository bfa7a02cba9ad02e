//! End-to-end tests across rooms: real findings go into a real deployment in the disposable account, and the end
//! state is asserted. What the tests share is in here.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a failing helper fails its test"
)]

mod by_hand;
mod functions;
mod known_actions;
mod opening;
mod people;
mod scene;
mod sections;
mod setting;
mod thing;

pub use by_hand::by_hand;
pub use functions::{Failure, Functions, in_template};
pub use known_actions::{Drift, KNOWN_ACTIONS, KnownAction, SafeUndo, with_key_off};
pub use opening::{Case, story};
pub use people::{Notice, People};
pub use scene::{Leaked, Scene, refusals};
pub use sections::Sections;
pub use setting::{Setting, drill, playbooks, stage};
pub use thing::{Thing, target_of};

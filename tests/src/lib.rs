//! End-to-end tests across rooms: real findings go into a real deployment in the disposable account, and the end
//! state is asserted. What the tests share is in here.

pub mod lambda;
mod scene;
mod sections;
mod setting;

pub use scene::{Leaked, Scene, refusals};
pub use sections::Sections;
pub use setting::{Setting, drill, stage};

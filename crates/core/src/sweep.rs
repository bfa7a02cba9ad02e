//! What the scheduled sweep decides: which findings it feeds to intake, and which incidents nobody works on any more.

mod care;
mod feed;

pub use care::{Care, Machine, Why, care};
pub use feed::{Fed, Feeding, feeding};

//! What people's programs get, down to the calls that are made, or not made.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod decisions;
mod described;
mod errors;
mod guards;
mod lists;
mod runs;
mod scene;
mod typed;

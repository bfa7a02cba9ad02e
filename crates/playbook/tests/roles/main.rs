//! Each role in the templates has what actions call, and nothing that no contract names. Read from the templates
//! themselves, so that a fault of the compiler shows.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod hub;
mod member;
mod text;

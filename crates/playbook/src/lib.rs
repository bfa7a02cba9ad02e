//! Playbooks: parsed from YAML, checked, matched to findings, compiled to state machines. Pure: no AWS, no
//! clock, and no files but in [`load_dir`].

pub mod actions;
mod arrange;
mod catalog;
mod check;
mod compile;
mod file;
pub mod known;
mod load;
mod machine;
mod parse;
mod playbook;
mod problem;
mod suggest;

pub use catalog::{Answer, Catalog};
pub use compile::{EXECUTION_TIMEOUT_SECONDS, SHARED_FUNCTIONS, compile, functions_of};
pub use load::{FILE, LoadError, load, load_dir, rerun_if_changed};
pub use machine::Machine;
pub use parse::parse;
pub use playbook::{Link, PhaseSteps, Playbook, Step, Test, Triggers};
pub use problem::{InvalidFile, Problem};

//! Playbooks: parsed from YAML, checked, matched to findings, compiled to state machines. Pure: no AWS, no
//! clock, and no files but in [`load_dir`].

mod arrange;
pub mod asl;
mod catalog;
mod check;
mod compile;
mod containing;
mod coverage;
mod decide;
pub mod drill;
mod file;
mod fit;
mod gather;
pub mod known;
mod lint;
mod load;
mod machine;
mod outputs;
mod parse;
mod playbook;
mod problem;
mod reference;
mod schema;
mod show;
mod skeleton;
pub mod suggest;
pub mod template;
mod transitions;

pub use catalog::{Catalog, Match};
pub use check::is_kebab_case;
pub use compile::{
    EXECUTION_TIMEOUT_SECONDS, SHARED_FUNCTIONS, compile, compile_undo, functions_of, functions_of_undo,
    pascal_case, undoing_functions,
};
pub use coverage::{Coverage, Row, RowKind, coverage};
pub use decide::{Decided, is_new_type};
pub use gather::{Gathered, gather, only_tells};
pub use lint::{LintReport, lint};
pub use load::{FILE, LoadError, load, load_dir, rerun_if_changed};
pub use machine::Machine;
pub use outputs::{Compiled, Output, OutputError, check_outputs, outputs, write_outputs};
pub use parse::{parse, yaml};
pub use playbook::{Grounds, Link, PhaseSteps, Playbook, Step, Test, Triggers};
pub use problem::{InvalidFile, Problem};
pub use schema::{schema, schema_text};
pub use show::{Listed, ListedPlaybook, Shown, ShownStep, list, show};
pub use skeleton::{NewError, NewFile, new_playbook};
pub use transitions::transitions;

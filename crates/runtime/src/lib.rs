//! What Backstop's functions share. Knows AWS and the clock; decides nothing that [`backstop_core`] can decide.
//!
//! | module | concept |
//! | --- | --- |
//! | [`settings`] | the environment a function is deployed with |
//! | [`ledger`] | the incidents table |
//! | [`inline_policy`] | the texts of Backstop's own deny policies on users and roles |
//! | [`cut_off`] | before when a role's sessions are denied |
//! | `inline_deny` | reading, writing and taking back such a policy (feature `inline-deny`) |
//! | [`action`] | what a `respond-*` function implements for each step |
//! | [`capture`] | an action that only reads and keeps what it read |
//! | [`each_tried()`] | several calls of one step, each tried even if another fails |
//! | [`proof`] | the proof that a receipt in the log is one that a responder wrote |
//! | [`runner`] | plans, acts, verifies: writes everything down, asks the guardrails |
//! | `machines` | starts and resumes state machines (feature `machines`) |
//! | `decision` | approves or denies a plan (feature `machines`) |
//! | `manual_run` | a playbook that a person starts (feature `machines`) |
//! | `undoing` | what an undo would put back, and asking for it (feature `machines`) |
//! | `outbox` | hands notices to the function that delivers them (feature `outbox`) |
//! | `topic` | the alerts topic (feature `topic`) |
//! | `evidence` | the evidence bucket (feature `evidence`) |
//! | [`serve`] | the Lambda loop |
//! | `testing` | what the wire tests of actions share (feature `test-util`) |

pub mod action;
pub mod capture;
pub mod cut_off;
#[cfg(feature = "machines")]
pub mod decision;
mod each_tried;
#[cfg(feature = "evidence")]
pub mod evidence;
#[cfg(feature = "outbox")]
pub mod functions;
#[cfg(feature = "inline-deny")]
pub mod inline_deny;
pub mod inline_policy;
pub mod ledger;
#[cfg(feature = "machines")]
pub mod machines;
#[cfg(feature = "machines")]
pub mod manual_run;
#[cfg(feature = "outbox")]
pub mod outbox;
mod playbooks;
pub mod proof;
pub mod runner;
pub mod serve;
pub mod settings;
mod stamp;
mod task_log;
#[cfg(feature = "test-util")]
pub mod testing;
#[cfg(feature = "topic")]
pub mod topic;
#[cfg(feature = "machines")]
pub mod undoing;

pub use action::{Action, StepError};
pub use backstop_aws::CallError;
pub use capture::{Capture, Captured};
pub use each_tried::each_tried;
pub use ledger::{IncidentLog, Ledger, LedgerError};
pub use playbooks::playbooks;
pub use stamp::{new_id, now, opened_at};

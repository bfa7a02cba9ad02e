//! What Backstop reasons about. Pure: no AWS, no clock, no randomness, no input or output.
//!
//! | module | concept |
//! | --- | --- |
//! | [`ids`] | newtypes for every id |
//! | [`target`] | the resource to contain; one file for each kind of it |
//! | [`finding`] | what came in, normalised |
//! | [`investigation`] | what a principal did, and what that calls for |
//! | [`hub_update`] | what Security Hub is told about a finding |
//! | [`step`] | a step as the playbook has it |
//! | [`status`] | where an incident stands, in a word |
//! | [`mode`] | observe, approve, auto |
//! | [`plan`] | exact changes, now → after, and their hash |
//! | [`playbooks`] | which playbook contains what, as the catalog says |
//! | [`outcome`] | how a step, a verification and an undo end |
//! | [`head`] | how far a chain of records goes |
//! | [`log`] | the append-only, hash-chained events of an incident |
//! | [`incident`] | the state of an incident, folded from its log |
//! | [`aftermath`] | what happened to a contained target until it was read a second time |
//! | [`activity_after_end`] | what happens when a target whose incident has ended is heard of again |
//! | [`case`] | what one attack opened, told together |
//! | [`times`] | when what happened, and how long it took |
//! | [`words`] | statuses, ends of steps and events, in words |
//! | [`plural`] | a number with its noun |
//! | [`manifest`] | the chained list of what is kept of an incident |
//! | [`evidence`] | what is kept of an incident, hashed and chained |
//! | [`guardrail`] | pauses, exemptions, protected principals, and the permit to act |
//! | [`about`] | what a notice is about |
//! | [`notice`] | what people are told |
//! | [`sweep`] | what was missed, and what nobody works on any more |
//! | [`advice`] | what people should do about a type of finding |
//! | [`error_name`] | the names that state machines catch |
//! | [`task`] | what a state machine hands to a function and gets back |
//! | [`text`] | hostile text made harmless for wherever it goes |
//! | [`person`] | who decides, told apart by what nobody can choose |
//! | [`api`] | what people's programs send to a deployment and get back |
//! | [`canonical`] | canonical JSON and SHA-256 |

pub mod about;
pub mod activity_after_end;
pub mod advice;
pub mod aftermath;
pub mod api;
pub mod attack_began;
pub mod canonical;
pub mod case;
pub mod error_name;
pub mod evidence;
pub mod finding;
pub mod guardrail;
pub mod head;
pub mod hub_update;
pub mod ids;
pub mod incident;
pub mod investigation;
pub mod log;
pub mod manifest;
pub mod mode;
pub mod notice;
pub mod outcome;
pub mod person;
pub mod plan;
pub mod playbooks;
pub mod plural;
pub mod risk;
pub mod status;
pub mod step;
pub mod sweep;
pub mod target;
pub mod task;
pub mod text;
pub mod times;
pub mod words;

pub use error_name::ErrorName;
pub use finding::Finding;
pub use ids::{AccountId, ActionId, Hash, IncidentId, NoticeKey, PersonId, PlaybookName, Region, StepId};
pub use mode::Mode;
pub use outcome::{Outcome, UndoOutcome, Verification};
pub use plan::{Change, Plan, Receipt};
pub use playbooks::Playbooks;
pub use risk::Risk;
pub use target::{Resource, Target, TargetKind, kind};

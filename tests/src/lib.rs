//! End-to-end tests across rooms: real findings go into a real deployment in the disposable account, and the end
//! state is asserted. What the tests share is in here.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a failing helper fails its test"
)]

mod changes;
mod drift;
mod functions;
mod granted;
mod identities;
mod known_actions;
pub mod lambda;
mod manual_undo;
mod only;
mod opening;
mod people;
mod person;
mod physical_id;
mod planted;
mod removal;
mod role;
mod scene;
mod second_identity;
mod sections;
mod sender;
mod setting;
mod staged_target;
mod stolen;
mod truth;
mod watched;

pub use backstop_drill::policy_by_meaning;
pub use changes::changes_since;
pub use drift::Drift;
pub use functions::{Failure, Functions, in_template, role_of};
pub use granted::granted_and_used;
pub use identities::identities;
pub use known_actions::{KNOWN_ACTIONS, KnownAction, SafeUndo, Seen, but_for_the_key};
pub use manual_undo::manual_undo;
pub use only::{is_whole, only, some};
pub use opening::{Case, story};
pub use people::{Notice, People};
pub use person::{ask_undo, people, person};
pub use physical_id::{physical_id, physical_id_in};
pub use planted::{Planted, States, undoable};
pub use removal::Removal;
pub use role::Role;
pub use scene::{Leaked, Scene, refusals};
pub use second_identity::change_back;
pub use sections::Sections;
pub use sender::Sender;
pub use setting::{Setting, drill, drill_with, environment, options, playbooks};
pub use staged_target::StagedTarget;
pub use stolen::stolen;
pub use truth::{assert_log_is_true, assert_people_are_told, is_open};
pub use watched::Watched;

//! `drill.yaml`: what is planted, what is probed, and what is expected, as people read and review it. Here it is parsed,
//! checked and described by a schema; `backstop-drill` carries it out.

mod expected;
mod file;
mod load;
mod placed;
mod plant;
mod rules;
mod schema;
mod second_reading;

pub use expected::{Access, Aspect, Check, CheckState, CheckSubject, Probe, ProbeCall, RoleAspect};
pub use file::{Drill, ManualRun, Proposed, Start, parse};
pub(crate) use load::read_file;
pub use load::{Drills, DrillsError, FILE};
pub use placed::Placed;
pub use plant::{
    Assumed, AttackersCredential, Backdoor, Bucket, Credential, Instance, KeySession, Plant, Role,
    RoleSession, SessionName, Subnet, User,
};
pub(crate) use rules::{check_twins, fits_playbook};
pub use schema::drill_schema;
pub(crate) use schema::schema_text;
pub use second_reading::{AttackersCall, ChangeBack, Expected};

/// Who calls without any credential.
pub const ANYONE: &str = "anyone";

/// What `finding_about` says of a finding about the account itself.
pub const ACCOUNT: &str = "account";

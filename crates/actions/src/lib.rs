//! The contract of every action and of every function, as data: what an action acts on, which options it takes, whom it
//! affects, and what it may call. Roles, session policies, the schema of playbooks and the references in `docs/` are
//! made from it. Pure: no AWS, no clock; the code of an action is in its function's crate.

pub mod ec2;
pub mod ecs;
mod function;
pub mod functions;
mod grant;
pub mod iam;
mod impact;
pub mod investigate;
mod member;
mod option;
pub mod permissions;
pub mod s3;
mod session;
mod spec;
mod template;

pub use function::{Alarm, Effect, FunctionSpec, Limit, Period, Statement};
pub use functions::function;
pub use grant::{Condition, Grant, Scope, is_reading};
pub use impact::Impact;
pub use member::{MemberRole, member_roles};
pub use option::{Choice, Number, OptionSpec, Switch, Text, WrongValue};
pub use session::{LONGEST_SESSION_POLICY, SessionPolicyError, session_policy};
pub use spec::{ActionSpec, Grants, Part};
pub use template::{Piece, pieces};

/// Every action, by its function and name.
pub fn actions() -> impl Iterator<Item = &'static ActionSpec> {
    [
        ec2::ACTIONS,
        ecs::ACTIONS,
        iam::ACTIONS,
        investigate::ACTIONS,
        s3::ACTIONS,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// The action of this name.
pub fn find(id: &str) -> Option<&'static ActionSpec> {
    actions().find(|action| action.id == id)
}

/// The actions that a function has.
pub fn actions_of(function: &str) -> impl Iterator<Item = &'static ActionSpec> {
    actions().filter(move |action| action.function == function)
}

/// The function that has the action; `None` for an action that this version doesn't know.
pub fn function_of(action: &backstop_core::ActionId) -> Option<&'static str> {
    find(action.as_str()).map(|action| action.function)
}

/// For how many hours what this step makes should stand; `None` if it is meant to stay, or isn't known.
pub fn hours_to_stand(step: &backstop_core::log::StepRef) -> Option<u32> {
    let spec = find(step.action.as_str()).filter(|spec| spec.changes_something())?;
    let OptionSpec::Number(hours) = spec.option(ec2::deny_subnet_traffic::HOURS.name)? else {
        return None;
    };
    hours.of(&step.with).ok()
}

#[cfg(test)]
mod tests;

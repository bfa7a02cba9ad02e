//! What a function is: its settings, and what its role may do beside what its actions need.

use crate::{Condition, Scope, actions_of};

/// One function: one crate, one binary, one role.
///
/// Texts that stand in the template as they are say so; resources and conditions are texts with placeholders, see
/// [`crate::pieces`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionSpec {
    /// The crate's name.
    pub name: &'static str,
    /// What it does, as a sentence for people.
    pub description: &'static str,
    /// How long it may run; `None` for what most have.
    pub timeout_seconds: Option<Limit>,
    /// Its memory; `None` for what most have.
    pub memory_mib: Option<Limit>,
    /// Its environment: the variables' names, and their values as the template has them.
    pub environment: &'static [(&'static str, &'static str)],
    /// What invokes it, and what else its resource in the template has, as the template has it.
    pub properties: &'static str,
    /// What its role may do, or may not, beside what its actions need.
    pub statements: &'static [Statement],
    /// What it reads in member accounts of the organization beside what its actions need; its role in the hub hasn't these.
    pub in_members: &'static [Statement],
    /// What holds of a request that its role makes outside of this function: there the role may grant nothing. Empty for
    /// functions that change no account. What has one is named after itself, since a role can't wait for the name of a
    /// function that waits for the role.
    pub outside: &'static [Condition],
    /// When people are told that it fails.
    pub alarm: Alarm,
}

/// A number, and why it is that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The number.
    pub value: u32,
    /// Why, where that isn't plain.
    pub why: &'static str,
}

/// One statement of a role's policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Whether it allows or denies.
    pub effect: Effect,
    /// IAM's names of what it is about.
    pub actions: &'static [&'static str],
    /// On what, and under which conditions.
    pub scope: Scope,
}

/// What a statement says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It may.
    Allow,
    /// It may not, whatever else says it may.
    Deny,
}

/// The alarm on a function's errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What it means, for the person who is woken by it.
    pub description: &'static str,
    /// The time in which errors are counted.
    pub period: Period,
    /// How many errors are none to wake somebody for.
    pub threshold: Limit,
}

/// For how long an alarm looks back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// So many seconds, a multiple of 60.
    Seconds(u32),
    /// As long as three runs of the sweep take, whatever its schedule: the template maps the schedule to it.
    OfThreeSweeps,
}

impl FunctionSpec {
    /// Whether it has something to do in member accounts. Their roles trust its role by name, so that name is known
    /// beforehand.
    pub fn acts_in_members(&self) -> bool {
        !self.in_members.is_empty() || actions_of(self.name).next().is_some()
    }
}

impl Statement {
    /// The actions are allowed.
    pub const fn allow(scope: Scope, actions: &'static [&'static str]) -> Self {
        Self {
            effect: Effect::Allow,
            actions,
            scope,
        }
    }

    /// The actions are denied.
    pub const fn deny(scope: Scope, actions: &'static [&'static str]) -> Self {
        Self {
            effect: Effect::Deny,
            actions,
            scope,
        }
    }
}

impl Effect {
    /// IAM's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

impl Limit {
    /// A number that needs no explanation.
    pub const fn of(value: u32) -> Self {
        Self { value, why: "" }
    }

    /// A number, and why.
    pub const fn because(value: u32, why: &'static str) -> Self {
        Self { value, why }
    }
}

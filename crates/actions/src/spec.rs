//! The contract of one action.

use std::{collections::BTreeSet, fmt};

use backstop_core::{TargetKind, log::Phase};

use crate::{Grant, Impact, OptionSpec};

/// An action as playbooks, roles and people know it; its code is in the function's crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionSpec {
    /// `service.verb-object`.
    pub id: &'static str,
    /// The function that has it, by the name of its crate; that function's role has the grants below.
    pub function: &'static str,
    /// What it does, as a sentence for people.
    pub sentence: &'static str,
    /// What a person does instead while AWS refuses it to Backstop: sentences, and AWS CLI lines with `{{user_name}}` and the
    /// like for what the target has.
    pub by_hand: &'static [&'static str],
    /// The phases a step of this action may stand in.
    pub phases: &'static [Phase],
    /// The kinds of target it can act on; on others it ends `skipped`.
    pub targets: &'static [TargetKind],
    /// Who else feels it.
    pub impact: Impact,
    /// What a step may give it under `with`.
    pub options: &'static [OptionSpec],
    /// What it calls, by part.
    pub grants: Grants,
    /// Whether acting says `Backstop.NotYetVerified` until something slow is complete, such as a snapshot, so that
    /// its machine tries again for a day.
    pub waits_for_a_day: bool,
}

/// What an action calls, by part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grants {
    /// Reading only.
    pub plan: &'static [Grant],
    /// What changes the account.
    pub act: &'static [Grant],
    /// Reading back.
    pub verify: &'static [Grant],
    /// Putting back.
    pub undo: &'static [Grant],
}

/// A part of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// It reads, and says what it would change.
    Plan,
    /// It changes the account.
    Act,
    /// It reads back.
    Verify,
    /// It puts back.
    Undo,
}

impl Part {
    /// Every part, in the order in which they run.
    pub const ALL: [Self; 4] = [Self::Plan, Self::Act, Self::Verify, Self::Undo];

    /// The part's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Act => "act",
            Self::Verify => "verify",
            Self::Undo => "undo",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl ActionSpec {
    /// Whether it can act on this kind of target.
    pub fn fits(&self, kind: TargetKind) -> bool {
        self.targets.contains(&kind)
    }

    /// Whether it changes anything, or only reads.
    pub const fn changes_something(&self) -> bool {
        !self.grants.act.is_empty()
    }

    /// The option of this name.
    pub fn option(&self, name: &str) -> Option<&'static OptionSpec> {
        self.options.iter().find(|option| option.name() == name)
    }
}

impl Grants {
    /// An action that only reads has nothing but a plan.
    pub const fn reading(plan: &'static [Grant]) -> Self {
        Self {
            plan,
            act: &[],
            verify: &[],
            undo: &[],
        }
    }

    /// What one part calls.
    pub const fn of(&self, part: Part) -> &'static [Grant] {
        match part {
            Part::Plan => self.plan,
            Part::Act => self.act,
            Part::Verify => self.verify,
            Part::Undo => self.undo,
        }
    }

    /// The names of the IAM actions that one part calls, sorted, each once.
    pub fn names(&self, part: Part) -> BTreeSet<&'static str> {
        self.of(part).iter().map(|grant| grant.action).collect()
    }

    /// Every grant, each part after the other.
    pub fn all(&self) -> impl Iterator<Item = &'static Grant> {
        let parts = *self;
        Part::ALL.into_iter().flat_map(move |part| parts.of(part))
    }
}

//! The roles that Backstop has in a member account of the organization: one that reads, and one for each power. What they
//! may do follows from the same contracts as what the functions' roles may do in the hub.

use crate::{
    FunctionSpec, Grant, Part, Statement, actions, actions_of,
    functions::{FUNCTIONS, responders},
};

/// One role in a member account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRole {
    /// What its name ends in, behind the name of the hub's stack: `read`, `act-iam`.
    pub suffix: String,
    /// What it is for, as a sentence for people.
    pub description: String,
    /// The functions whose roles in the hub may assume it.
    pub assumed_by: Vec<&'static FunctionSpec>,
    /// What actions call with it.
    pub grants: Vec<&'static Grant>,
    /// What functions call with it beside their actions.
    pub statements: Vec<&'static Statement>,
}

/// Every role of a member account: the one that reads, then one for each power.
pub fn member_roles() -> Vec<MemberRole> {
    let powers = responders().filter_map(|function| {
        let power = function.name.strip_prefix("respond-")?;
        Some(of_power(function, power))
    });
    [reading()].into_iter().chain(powers).collect()
}

impl MemberRole {
    /// Whether it changes something in the account.
    pub fn changes_something(&self) -> bool {
        self.grants.iter().any(|grant| !grant.only_reads())
    }

    /// The pattern of the source identity that a caller must give. An act belongs to an incident, whose id is a ULID; who
    /// reads may do so for none.
    pub fn source_identity(&self) -> &'static str {
        if self.changes_something() {
            "??????????????????????????"
        } else {
            "?*"
        }
    }
}

/// Plans, reads back, shows what an undo would do, investigates and sweeps: no call that changes anything.
fn reading() -> MemberRole {
    let functions: Vec<&FunctionSpec> = FUNCTIONS
        .iter()
        .copied()
        .filter(|function| function.acts_in_members())
        .collect();
    MemberRole {
        suffix: "read".to_owned(),
        description: "Reads for Backstop what it plans, reads back and investigates. It changes nothing."
            .to_owned(),
        grants: actions()
            .flat_map(|action| [Part::Plan, Part::Verify, Part::Undo].map(|part| action.grants.of(part)))
            .flatten()
            .filter(|grant| grant.only_reads())
            .collect(),
        statements: functions
            .iter()
            .flat_map(|function| function.in_members)
            .collect(),
        assumed_by: functions,
    }
}

/// All that the function's actions call, what they read included: acting plans anew and reads back, in one session.
fn of_power(function: &'static FunctionSpec, power: &str) -> MemberRole {
    MemberRole {
        suffix: format!("act-{power}"),
        description: format!("For Backstop. {}", function.description),
        assumed_by: vec![function],
        grants: actions_of(function.name)
            .flat_map(|action| action.grants.all())
            .collect(),
        statements: Vec::new(),
    }
}

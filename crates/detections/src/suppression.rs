//! A suppression rule: an `ARCHIVE` filter of GuardDuty with who answers for it, why, and until when.

mod file;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Serialize;

use crate::{condition::Condition, finding::Finding, truth::Truth};

pub(crate) use file::{ConditionFile, SuppressionFile};
pub use file::{schema, schema_text};

/// The field with the finding's type.
pub const TYPE: &str = "type";

/// A rule that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suppression {
    /// The file's name, and the filter's.
    pub name: String,
    /// What it hides, for people.
    pub title: String,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The day it ends with.
    pub expires: Date,
    /// Where it was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// What must all hold, by field.
    pub criteria: BTreeMap<String, Condition>,
    /// The refusals that somebody took upon themselves.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub overrides: BTreeSet<String>,
}

impl Suppression {
    /// Whether it hides a finding. GuardDuty's rank doesn't count: any rule that matches archives.
    pub fn hides(&self, finding: &Finding) -> Truth {
        hides(&self.criteria, finding)
    }

    /// What is asked beside the type and what says next to nothing: what keeps it from hiding all of a type.
    pub fn narrows(&self) -> impl Iterator<Item = (&str, &Condition)> {
        narrows(&self.criteria)
    }
}

/// Whether criteria hold of a finding; none hold of nothing.
pub(crate) fn hides(criteria: &BTreeMap<String, Condition>, finding: &Finding) -> Truth {
    let asked = criteria.iter().filter(|(_, condition)| !condition.is_empty());
    let truths: Vec<Truth> = asked
        .map(|(field, condition)| condition.holds(field, finding))
        .collect();
    match truths.is_empty() {
        true => Truth::No,
        false => truths.into_iter().fold(Truth::Yes, Truth::and),
    }
}

pub(crate) fn narrows(criteria: &BTreeMap<String, Condition>) -> impl Iterator<Item = (&str, &Condition)> {
    let asked = criteria
        .iter()
        .map(|(field, condition)| (field.as_str(), condition));
    asked.filter(|(field, condition)| {
        *field != TYPE && !crate::fields::is_broad(field) && !condition.is_empty()
    })
}

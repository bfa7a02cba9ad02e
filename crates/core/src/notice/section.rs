//! What stands in a notice under one heading.

use serde::{Deserialize, Serialize};

use super::{Line, Outside, Point};
use crate::{
    incident::StepState,
    plan::{self, Plan},
};

/// A heading and what stands under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// The heading; empty for none.
    pub heading: Line,
    /// What stands under it, in order.
    pub entries: Vec<Entry>,
}

/// One thing under a heading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    /// A fact.
    Text(Line),
    /// An item of a list.
    Point(Point),
    /// A step, with what it changes.
    Step {
        /// The step and how it ended.
        line: Line,
        /// Each change.
        changes: Vec<Change>,
    },
}

/// A change of a plan. Its values are names and texts that AWS gave, and whoever wrote them there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// IAM's name of the call.
    pub api: Outside,
    /// What is changed.
    pub what: Outside,
    /// The value now.
    pub now: Outside,
    /// The value after.
    pub after: Outside,
}

impl From<&plan::Change> for Change {
    fn from(change: &plan::Change) -> Self {
        let plan::Change {
            api,
            what,
            now,
            after,
        } = change;
        Self {
            api: api.into(),
            what: what.into(),
            now: now.into(),
            after: after.into(),
        }
    }
}

impl Section {
    /// Points under a heading; none if there are none.
    pub(crate) fn of(
        heading: impl Into<Line>,
        points: impl IntoIterator<Item = impl Into<Point>>,
    ) -> Option<Self> {
        let entries: Vec<Entry> = points
            .into_iter()
            .map(|point| Entry::Point(point.into()))
            .collect();
        (!entries.is_empty()).then(|| Self {
            heading: heading.into(),
            entries,
        })
    }
}

/// The changes of a step's plan, where they are to be shown.
pub(super) fn shown_changes(state: &StepState) -> Vec<Change> {
    let plan = state.plan.as_ref().filter(|_| state.shows_changes());
    plan.map(changes).unwrap_or_default()
}

/// The changes of a plan.
pub(super) fn changes(plan: &Plan) -> Vec<Change> {
    plan.changes.iter().map(Change::from).collect()
}

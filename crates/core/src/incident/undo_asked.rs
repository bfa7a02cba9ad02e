//! An undo that takes more than one person: who wants which steps undone, and until when their word counts.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    ids::{IncidentId, PersonId, StepId},
    log::{Event, Record},
    risk::{Risk, undo_command},
};

/// What was asked for, and by whom so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UndoAsked {
    /// The steps to undo.
    pub steps: Vec<StepId>,
    /// The risks that are accepted with it.
    pub accepting: Vec<Risk>,
    /// Who asked, each person once, by ARN.
    pub by: Vec<String>,
    /// The persons behind these ARNs, in the same order.
    #[serde(skip)]
    pub persons: Vec<PersonId>,
    /// When it is forgotten.
    pub until: Timestamp,
}

impl UndoAsked {
    /// Whether this is what was asked for, and is still remembered then.
    pub fn is_for(&self, steps: &[StepId], accepting: &[Risk], at: Timestamp) -> bool {
        self.steps == steps && self.accepting == accepting && at < self.until
    }

    /// What another person types to want the same. Of a single step it doesn't matter whether it was named.
    pub fn command(&self, incident: &IncidentId) -> String {
        let step = match self.steps.as_slice() {
            [step] => Some(step),
            _ => None,
        };
        undo_command(incident, step, &self.accepting)
    }

    /// What stands after a person said so. Another undo than the one before begins anew: each must have seen what is
    /// done.
    pub(super) fn after(before: Option<Self>, record: &Record) -> Option<Self> {
        let Event::UndoApproved {
            by,
            person,
            steps,
            accepting,
            until,
            ..
        } = &record.event
        else {
            return before;
        };
        let same = before.filter(|before| before.is_for(steps, accepting, record.at));
        let mut asked = same.unwrap_or_else(|| Self {
            steps: steps.clone(),
            accepting: accepting.clone(),
            by: Vec::new(),
            persons: Vec::new(),
            until: *until,
        });
        if !asked.persons.contains(person) {
            asked.by.push(by.clone());
            asked.persons.push(person.clone());
        }
        Some(asked)
    }
}

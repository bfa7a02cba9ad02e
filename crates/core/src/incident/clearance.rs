//! Whether a step may act, as far as the incident's mode and people decide.

use super::{Answer, Clearance, Incident};
use crate::{ids::StepId, mode::Mode, plan::Plan};

impl Incident {
    /// Whether this plan may be carried out now, where nothing goes further than `most`, whatever mode the log says: its
    /// writer isn't asked. A plan that changes nothing needs nobody's word: the goal state holds, or it only reads. In
    /// `auto` mode, a plan that says it needs a person waits for one.
    pub fn clearance(&self, plan: &Plan, most: Mode) -> Clearance<'_> {
        if self.closed.is_some() {
            return Clearance::No("the incident is closed");
        }
        if plan.changes.is_empty() {
            return Clearance::Any;
        }
        match self.opened.mode.min(most) {
            Mode::Auto if plan.needs_approval.is_none() => Clearance::Any,
            Mode::Observe => Clearance::No("in observe mode nothing is changed"),
            Mode::Auto | Mode::Approve => self.clearance_by_people(&plan.step),
        }
    }

    /// Whether people approved a plan of this step.
    pub fn is_approved(&self, step: &StepId) -> bool {
        matches!(self.clearance_by_people(step), Clearance::Only(_))
    }

    fn clearance_by_people(&self, step: &StepId) -> Clearance<'_> {
        match (&self.question, self.decision) {
            (Some(question), Some(Answer::Approved)) => match question.step_hashes.get(step) {
                Some(approved) => Clearance::Only(approved),
                // Another step of this `auto` incident was asked about; this one came to need it only now.
                None if self.opened.mode == Mode::Auto => Clearance::AskAgain,
                None => Clearance::No("it couldn't be planned, so nobody approved it"),
            },
            (_, Some(Answer::Denied | Answer::Expired)) => Clearance::No("the plan wasn't approved"),
            // No question is open, since another step found its plan drifted, or nobody has decided yet.
            (_, None) | (None, Some(Answer::Approved)) => Clearance::AskAgain,
        }
    }
}

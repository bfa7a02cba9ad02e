//! Which guardrails would apply, as far as that can be known without a deployment.

use backstop_core::{
    Mode,
    guardrail::{Decision, Guardrails, OpeningSubject, Protection},
};
use backstop_playbook::Match;

use crate::api::now;

/// What only the deployment knows, and therefore may lower the mode or refuse.
pub(super) const UNKNOWN_OFFLINE: &str = "the stack's MaximumMode, pauses, exemptions, the hourly limit, \
     Backstop's own roles, break-glass principals, and the target's tags";

/// The mode that is left, and what lowered it: protected principals only.
pub(super) fn offline(answer: &Match<'_>) -> (Mode, Vec<Decision>) {
    let subject = OpeningSubject {
        playbook: &answer.playbook.name,
        target: answer.target,
        wanted: answer.playbook.mode,
        furthest: Some(answer.furthest()),
        maximum: Mode::Auto,
    };
    Guardrails::default().mode_at_opening(&Protection::default(), subject, now())
}

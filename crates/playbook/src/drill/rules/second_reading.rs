//! What a drill does before the second reading, and what it expects of it, must be told together.

use super::{super::ChangeBack, Drill, planted::Planted};
use crate::problem::Problem;

/// Every mistake in it.
pub(super) fn check(drill: &Drill, planted: &Planted<'_>, problems: &mut Vec<Problem>) {
    for one in &drill.between_readings {
        planted.attacker(&one.who, problems);
        match &one.call {
            ChangeBack::DeleteDeny { of } => planted.user(of, problems),
            ChangeBack::ActivateKey { key } => planted.key(key, problems),
        }
    }
    if let (Some(first), None) = (drill.between_readings.first(), drill.expected) {
        let message = "nothing is expected of the second reading, though an attacker acts before it";
        problems.push(
            Problem::at(first.who.place(), "second-reading-unexpected", message)
                .help("write `expected: { confirmed: false }`"),
        );
    }
    if let (Some(step), Some(_)) = (&drill.unproven, drill.expected) {
        let message = "what can't be proven the first time isn't read a second time";
        problems.push(
            Problem::at(step.place(), "no-second-reading", message).help("remove `expected`, or `unproven`"),
        );
    }
}

//! Whether findings still reach Backstop by themselves: what the sweep found wrong, and when that is worth a notice.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

/// GuardDuty sends an event within five minutes, and the queue is read at once; what is younger may be on its way (GuardDuty
/// User Guide, "Processing GuardDuty findings with Amazon EventBridge").
const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(20);

/// What is wrong with Backstop itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Integrity {
    /// Rules that bring nothing.
    pub rules: Vec<DeadRule>,
    /// Findings that were fed though an event should have brought them.
    pub fed: Vec<FedLate>,
}

/// What brings findings, and doesn't.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bringer {
    /// A rule of EventBridge.
    Rule,
    /// The event source mapping by which Lambda hands over what the queue holds.
    Mapping,
}

/// A rule, or the mapping behind the queue, that brings nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadRule {
    /// Which of them.
    pub bringer: Bringer,
    /// Its name.
    pub name: String,
    /// What is wrong with it.
    pub what: String,
}

/// A finding that no event brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FedLate {
    /// [`crate::Finding::key`].
    pub key: String,
    /// Its type.
    pub finding_type: String,
    /// When it was last updated.
    pub updated_at: Timestamp,
}

/// What is known of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleState {
    /// It is on and has its target.
    Works,
    /// It was switched off.
    Disabled,
    /// It doesn't send to where it should.
    NoTarget,
    /// Some of what comes is deleted before anybody has seen it.
    Loses,
    /// There is none of this name.
    Gone,
}

impl RuleState {
    /// What is wrong with it, for people.
    pub const fn problem(self) -> Option<&'static str> {
        match self {
            Self::Works => None,
            Self::Disabled => Some("is disabled"),
            Self::NoTarget => Some("has lost its target: what it brings goes nowhere"),
            Self::Loses => Some(
                "has a filter, or doesn't hear of single failures: messages are deleted that nobody answered",
            ),
            Self::Gone => Some("is gone"),
        }
    }
}

impl Integrity {
    /// The rules, as people are told of them once.
    pub fn dead_rules(&self) -> BTreeSet<String> {
        let rules = self.rules.iter();
        rules.map(|rule| format!("{} {}", rule.name, rule.what)).collect()
    }
}

/// Whether a finding that is fed now should have been here long ago.
pub fn is_late(updated_at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(updated_at) > ON_ITS_WAY
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn what_may_still_be_on_its_way_is_not_late() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-05-01T12:00:00Z");
        assert!(!is_late(at("2026-05-01T11:40:00Z"), now));
        assert!(is_late(at("2026-05-01T11:39:59Z"), now));
        assert!(!is_late(at("2026-05-01T12:05:00Z"), now), "clocks differ");
    }
}

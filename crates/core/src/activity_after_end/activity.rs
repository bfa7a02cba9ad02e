//! What a finding says that is new about a target whose incident has ended.

use jiff::Timestamp;

use crate::{log::FindingRef, mode::Mode};

/// What is new, the weightiest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NewActivity {
    /// A finding that neither this incident nor those before it know.
    AnotherFinding,
    /// The known finding is graver than it was.
    Worse,
    /// Security Hub was told that the finding is resolved, and has it open again: the control fails.
    Reset,
    /// The known finding was seen after the end.
    Continued,
    /// The same finding would be answered by more now: the deployment's or the playbook's mode was raised.
    ModeRaised,
    /// Another copy of what is known, or one that tells of the time before the end.
    Nothing,
}

/// What is known of the finding, and of the incident's end.
#[derive(Clone, Copy, Debug)]
pub struct Earlier<'a> {
    /// Every finding that this incident and those before it have.
    pub findings: &'a [FindingRef],
    /// When it was closed.
    pub closed_at: Timestamp,
    /// The mode that it was opened with.
    pub mode: Mode,
    /// Whether Security Hub took this finding as resolved.
    pub resolved: bool,
}

impl NewActivity {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::AnotherFinding,
        Self::Worse,
        Self::Reset,
        Self::Continued,
        Self::ModeRaised,
        Self::Nothing,
    ];

    /// What a finding tells, that an incident would now be opened for with this mode.
    pub fn of(new: &FindingRef, mode: Mode, earlier: Earlier<'_>) -> Self {
        let known = || earlier.findings.iter().filter(|known| known.key == new.key);
        if known().next().is_none() {
            return Self::AnotherFinding;
        }
        let is_worse = known().all(|known| known.severity.label < new.severity.label);
        let is_later = |at: Option<Timestamp>| at.is_some_and(|at| at > earlier.closed_at);
        if is_worse {
            Self::Worse
        } else if earlier.resolved && is_later(new.updated_at) {
            Self::Reset
        } else if is_activity(new) && is_later(new.last_seen.or(new.updated_at)) {
            Self::Continued
        } else if mode > earlier.mode {
            Self::ModeRaised
        } else {
            Self::Nothing
        }
    }
}

/// A control is looked at again and again, and each time it fails it was "seen": that is a state, and nothing new.
fn is_activity(finding: &FindingRef) -> bool {
    let is_control = finding
        .hub
        .as_ref()
        .is_some_and(|hub| hub.product.ends_with("/aws/securityhub"));
    !is_control
}

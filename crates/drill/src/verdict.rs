//! The verdict: what the incident claims and what the probes prove, taken together.

use std::fmt;

use backstop_core::incident::Status;
use backstop_playbook::drill::Access;
use serde::Serialize;

use super::{
    check::CheckResult,
    probe::{ProbeResult, Seen},
};

/// How a drill ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The incident says contained, and every probe and check proves it.
    Contained,
    /// Something was cut off, or is claimed to be, but not everything that should.
    PartiallyContained,
    /// The attacker goes on as before.
    NotContained,
    /// It proves nothing.
    Error,
}

impl Verdict {
    /// Judges by the incident's status and what was seen afterwards.
    pub fn of(status: Option<Status>, probes: &[ProbeResult], checks: &[CheckResult]) -> Self {
        let Some(status) = status else {
            return Self::Error;
        };
        if probes
            .iter()
            .any(|probe| !matches!(probe.after, Some(Seen::Answered(_))))
        {
            return Self::Error;
        }
        let all_as_expected = probes.iter().all(ProbeResult::is_after_as_expected)
            && checks.iter().all(CheckResult::is_after_as_expected);
        let ends_something = probes.iter().any(|probe| probe.expected_after == Access::Denied)
            || checks
                .iter()
                .any(|check| check.expected_after != check.expected_before);
        let is_contained = matches!(status, Status::Contained | Status::Confirmed);
        if is_contained && all_as_expected && ends_something {
            return Self::Contained;
        }
        let cut_off = |probe: &ProbeResult| {
            probe.expected_before == Access::Allowed && probe.after == Some(Seen::Answered(Access::Denied))
        };
        let is_changed = |check: &CheckResult| check.after.is_some() && check.after != check.before;
        if probes.iter().any(cut_off) || checks.iter().any(is_changed) {
            Self::PartiallyContained
        } else {
            Self::NotContained
        }
    }

    /// The verdict as people and files write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contained => "contained",
            Self::PartiallyContained => "partially-contained",
            Self::NotContained => "not-contained",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use backstop_playbook::drill::CheckState;

    const ALLOWED: Access = Access::Allowed;
    const DENIED: Access = Access::Denied;

    fn probe(expected_after: Access, after: Access) -> ProbeResult {
        ProbeResult {
            name: "probe".into(),
            who: "who".into(),
            expected_before: ALLOWED,
            before: Some(Seen::Answered(ALLOWED)),
            after: Some(Seen::Answered(after)),
            expected_after,
        }
    }

    fn check(expected_after: CheckState, after: CheckState) -> CheckResult {
        CheckResult {
            name: "check".into(),
            expected_before: CheckState::Active,
            before: Some(CheckState::Active),
            after: Some(after),
            expected_after,
        }
    }

    #[test]
    fn contained_takes_the_status_every_probe_and_every_check() {
        let probes = [probe(DENIED, DENIED), probe(ALLOWED, ALLOWED)];
        let checks = [check(CheckState::Inactive, CheckState::Inactive)];
        let of = |status, probes: &[_], checks: &[_]| Verdict::of(Some(status), probes, checks);
        assert_eq!(of(Status::Contained, &probes, &checks), Verdict::Contained);
        assert_eq!(of(Status::Confirmed, &probes, &checks), Verdict::Contained);
        assert_eq!(
            of(Status::Reopened, &probes, &checks),
            Verdict::PartiallyContained
        );
        assert_eq!(
            of(Status::PartiallyContained, &probes, &checks),
            Verdict::PartiallyContained
        );
        assert_eq!(
            of(
                Status::Contained,
                &probes,
                &[check(CheckState::Inactive, CheckState::Active)]
            ),
            Verdict::PartiallyContained
        );
        let one_goes_on = [probe(DENIED, DENIED), probe(DENIED, ALLOWED)];
        assert_eq!(
            of(Status::Contained, &one_goes_on, &[]),
            Verdict::PartiallyContained
        );
        let bystander_hit = [probe(DENIED, DENIED), probe(ALLOWED, DENIED)];
        assert_eq!(
            of(Status::Contained, &bystander_hit, &[]),
            Verdict::PartiallyContained
        );
    }

    #[test]
    fn a_claim_alone_is_worth_nothing() {
        let goes_on = [probe(DENIED, ALLOWED), probe(ALLOWED, ALLOWED)];
        assert_eq!(
            Verdict::of(Some(Status::Contained), &goes_on, &[]),
            Verdict::NotContained
        );
        assert_eq!(
            Verdict::of(Some(Status::Failed), &goes_on, &[]),
            Verdict::NotContained
        );
    }

    #[test]
    fn observing_contains_nothing() {
        let unchanged = [probe(ALLOWED, ALLOWED)];
        let checks = [check(CheckState::Active, CheckState::Active)];
        assert_eq!(
            Verdict::of(Some(Status::Observed), &unchanged, &checks),
            Verdict::NotContained
        );
    }

    #[test]
    fn what_wasn_t_seen_proves_nothing() {
        let mut unknown = probe(DENIED, DENIED);
        unknown.after = Some(Seen::Error("SlowDown".into()));
        assert_eq!(
            Verdict::of(Some(Status::Contained), &[unknown], &[]),
            Verdict::Error
        );
        assert_eq!(Verdict::of(None, &[probe(DENIED, DENIED)], &[]), Verdict::Error);
    }
}

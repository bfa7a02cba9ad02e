//! The report: everything a drill found, as one document.

use std::path::PathBuf;

use backstop_core::{
    Mode, Outcome,
    aftermath::Aftermath,
    incident::{Confirmation, Incident, Status, Verdict as Reading},
    investigation::Investigation,
    log::{Event, Record},
};
use backstop_playbook::drill::Drill;
use serde::Serialize;

use super::{
    calls::Calls,
    check::CheckResult,
    cost::Cost,
    probe::{self, ProbeResult},
    undo::Undone,
    verdict::Verdict,
};

/// One drill's result. Fields are only ever added.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The drill's name.
    pub drill: String,
    /// The playbook that it is of.
    pub playbook: String,
    /// The mode that the drill was asked for: the stack's `MaximumMode`.
    pub mode: Mode,
    /// The mode that the incident had: the playbook's own may be lower.
    pub incident_mode: Option<Mode>,
    /// How it ended.
    pub verdict: Verdict,
    /// Whether that is what this mode should lead to: contained, or in `observe` mode nothing changed.
    pub as_expected: bool,
    /// The incident.
    pub incident: Option<String>,
    /// Its status at the end.
    pub status: Option<Status>,
    /// Whether the second reading confirmed it; none if it wasn't read a second time, or only in part.
    pub confirmed: Option<bool>,
    /// What the second reading must come to, if the drill expects something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_confirmed: Option<bool>,
    /// What the second reading showed.
    pub second_reading: Option<Confirmation>,
    /// What CloudTrail showed at the second reading.
    pub aftermath: Option<Aftermath>,
    /// Whether a person started the playbook, and no finding.
    pub by_hand: bool,
    /// Who approved the plan, by their ARNs.
    pub approved_by: Vec<String>,
    /// From the start (`PutEvents`, or a person's `StartExecution`) to the end of the last containing call; only if
    /// the incident is contained.
    pub time_to_contain_ms: Option<u64>,
    /// From the start to the end of the first containing call.
    pub time_to_first_change_ms: Option<u64>,
    /// The attacker's and the bystanders' calls.
    pub probes: Vec<ProbeResult>,
    /// The states read back.
    pub checks: Vec<CheckResult>,
    /// The step that can't be proven, if the drill expects one, and what must be named by what was read back of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_unproven: Option<Unproven>,
    /// The containing steps that couldn't be proven, with what was read back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unproven: Vec<Unproven>,
    /// The steps that may change something before a person is asked, if the drill expects that one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub may_change_unasked: Option<Vec<String>>,
    /// The steps that changed something before a person approved.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed_unasked: Vec<String>,
    /// The steps that failed or were refused, with the call that was denied.
    pub failed_steps: Vec<FailedStep>,
    /// What was planned, now → after.
    pub plan: Vec<PlannedChange>,
    /// What the investigation must propose: commands, sorted.
    pub expected_proposals: Vec<String>,
    /// What it proposes.
    pub proposals: Vec<String>,
    /// The gateway's record.
    pub calls: Calls,
    /// What AWS would bill for it, of what is counted; none if it didn't end.
    pub cost: Option<Cost>,
    /// The undo at the end; none if it wasn't tried.
    pub undo: Option<Undone>,
    /// What the evidence bucket holds of the incident, as its log names it.
    pub evidence: Vec<backstop_core::evidence::Entry>,
    /// States entered, retried tasks, and the end: what Step Functions bills for a standard execution.
    pub transitions: Option<usize>,
    /// How the execution ended, if not well.
    pub machine_failure: Option<String>,
    /// Why it ended early.
    pub error: Option<String>,
    /// Where to look on failure.
    pub files: Option<PathBuf>,
}

/// A step that didn't do its work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedStep {
    /// The step's name in the playbook.
    pub step: String,
    /// The fixed name, or the guardrail's.
    pub error: String,
    /// What was being done and what AWS said.
    pub detail: String,
}

/// A change of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedChange {
    /// The step's name in the playbook.
    pub step: String,
    /// The call that makes it.
    pub api: String,
    /// What it changes.
    pub what: String,
    /// The value before.
    pub now: String,
    /// The value after.
    pub after: String,
}

impl Report {
    /// A report of a drill that hasn't begun.
    pub fn blank(drill: &Drill, mode: Mode) -> Self {
        let changes_nothing = mode == Mode::Observe;
        Self {
            drill: drill.name.to_string(),
            playbook: drill.playbook.clone(),
            mode,
            incident_mode: None,
            verdict: Verdict::Error,
            as_expected: false,
            incident: None,
            status: None,
            confirmed: None,
            expected_confirmed: drill.expected.map(|expected| expected.confirmed),
            second_reading: None,
            aftermath: None,
            by_hand: drill.manual_run.is_some(),
            approved_by: Vec::new(),
            time_to_contain_ms: None,
            time_to_first_change_ms: None,
            probes: probe::planned(drill, changes_nothing),
            checks: drill
                .checks
                .iter()
                .map(|check| CheckResult::planned(check, changes_nothing))
                .collect(),
            expected_unproven: None,
            unproven: Vec::new(),
            may_change_unasked: drill
                .before_asking
                .as_ref()
                .map(|steps| steps.iter().map(|step| step.to_string()).collect()),
            changed_unasked: Vec::new(),
            failed_steps: Vec::new(),
            plan: Vec::new(),
            expected_proposals: Vec::new(),
            proposals: Vec::new(),
            calls: Calls::default(),
            cost: None,
            undo: None,
            evidence: Vec::new(),
            transitions: None,
            machine_failure: None,
            error: None,
            files: None,
        }
    }

    /// Takes what the incident's log says.
    pub fn take_incident(&mut self, incident: &Incident) {
        self.incident_mode = Some(incident.opened.mode);
        self.status = Some(incident.status());
        self.second_reading.clone_from(&incident.confirmation);
        self.aftermath.clone_from(&incident.aftermath);
        self.confirmed = match incident.confirmation.as_ref().map(|it| &it.verdict) {
            Some(Reading::Confirmed) => Some(true),
            Some(Reading::Reopened { .. }) => Some(false),
            Some(Reading::Partial { .. }) | None => None,
        };
        self.approved_by.clone_from(&incident.approvals);
        self.unproven = unproven(incident);
        self.failed_steps = failed_steps(incident);
        self.plan = plan(incident);
        self.evidence = incident.evidence.entries.clone();
        self.proposals = proposals(incident);
    }

    /// Judges, once everything else is in.
    pub fn judge(&mut self) {
        self.verdict = match self.error {
            Some(_) => Verdict::Error,
            None => Verdict::of(self.status, &self.probes, &self.checks),
        };
        let nothing_changed = self.status == Some(Status::Observed)
            && self.calls.changes.is_empty()
            && self.probes.iter().all(ProbeResult::is_after_as_expected)
            && self.checks.iter().all(CheckResult::is_after_as_expected);
        let is_restored = self.undo.as_ref().is_none_or(|undo| undo.restored);
        self.as_expected = is_restored
            && match self.mode {
                Mode::Observe => self.error.is_none() && nothing_changed,
                Mode::Approve | Mode::Auto => {
                    self.ended_as_expected() && self.read_again_as_expected() && self.asked_as_expected()
                }
            }
            && self.proposals == self.expected_proposals;
        if !matches!(self.status, Some(Status::Contained | Status::Confirmed)) {
            self.time_to_contain_ms = None;
        }
    }
}

impl Report {
    /// Contained; or partially, by the one step that can't be proven, which names what goes on.
    fn ended_as_expected(&self) -> bool {
        // The attacker has changed something back by then: what still holds is said by probes and checks.
        if self.expected_confirmed == Some(false) {
            return self.status == Some(Status::Reopened) && self.is_all_seen_as_expected();
        }
        let Some(expected) = &self.expected_unproven else {
            return self.verdict == Verdict::Contained;
        };
        let is_honest = match self.unproven.as_slice() {
            [only] => {
                only.step == expected.step && expected.names.iter().all(|name| only.observed.contains(name))
            }
            _ => false,
        };
        self.status == Some(Status::PartiallyContained) && is_honest && self.is_all_seen_as_expected()
    }

    fn is_all_seen_as_expected(&self) -> bool {
        self.error.is_none()
            && self.probes.iter().all(ProbeResult::is_after_as_expected)
            && self.checks.iter().all(CheckResult::is_after_as_expected)
    }

    fn read_again_as_expected(&self) -> bool {
        self.expected_confirmed.is_none() || self.confirmed == self.expected_confirmed
    }

    fn asked_as_expected(&self) -> bool {
        self.may_change_unasked.as_ref().is_none_or(|allowed| {
            let is_allowed = |step: &String| allowed.contains(step);
            !self.approved_by.is_empty() && self.changed_unasked.iter().all(is_allowed)
        })
    }
}

/// A step that couldn't be proven.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Unproven {
    /// The step's name in the playbook.
    pub step: String,
    /// What was read back.
    pub observed: String,
    /// What it must name, where it is expected.
    pub names: Vec<String>,
}

fn unproven(incident: &Incident) -> Vec<Unproven> {
    let unproven = incident.steps.iter().filter_map(|state| {
        let read = state.verification.as_ref().filter(|read| !read.holds)?;
        (!state.is_evidence()).then(|| Unproven {
            step: state.step.step.to_string(),
            observed: read.observed.clone(),
            names: Vec::new(),
        })
    });
    unproven.collect()
}

/// The steps, but for evidence, that changed something before the first approval.
pub(super) fn changed_unasked(records: &[Record], incident: &Incident) -> Vec<String> {
    let approvals = records
        .iter()
        .filter(|record| matches!(record.event, Event::Approved { .. }));
    let approved_at = approvals.map(|record| record.at).min();
    let before = records
        .iter()
        .filter(|record| approved_at.is_none_or(|approved| record.at < approved));
    let changing = before.filter_map(|record| match &record.event {
        Event::Acting { plan } if !plan.changes.is_empty() => Some(&plan.step),
        _ => None,
    });
    changing
        .filter(|step| incident.step(step).is_some_and(|state| !state.is_evidence()))
        .map(ToString::to_string)
        .collect()
}

fn failed_steps(incident: &Incident) -> Vec<FailedStep> {
    let failed = incident.steps.iter().filter_map(|state| {
        let (error, detail) = match state.outcome.as_ref()? {
            Outcome::Failed { error, detail } => (error, detail),
            Outcome::Refused { guardrail, reason } => (guardrail, reason),
            Outcome::Done | Outcome::Already | Outcome::Partial { .. } | Outcome::Skipped { .. } => {
                return None;
            }
        };
        Some(FailedStep {
            step: state.step.step.to_string(),
            error: error.clone(),
            detail: detail.clone(),
        })
    });
    failed.collect()
}

fn proposals(incident: &Incident) -> Vec<String> {
    let found = Investigation::in_incident(incident).map(|found| found.proposals);
    let mut lines: Vec<String> = found
        .unwrap_or_default()
        .iter()
        .map(|proposal| proposal.command().unwrap_or_else(|| proposal.line()))
        .collect();
    lines.sort();
    lines
}

fn plan(incident: &Incident) -> Vec<PlannedChange> {
    let steps = incident.steps.iter().filter_map(|state| state.plan.as_ref());
    let changes = steps.flat_map(|plan| plan.changes.iter().map(move |change| (plan, change)));
    changes
        .map(|(plan, change)| PlannedChange {
            step: plan.step.to_string(),
            api: change.api.clone(),
            what: change.what.clone(),
            now: change.now.clone(),
            after: change.after.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::path::Path;

    use backstop_playbook::drill::Drills;

    use super::*;
    use crate::probe::Seen;

    /// A drill whose probes and checks end as they must, with this status and second reading.
    fn judged(drill: &str, mode: Mode, status: Status, confirmed: Option<bool>) -> Report {
        let playbooks = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../playbooks");
        let drills = Drills::read(&playbooks).unwrap();
        let mut report = Report::blank(drills.find(drill).unwrap(), mode);
        for probe in &mut report.probes {
            probe.after = Some(Seen::Answered(probe.expected_after));
        }
        for check in &mut report.checks {
            check.after = Some(check.expected_after);
        }
        report.status = Some(status);
        report.confirmed = confirmed;
        report.judge();
        report
    }

    #[test]
    fn what_an_attacker_changes_back_must_be_found_by_the_second_reading() {
        let found = |mode, status, confirmed| judged("deny-deleted", mode, status, confirmed).as_expected;
        for mode in [Mode::Auto, Mode::Approve] {
            assert!(found(mode, Status::Reopened, Some(false)));
            assert!(!found(mode, Status::Confirmed, Some(true)), "nobody noticed");
            assert!(!found(mode, Status::Contained, None), "nobody looked");
        }
        assert!(
            found(Mode::Observe, Status::Observed, None),
            "nothing was to be contained"
        );
    }

    #[test]
    fn what_nobody_touches_must_be_confirmed_where_that_is_expected() {
        let is_expected =
            |status, confirmed| judged("leaked-access-key", Mode::Auto, status, confirmed).as_expected;
        assert!(is_expected(Status::Confirmed, Some(true)));
        assert!(!is_expected(Status::Contained, None));
        assert!(!is_expected(Status::Reopened, Some(false)));
    }
}

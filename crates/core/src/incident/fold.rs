//! What each event means for the state of an incident.
//!
//! Steps write to chains of their own, so a step's record and one of the incident's may not have known of each other.
//! Whatever their order, they fold to a state that says what was done: a step that was about to act when the incident was
//! closed has acted, and the incident is closed with what follows from that, not with what whoever closed it knew.

use std::collections::BTreeMap;

use super::{Answer, Incident, Question, Released, StepState, Undo, UndoAsked, Verdict};
use crate::{
    ids::{Hash, NoticeKey, PersonId, StepId},
    log::{Event, Record},
    manifest::{self, LogHead},
    outcome::{Outcome, UndoOutcome},
};

/// The event's name, and why it can't follow.
pub(super) type Illegal = (&'static str, &'static str);

impl Incident {
    /// Folds one record.
    pub(super) fn apply(&mut self, record: &Record) -> Result<(), Illegal> {
        let is_late = self.is_late(record);
        self.apply_event(record, is_late)?;
        if record.lane.is_none() {
            self.head = record.head();
        }
        if let Some(state) = record.lane.as_ref().and_then(|step| self.step_mut(step)) {
            state.folded = record.seq;
        }
        if let Some((_, at)) = self.closed.filter(|_| is_late) {
            self.closed = Some((self.conclusion(), at));
        }
        Ok(())
    }

    /// Whether a step's record was written by somebody who hadn't read that the incident is closed, when it was.
    fn is_late(&self, record: &Record) -> bool {
        let seen = record.seen.as_ref().map(|head| head.seq);
        self.closed.is_some() && seen.is_some_and(|seen| seen < self.closed_by)
    }

    /// Whether whoever closed the incident had read all that is folded.
    fn is_all_seen_by(&self, closed: &Record) -> bool {
        closed.heads.as_ref().is_none_or(|heads| {
            let seen = |state: &StepState| heads.get(&state.step.step).map_or(0, |head| head.seq);
            self.steps.iter().all(|state| state.folded <= seen(state))
        })
    }

    /// One match over all events: the only place where the meaning of the log is written down.
    fn apply_event(&mut self, record: &Record, is_late: bool) -> Result<(), Illegal> {
        match &record.event {
            Event::Opened(_) => return Err(("opened", "an incident is opened once")),
            Event::FindingJoined(_) => {}
            Event::GuardrailDecided(decision) => self.waited.push(decision.clone()),
            Event::Planned { plan, hash } => {
                let state = self.step_mut(&plan.step).ok_or(("planned", UNKNOWN_STEP))?;
                if !state.acted {
                    state.plan = Some((**plan).clone());
                }
                state.planned = Some(hash.clone());
                state.plannings.push((record.seq, hash.clone()));
            }
            Event::ApprovalRequested {
                plan_hash,
                expires_at,
                needed,
                ..
            } => {
                self.forbid_closed("approval-requested")?;
                let step_hashes = self.planned_as_seen_by(record);
                self.question = Some(Question {
                    notice: NoticeKey::question(&record.id),
                    plan_hash: plan_hash.clone(),
                    step_hashes,
                    expires_at: *expires_at,
                    needed: *needed,
                });
                self.approvals.clear();
                self.approvers.clear();
                self.decision = None;
            }
            Event::Approved {
                by,
                person,
                plan_hash,
                ..
            } => {
                let question = self.open_question("approved")?;
                if &question.plan_hash != plan_hash {
                    return Err(("approved", "it names another plan than the one asked about"));
                }
                let needed = usize::from(question.needed);
                // Two names, or two sessions, of one person are one approval.
                let person = person.clone().unwrap_or_else(|| PersonId::new(by));
                if !self.approvers.contains(&person) {
                    self.approvals.push(by.clone());
                    self.approvers.push(person);
                }
                if self.approvals.len() >= needed {
                    self.decision = Some(Answer::Approved);
                }
            }
            Event::Denied { .. } => {
                self.open_question("denied")?;
                self.decision = Some(Answer::Denied);
            }
            Event::ApprovalExpired => {
                self.open_question("approval-expired")?;
                self.decision = Some(Answer::Expired);
            }
            Event::PlanDrifted { .. } => {
                self.question = None;
                self.approvals.clear();
                self.approvers.clear();
                self.decision = None;
            }
            Event::Acting { plan } => {
                if !is_late {
                    self.forbid_closed("acting")?;
                }
                let state = self.step_mut(&plan.step).ok_or(("acting", UNKNOWN_STEP))?;
                // The first receipt is the true before-state; a repeated act must not replace it.
                if !state.acted {
                    state.plan = Some((**plan).clone());
                    state.acted = true;
                }
                state.outcome = None;
                state.ended_at = None;
                state.verification = None;
                state.proven_at = None;
            }
            Event::StepEnded { step, outcome } => {
                let state = self.step_mut(step).ok_or(("step-ended", UNKNOWN_STEP))?;
                if matches!(outcome, Outcome::Done | Outcome::Partial { .. }) && !state.acted {
                    return Err(("step-ended", "it is done though no receipt was saved"));
                }
                state.outcome = Some(outcome.clone());
                state.ended_at = Some(record.at);
                // Proof must be newer than what it proves.
                state.verification = None;
                state.proven_at = None;
            }
            Event::Verified {
                step,
                verification,
                after_end,
            } => {
                let is_first = self.closed.is_none() || is_late;
                let state = self.step_mut(step).ok_or(("verified", UNKNOWN_STEP))?;
                state.verification = Some(verification.clone());
                if !after_end {
                    state.note_reading(is_first, record.at);
                }
            }
            Event::NotReadAgain { step, error, detail } => {
                let state = self.step_mut(step).ok_or(("not-read-again", UNKNOWN_STEP))?;
                state.not_read_again = Some(format!("{error}: {detail}"));
            }
            Event::LookedBack { aftermath } => self.aftermath = Some((**aftermath).clone()),
            Event::Confirmed => self.confirm("confirmed", record, Verdict::Confirmed)?,
            Event::Reopened { found } => {
                let found = found.clone();
                self.confirm("reopened", record, Verdict::Reopened { found })?;
            }
            Event::NotConfirmed { missing } => {
                let missing = missing.clone();
                self.confirm("not-confirmed", record, Verdict::Partial { missing })?;
            }
            Event::Released { by, reason, .. } => {
                self.demand_closed("released")?;
                self.released = Some(Released {
                    by: by.clone(),
                    reason: reason.clone(),
                    at: record.at,
                });
            }
            Event::WatchEnded { .. } => {
                self.demand_closed("watch-ended")?;
                self.watch_ended = Some(record.at);
            }
            Event::Notified { .. } | Event::NotNotified { .. } => self.notices.apply(record),
            Event::HubTold { workflow, .. } => self.hub_told = Some(*workflow),
            Event::Closed { status } => {
                self.forbid_closed("closed")?;
                let status = if self.is_all_seen_by(record) {
                    *status
                } else {
                    self.conclusion()
                };
                self.closed = Some((status, record.at));
                self.closed_by = record.seq;
            }
            Event::UndoApproved { steps, .. } => {
                if steps.iter().any(|step| self.step(step).is_none()) {
                    return Err(("undo-approved", UNKNOWN_STEP));
                }
                self.undo_asked = UndoAsked::after(self.undo_asked.take(), record);
            }
            Event::UndoRequested { steps, accepting, .. } => {
                if steps.iter().any(|step| self.step(step).is_none()) {
                    return Err(("undo-requested", UNKNOWN_STEP));
                }
                self.undo = Undo::Running(steps.clone());
                self.accepted.clone_from(accepting);
                self.undo_asked = None;
                self.stuck = None;
                self.stuck_commands.clear();
                self.notices.expect_end_of_undo(record);
            }
            Event::Undoing { step } => {
                self.step(step).ok_or(("undoing", UNKNOWN_STEP))?;
            }
            Event::UndoEnded { step, outcome } => self.end_undo(step, outcome)?,
            Event::Stuck { reason, commands, .. } => {
                self.stuck = Some(reason.clone());
                self.stuck_commands = commands.clone();
            }
            Event::EvidenceKept {
                records,
                head,
                entries,
                lanes,
            } => {
                if !manifest::continues(&self.evidence.entries, entries) {
                    return Err(("evidence-kept", "it doesn't continue the manifest's chain"));
                }
                self.evidence.entries.extend(entries.iter().cloned());
                self.evidence.log = Some(LogHead {
                    records: *records,
                    head: head.clone(),
                    lanes: lanes.clone(),
                });
                self.evidence.failure = None;
            }
            Event::EvidenceNotKept { error, detail } => {
                self.evidence.failure = Some(format!("{error}: {detail}"));
            }
        }
        Ok(())
    }

    /// The plans that people were asked about: the latest of each step that the asking record's writer had read.
    fn planned_as_seen_by(&self, asked: &Record) -> BTreeMap<StepId, Hash> {
        let seen = |step: &StepId| match &asked.heads {
            None => u32::MAX,
            Some(heads) => heads.get(step).map_or(0, |head| head.seq),
        };
        let planned = |state: &StepState| {
            let step = &state.step.step;
            let mut plannings = state.plannings.iter().rev();
            let (_, hash) = plannings.find(|(seq, _)| *seq <= seen(step))?;
            Some((step.clone(), hash.clone()))
        };
        self.steps.iter().filter_map(planned).collect()
    }

    /// Another step's undo may have been the last one that was waited for, and this one ended a second time.
    fn end_undo(&mut self, step: &StepId, outcome: &UndoOutcome) -> Result<(), Illegal> {
        match &mut self.undo {
            Undo::NotAsked => return Err(("undo-ended", "nobody asked for undo")),
            Undo::Ended => {}
            Undo::Running(waiting) => {
                waiting.retain(|other| other != step);
                if waiting.is_empty() {
                    self.undo = Undo::Ended;
                }
            }
        }
        let state = self.step_mut(step).ok_or(("undo-ended", UNKNOWN_STEP))?;
        state.undo = Some(outcome.clone());
        Ok(())
    }

    fn step_mut(&mut self, step: &StepId) -> Option<&mut StepState> {
        self.steps.iter_mut().find(|state| &state.step.step == step)
    }

    fn forbid_closed(&self, event: &'static str) -> Result<(), Illegal> {
        if self.closed.is_some() {
            Err((event, "the incident is closed"))
        } else {
            Ok(())
        }
    }

    pub(super) fn demand_closed(&self, event: &'static str) -> Result<(), Illegal> {
        match self.closed {
            Some(_) => Ok(()),
            None => Err((event, "the incident isn't closed")),
        }
    }

    fn open_question(&self, event: &'static str) -> Result<&Question, Illegal> {
        match (&self.question, self.decision) {
            (Some(question), None) => Ok(question),
            (Some(_), Some(_)) => Err((event, "the question is decided already")),
            (None, _) => Err((event, "no plan waits for a decision")),
        }
    }
}

const UNKNOWN_STEP: &str = "the playbook had no such step";

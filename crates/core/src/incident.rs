//! The state of an incident: a pure function of its log.

mod conclusion;
mod missing;
mod notices;

use std::collections::BTreeMap;

use jiff::Timestamp;
pub use missing::MissingEvidence;
pub use notices::{Delivery, HAND_OVER, Notices};
use serde::Serialize;

pub use crate::status::Status;
use crate::{
    ids::{Hash, NoticeKey, StepId},
    log::{Event, Opened, Record},
    manifest::{self, Kept, LogHead},
    mode::Mode,
    outcome::{Outcome, UndoOutcome, Verification},
    plan::{self, Plan},
    risk::Risk,
    step::{Phase, StepRef},
};

/// What the log says of one step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepState {
    /// The step as the playbook had it when the incident was opened.
    pub step: StepRef,
    /// The latest plan, if one was made; the one acted on once acting began.
    pub plan: Option<Plan>,
    /// The hash of the plan as last planned for approval.
    pub planned: Option<Hash>,
    /// Whether its receipt was saved and the change may have been made.
    pub acted: bool,
    /// How it ended; `None` while it runs, or if its function died.
    pub outcome: Option<Outcome>,
    /// The last reading back.
    pub verification: Option<Verification>,
    /// How its undo ended.
    pub undo: Option<UndoOutcome>,
}

impl StepState {
    /// Whether the goal state was proven by reading it back after the step ended.
    pub fn is_proven(&self) -> bool {
        matches!(self.outcome, Some(Outcome::Done | Outcome::Already))
            && self
                .verification
                .as_ref()
                .is_some_and(|verification| verification.holds)
    }

    /// Whether the account may have been changed by it. A step that only kept evidence acted and changed nothing.
    pub fn changed_something(&self) -> bool {
        self.acted && self.plan.as_ref().is_some_and(|plan| !plan.changes.is_empty())
    }

    /// Whether it keeps evidence or reads: it never decides whether the incident is contained.
    pub fn is_evidence(&self) -> bool {
        matches!(self.step.phase, Phase::Preserve | Phase::Investigate)
    }
}

/// An incident, folded from its log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Incident {
    /// What the first event said.
    pub opened: Opened,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// The steps, in the playbook's order.
    pub steps: Vec<StepState>,
    /// The question now open to people.
    pub question: Option<Question>,
    /// Who approved the plan with the hash of [`Incident::question`], each person once.
    pub approvals: Vec<String>,
    /// How the question was decided.
    pub decision: Option<Answer>,
    /// Which notices were delivered, or weren't, by which channel.
    pub notices: Notices,
    /// Whether Security Hub was notified how it ended, or couldn't be.
    pub hub_notified: bool,
    /// The status it was closed with, and when.
    pub closed: Option<(Status, Timestamp)>,
    /// Whether undo is wanted, and how far it is.
    pub undo: Undo,
    /// The risks that the person who last asked for undo accepted.
    pub accepted: Vec<Risk>,
    /// Why a person must finish it.
    pub stuck: Option<String>,
    /// AWS CLI lines that finish it.
    pub stuck_commands: Vec<String>,
    /// What is in the evidence bucket.
    pub evidence: Kept,
}

/// A plan that waits for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Question {
    /// The notice that asks it.
    pub notice: NoticeKey,
    /// Hash over all steps' plans.
    pub plan_hash: Hash,
    /// The steps' own hashes.
    pub step_hashes: BTreeMap<StepId, Hash>,
    /// When the question expires.
    pub expires_at: Timestamp,
    /// How many different people must approve.
    pub needed: u8,
}

/// Whether a step may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clearance<'a> {
    /// Yes, on whatever the plan is now.
    Any,
    /// Yes, if the plan is still the one with this hash.
    Only(&'a Hash),
    /// Not now: plan and ask first.
    AskAgain,
    /// No, and why.
    No(&'static str),
}

/// How a question ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Enough people approved.
    Approved,
    /// One person denied.
    Denied,
    /// Nobody decided in time.
    Expired,
}

/// How far an undo is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Undo {
    /// Nobody asked for it.
    #[default]
    NotAsked,
    /// These steps are to be undone.
    Running(Vec<StepId>),
    /// Every step asked for ended.
    Ended,
}

/// The log holds an event that can't follow what came before.
#[derive(Debug, thiserror::Error)]
pub enum IllegalTransition {
    /// The log is empty.
    #[error("the log is empty")]
    Empty,
    /// The first event isn't `opened`.
    #[error("the log doesn't begin with `opened`")]
    NotOpened,
    /// An event that isn't legal there.
    #[error("log record {seq}: `{event}` can't follow: {why}")]
    Event {
        /// The record's number.
        seq: u32,
        /// The event's name.
        event: &'static str,
        /// Why not.
        why: &'static str,
    },
}

impl Incident {
    /// Folds the log. The chain itself is checked by [`crate::log::check_chain`].
    pub fn replay(records: &[Record]) -> Result<Self, IllegalTransition> {
        let (first, rest) = records.split_first().ok_or(IllegalTransition::Empty)?;
        let Event::Opened(opened) = &first.event else {
            return Err(IllegalTransition::NotOpened);
        };
        let steps = opened.steps.iter().cloned().map(StepState::new).collect();
        let mut incident = Self {
            opened: (**opened).clone(),
            opened_at: first.at,
            steps,
            question: None,
            approvals: Vec::new(),
            decision: None,
            notices: Notices::default(),
            hub_notified: false,
            closed: None,
            undo: Undo::NotAsked,
            accepted: Vec::new(),
            stuck: None,
            stuck_commands: Vec::new(),
            evidence: Kept::default(),
        };
        for record in rest {
            incident
                .apply(record)
                .map_err(|(event, why)| IllegalTransition::Event {
                    seq: record.seq,
                    event,
                    why,
                })?;
        }
        Ok(incident)
    }

    /// The state of one step.
    pub fn step(&self, step: &StepId) -> Option<&StepState> {
        self.steps.iter().find(|state| &state.step.step == step)
    }

    /// The containing steps: they alone decide whether the incident is contained.
    pub fn contain_steps(&self) -> impl Iterator<Item = &StepState> {
        self.steps
            .iter()
            .filter(|state| state.step.phase == Phase::Contain)
    }

    /// The steps that people decide on: what contains, and evidence whose keeping changes something.
    pub fn asked_about(&self) -> impl Iterator<Item = &StepState> {
        self.steps.iter().filter(|state| {
            let is_planned = state.planned.is_some();
            let is_not_kept = matches!(
                state.outcome,
                Some(Outcome::Failed { .. } | Outcome::Refused { .. })
            );
            state.step.phase == Phase::Contain || is_planned || is_not_kept
        })
    }

    /// Whether this plan may be carried out now. One that changes nothing needs nobody's word: the goal state
    /// holds, or it only reads. In `auto` mode, a plan that says it needs a person waits for one.
    pub fn clearance(&self, plan: &Plan) -> Clearance<'_> {
        if self.closed.is_some() {
            return Clearance::No("the incident is closed");
        }
        if plan.changes.is_empty() {
            return Clearance::Any;
        }
        match self.opened.mode {
            Mode::Auto if plan.needs_approval.is_none() => Clearance::Any,
            Mode::Observe => Clearance::No("in observe mode nothing is changed"),
            Mode::Auto | Mode::Approve => self.clearance_by_people(&plan.step),
        }
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

    /// The hash of the whole plan, from the latest plan of each step, and the steps' own hashes.
    pub fn plan_hashes(&self) -> Result<(Hash, BTreeMap<StepId, Hash>), crate::canonical::CanonicalError> {
        let steps: BTreeMap<StepId, Hash> = self
            .steps
            .iter()
            .filter_map(|state| Some((state.step.step.clone(), state.planned.clone()?)))
            .collect();
        Ok((plan::hash_of_all(&steps)?, steps))
    }

    /// One match over all events: the only place where the meaning of the log is written down.
    fn apply(&mut self, record: &Record) -> Result<(), (&'static str, &'static str)> {
        match &record.event {
            Event::Opened(_) => return Err(("opened", "an incident is opened once")),
            Event::FindingJoined(_) | Event::GuardrailDecided(_) => {}
            Event::Planned { plan, hash } => {
                let state = self.step_mut(&plan.step).ok_or(("planned", UNKNOWN_STEP))?;
                if !state.acted {
                    state.plan = Some((**plan).clone());
                }
                state.planned = Some(hash.clone());
            }
            Event::ApprovalRequested {
                plan_hash,
                expires_at,
                needed,
                ..
            } => {
                self.forbid_closed("approval-requested")?;
                let (_, step_hashes) = self
                    .plan_hashes()
                    .map_err(|_unhashable| ("approval-requested", "its plan can't be hashed"))?;
                self.question = Some(Question {
                    notice: NoticeKey::question(&record.id),
                    plan_hash: plan_hash.clone(),
                    step_hashes,
                    expires_at: *expires_at,
                    needed: *needed,
                });
                self.approvals.clear();
                self.decision = None;
            }
            Event::Approved { by, plan_hash, .. } => {
                let question = self.open_question("approved")?;
                if &question.plan_hash != plan_hash {
                    return Err(("approved", "it names another plan than the one asked about"));
                }
                let needed = usize::from(question.needed);
                if !self.approvals.contains(by) {
                    self.approvals.push(by.clone());
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
                self.decision = None;
            }
            Event::Acting { plan } => {
                self.forbid_closed("acting")?;
                let state = self.step_mut(&plan.step).ok_or(("acting", UNKNOWN_STEP))?;
                // The first receipt is the true before-state; a repeated act must not replace it.
                if !state.acted {
                    state.plan = Some((**plan).clone());
                    state.acted = true;
                }
                state.outcome = None;
                state.verification = None;
            }
            Event::StepEnded { step, outcome } => {
                let state = self.step_mut(step).ok_or(("step-ended", UNKNOWN_STEP))?;
                if matches!(outcome, Outcome::Done) && !state.acted {
                    return Err(("step-ended", "it is `done` though no receipt was saved"));
                }
                state.outcome = Some(outcome.clone());
                // Proof must be newer than what it proves.
                state.verification = None;
            }
            Event::Verified { step, verification } => {
                let state = self.step_mut(step).ok_or(("verified", UNKNOWN_STEP))?;
                state.verification = Some(verification.clone());
            }
            Event::Notified { .. } | Event::NotNotified { .. } => self.notices.apply(record),
            Event::HubTold { .. } => self.hub_notified = true,
            Event::Closed { status } => {
                self.forbid_closed("closed")?;
                self.closed = Some((*status, record.at));
            }
            Event::UndoRequested { steps, accepting, .. } => {
                if steps.iter().any(|step| self.step(step).is_none()) {
                    return Err(("undo-requested", UNKNOWN_STEP));
                }
                self.undo = Undo::Running(steps.clone());
                self.accepted.clone_from(accepting);
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
            } => {
                if !manifest::continues(&self.evidence.entries, entries) {
                    return Err(("evidence-kept", "it doesn't continue the manifest's chain"));
                }
                self.evidence.entries.extend(entries.iter().cloned());
                self.evidence.log = Some(LogHead {
                    records: *records,
                    head: head.clone(),
                });
                self.evidence.failure = None;
            }
            Event::EvidenceNotKept { error, detail } => {
                self.evidence.failure = Some(format!("{error}: {detail}"));
            }
        }
        Ok(())
    }

    fn end_undo(&mut self, step: &StepId, outcome: &UndoOutcome) -> Result<(), (&'static str, &'static str)> {
        let Undo::Running(waiting) = &mut self.undo else {
            return Err(("undo-ended", "nobody asked for undo"));
        };
        waiting.retain(|other| other != step);
        if waiting.is_empty() {
            self.undo = Undo::Ended;
        }
        let state = self.step_mut(step).ok_or(("undo-ended", UNKNOWN_STEP))?;
        state.undo = Some(outcome.clone());
        Ok(())
    }

    fn step_mut(&mut self, step: &StepId) -> Option<&mut StepState> {
        self.steps.iter_mut().find(|state| &state.step.step == step)
    }

    fn forbid_closed(&self, event: &'static str) -> Result<(), (&'static str, &'static str)> {
        if self.closed.is_some() {
            Err((event, "the incident is closed"))
        } else {
            Ok(())
        }
    }

    fn open_question(&self, event: &'static str) -> Result<&Question, (&'static str, &'static str)> {
        match (&self.question, self.decision) {
            (Some(question), None) => Ok(question),
            (Some(_), Some(_)) => Err((event, "the question is decided already")),
            (None, _) => Err((event, "no plan waits for a decision")),
        }
    }
}

const UNKNOWN_STEP: &str = "the playbook had no such step";

impl StepState {
    const fn new(step: StepRef) -> Self {
        Self {
            step,
            plan: None,
            planned: None,
            acted: false,
            outcome: None,
            verification: None,
            undo: None,
        }
    }
}

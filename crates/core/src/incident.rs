//! The state of an incident: a pure function of its log.

mod changes;
mod clearance;
mod conclusion;
mod confirmed;
mod fold;
mod limit;
mod missing;
mod notices;
mod reached;
mod released;
mod undo_asked;

use std::collections::BTreeMap;

pub use confirmed::{Confirmation, Verdict};
use jiff::Timestamp;
pub use missing::MissingEvidence;
pub use notices::{Delivery, HAND_OVER, Notices};
pub use released::Released;
use serde::Serialize;
pub use undo_asked::UndoAsked;

pub use crate::status::Status;
use crate::{
    aftermath::Aftermath,
    error_name::ErrorName,
    finding::Workflow,
    guardrail::Decision,
    head::Head,
    ids::{Hash, NoticeKey, PersonId, StepId},
    log::{Event, Opened, Record, RecordName},
    manifest::Kept,
    outcome::{Outcome, UndoOutcome, Verification},
    plan::{self, Plan},
    risk::Risk,
    step::{Phase, StepRef},
};

/// What stands for the commands of a record that nothing proves.
const UNPROVEN: &str =
    "# this step's receipt isn't proven, and no command of it either: look at the target itself";

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
    /// When that was written down: what it changed was changed by then.
    #[serde(skip)]
    pub ended_at: Option<Timestamp>,
    /// The last reading back.
    pub verification: Option<Verification>,
    /// How its undo ended.
    pub undo: Option<UndoOutcome>,
    /// Why it couldn't be read a second time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_read_again: Option<String>,
    /// When it was first read back as it should be.
    #[serde(skip)]
    pub proven_at: Option<Timestamp>,
    /// Whether it was read back since the incident was closed, or since the last verdict on that.
    #[serde(skip)]
    read_again: bool,
    /// The records of its chain that are folded.
    #[serde(skip)]
    folded: u32,
    /// The hash of each of its plans, by the record of its chain.
    #[serde(skip)]
    plannings: Vec<(u32, Hash)>,
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

    /// The commands that undo it by hand. After a responder refused the receipt, for nothing proves it, there are none:
    /// they come from the same record, and nobody must be led to type what a forger wrote.
    pub fn manual_undo(&self) -> Vec<String> {
        if self.is_undo_refused() {
            return vec![UNPROVEN.to_owned()];
        }
        self.plan
            .as_ref()
            .map(|plan| plan.manual_undo.clone())
            .unwrap_or_default()
    }

    /// Whether a responder refused to undo it, for harm or for want of proof.
    pub fn is_undo_refused(&self) -> bool {
        let is_refused = |error: &str| ErrorName::parse(error) == Some(ErrorName::Refused);
        matches!(&self.undo, Some(UndoOutcome::Failed { error, .. }) if is_refused(error))
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
    /// Why steps that were to be done unasked waited for a person after all.
    #[serde(skip)]
    pub waited: Vec<Decision>,
    /// The question now open to people.
    pub question: Option<Question>,
    /// Who approved the plan with the hash of [`Incident::question`], each person once.
    pub approvals: Vec<String>,
    /// The persons behind [`Incident::approvals`], in the same order.
    #[serde(skip)]
    pub approvers: Vec<PersonId>,
    /// How the question was decided.
    pub decision: Option<Answer>,
    /// Which notices were delivered, or weren't, by which channel.
    pub notices: Notices,
    /// What Security Hub was told last of how it ended, or was to be told.
    pub hub_told: Option<Workflow>,
    /// The status it was closed with, and when.
    pub closed: Option<(Status, Timestamp)>,
    /// What CloudTrail showed since it was contained.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aftermath: Option<Aftermath>,
    /// What the last reading after the first showed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<Confirmation>,
    /// Who released it, since when nobody looks any more whether it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub released: Option<Released>,
    /// When the days were over in which what contains it was read back by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watch_ended: Option<Timestamp>,
    /// Whether undo is wanted, and how far it is.
    pub undo: Undo,
    /// An undo that more people must want before it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo_asked: Option<UndoAsked>,
    /// The risks that the person who last asked for undo accepted.
    pub accepted: Vec<Risk>,
    /// Why a person must finish it.
    pub stuck: Option<String>,
    /// AWS CLI lines that finish it.
    pub stuck_commands: Vec<String>,
    /// What is in the evidence bucket.
    pub evidence: Kept,
    /// How far its own chain goes: whoever is told of it can tell a log that was written anew from this one.
    #[serde(skip)]
    pub head: Head,
    /// The record that closed it.
    #[serde(skip)]
    closed_by: u32,
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
    #[error("{record}: `{event}` can't follow: {why}")]
    Event {
        /// The record.
        record: RecordName,
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
            waited: Vec::new(),
            question: None,
            approvals: Vec::new(),
            approvers: Vec::new(),
            decision: None,
            notices: Notices::default(),
            hub_told: None,
            closed: None,
            aftermath: None,
            confirmation: None,
            released: None,
            watch_ended: None,
            undo: Undo::NotAsked,
            undo_asked: None,
            accepted: Vec::new(),
            stuck: None,
            stuck_commands: Vec::new(),
            evidence: Kept::default(),
            head: first.head(),
            closed_by: 0,
        };
        for record in rest {
            incident
                .apply(record)
                .map_err(|(event, why)| IllegalTransition::Event {
                    record: record.name(),
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

    /// The hash of the whole plan, from the latest plan of each step, and the steps' own hashes.
    pub fn plan_hashes(&self) -> Result<(Hash, BTreeMap<StepId, Hash>), crate::canonical::CanonicalError> {
        let steps: BTreeMap<StepId, Hash> = self
            .steps
            .iter()
            .filter_map(|state| Some((state.step.step.clone(), state.planned.clone()?)))
            .collect();
        Ok((plan::hash_of_all(&steps)?, steps))
    }
}

impl StepState {
    const fn new(step: StepRef) -> Self {
        Self {
            step,
            plan: None,
            planned: None,
            acted: false,
            outcome: None,
            ended_at: None,
            verification: None,
            undo: None,
            not_read_again: None,
            proven_at: None,
            read_again: false,
            folded: 0,
            plannings: Vec::new(),
        }
    }
}

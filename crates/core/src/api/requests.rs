//! The bodies of what people ask for, and of what they get.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::View;
use crate::{
    guardrail::Decision,
    ids::{Hash, IncidentId, PersonId, PlaybookName, StepId},
    mode::Mode,
    plan::Change,
    risk::Risk,
    status::Status,
    target::Target,
};

/// Who the api says is asking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerAnswer {
    /// The ARN, as API Gateway proved it.
    pub arn: String,
    /// Which person that is; absent where the caller can't be told from others, and so can decide nothing.
    pub person: Option<PersonId>,
}

/// A playbook to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRequest {
    /// Which.
    pub playbook: String,
    /// What to contain, as a person types it; or an incident, whose target is meant.
    pub target: String,
    /// How far to go at most.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// The person's words.
    #[serde(default)]
    pub reason: Option<String>,
}

/// A playbook that was started.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Started {
    pub incident: IncidentId,
    pub playbook: PlaybookName,
    pub target: Target,
    pub mode: Mode,
    pub by: String,
    pub guardrails: Vec<Decision>,
}

/// Started, or joined to what runs already.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "run", rename_all = "kebab-case")]
pub enum RunAnswer {
    /// A new incident.
    Started(Box<Started>),
    /// The target has an open incident of this playbook.
    AlreadyOpen(Box<View>),
}

/// A target to plan for, in observe mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// By which playbook.
    pub playbook: String,
    /// For what.
    pub target: Target,
    /// The mode that a finding about it would ask for.
    pub wanted: Mode,
}

/// Where the plan is being made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanAnswer {
    /// The incident that holds, or will hold, the plan.
    pub incident: IncidentId,
    /// Whether it was open before: then it has its plan.
    pub was_open: bool,
    /// The mode that guardrails leave to a finding like this.
    pub mode: Mode,
    /// What they decided.
    pub guardrails: Vec<Decision>,
}

/// An approval.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApproveRequest {
    /// The plan that was seen: its hash, or the first eight digits or more.
    #[serde(default)]
    pub plan: Option<String>,
    /// The person's words.
    #[serde(default)]
    pub reason: Option<String>,
}

/// A denial.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DenyRequest {
    /// The person's words.
    #[serde(default)]
    pub reason: Option<String>,
}

/// A release: nobody looks any more whether what was done holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRequest {
    /// The person's words.
    pub reason: String,
}

/// An incident that is released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseAnswer {
    /// Which.
    pub incident: IncidentId,
    /// Where it stands.
    pub status: Status,
    /// Who released it.
    pub by: String,
    /// Their words.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// What a person's word led to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decided", rename_all = "kebab-case")]
pub enum Decided {
    /// The machine acts on the plan.
    Approved {
        /// The plan.
        plan_hash: Hash,
        /// Who approved it.
        by: Vec<String>,
    },
    /// The approval counts, but more people must approve before anything is done.
    Counted {
        /// The plan.
        plan_hash: Hash,
        /// Who approved it so far.
        by: Vec<String>,
        /// How many different people must approve.
        needed: u8,
    },
    /// The machine closes the incident without acting.
    Denied {
        /// The plan.
        plan_hash: Hash,
    },
}

/// What a decision led to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionAnswer {
    /// Of which incident.
    pub incident: IncidentId,
    /// Who decided.
    pub person: String,
    /// What came of it.
    pub decision: Decided,
}

/// An undo.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UndoRequest {
    /// The steps that the person saw, in the order of [`UndoAnswer::steps`]: another undo than that is refused.
    pub seen: Vec<StepId>,
    /// Only this step.
    #[serde(default)]
    pub step: Option<StepId>,
    /// The person's words.
    #[serde(default)]
    pub reason: Option<String>,
    /// The risks that the person accepts.
    #[serde(default)]
    pub accepting: Vec<Risk>,
}

/// One step that can be undone, last made first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undoable {
    /// The step.
    pub step: StepId,
    /// The step as a sentence.
    pub title: String,
    /// What the step changed, as the log has it; undo goes from `after` back to `now`.
    pub changes: Vec<Change>,
    /// AWS CLI lines that do it by hand; empty where undo leaves things as they are on purpose.
    pub by_hand: Vec<String>,
}

/// How far an undo is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "undo", rename_all = "kebab-case")]
pub enum UndoState {
    /// Nobody asked for it now.
    Planned,
    /// It is under way.
    Started,
    /// The word counts, but more people must say so before anything is undone.
    Counted {
        /// Who said so.
        by: Vec<String>,
        /// How many different people must.
        needed: u8,
        /// When it is forgotten.
        until: Timestamp,
    },
}

/// What is, or would be, undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoAnswer {
    /// Of which incident.
    pub incident: IncidentId,
    /// How far it is.
    pub state: UndoState,
    /// How many different people it takes.
    pub needed: u8,
    /// The steps.
    pub steps: Vec<Undoable>,
}

/// As what a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportFormat {
    /// For tickets and wikis.
    Markdown,
    /// One page that needs nothing else.
    Html,
}

/// A report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportAnswer {
    /// As data.
    pub report: serde_json::Value,
    /// As text.
    pub text: String,
}

/// What is kept of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceAnswer {
    /// Of which.
    pub incident: IncidentId,
    /// The end of the manifest that the incident's log leads to.
    pub head: Hash,
    /// All that is there, whether the manifest knows it or not.
    pub items: Vec<EvidenceItem>,
}

/// One item of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceItem {
    /// Its name below the incident.
    pub name: String,
    /// Where whoever has this answer gets it, for some minutes.
    pub url: String,
    /// Which version of it this is, counted from the first, which is the one that was kept. The manifest grows by versions:
    /// of it there is the newest alone.
    #[serde(default = "first_version")]
    pub version: u32,
    /// Whether a delete marker hides it from whoever doesn't ask for versions.
    #[serde(default)]
    pub is_hidden: bool,
}

/// Of an answer from before versions were told.
const fn first_version() -> u32 {
    1
}

/// The playbooks that a deployment has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaybookList {
    /// In their order.
    pub playbooks: Vec<PlaybookRow>,
    /// How far any of them may go here.
    pub maximum_mode: Mode,
}

/// One playbook in a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaybookRow {
    /// Its name.
    pub name: PlaybookName,
    /// What it does, in a few words.
    pub title: String,
    /// The furthest that it goes by itself.
    pub mode: Mode,
    /// The kinds of target that it answers.
    pub targets: Vec<String>,
}

/// One playbook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlaybookAnswer {
    /// As data, as `backstop playbook show --output json` has it.
    pub playbook: serde_json::Value,
    /// As text.
    pub text: String,
}

//! The append-only log of an incident: events, chained by hash, from which everything else follows.
//!
//! A record's hash is over the canonical JSON of its typed event, so the types may only grow in ways that leave the
//! JSON of old records as it was: new kinds of events, and new fields that are `Option`s, empty lists or `false` by
//! default and that `skip_serializing_if` leaves out. A field that is renamed, removed, reordered in meaning or written
//! where it was absent makes every log from before fail its chain; `tests/recorded-logs/` holds logs of earlier versions
//! that must stay readable.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    canonical::{self, CanonicalError},
    evidence::Entry,
    finding::{Finding, HubFinding, Route, Severity},
    guardrail::Decision,
    hub_update::Workflow,
    ids::{ActionId, Hash, IncidentId, PlaybookName, StepId},
    incident::Status,
    mode::Mode,
    outcome::{Outcome, UndoOutcome, Verification},
    plan::{Plan, Receipt},
    risk::Risk,
    target::Target,
    task::About,
};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The incident was opened. Always the first event.
    Opened(Box<Opened>),
    /// Another copy or update of a finding about the same target arrived.
    FindingJoined(FindingRef),
    /// A guardrail lowered the mode or refused.
    GuardrailDecided(Decision),
    /// What a step would change, in `observe` and `approve` mode.
    Planned {
        /// The plan, with its receipt as of then.
        plan: Box<Plan>,
        /// [`Plan::hash`].
        hash: Hash,
    },
    /// People were asked to decide on the plan with this hash.
    ApprovalRequested {
        /// Hash over all steps' hashes.
        plan_hash: Hash,
        /// When the question expires.
        expires_at: Timestamp,
        /// How many different people must approve.
        needed: u8,
        /// The text that people were asked with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
    },
    /// A person approved the plan with this hash.
    Approved {
        /// The caller's ARN, from `sts:GetCallerIdentity`.
        by: String,
        /// The person's words.
        reason: Option<String>,
        /// The plan they saw.
        plan_hash: Hash,
    },
    /// A person refused the plan.
    Denied {
        /// The caller's ARN.
        by: String,
        /// The person's words.
        reason: Option<String>,
    },
    /// Nobody decided in time.
    ApprovalExpired,
    /// The world changed since the plan was approved; nothing was done on the old plan.
    PlanDrifted {
        /// The step that would do something else now.
        step: StepId,
        /// The hash approved.
        approved: Hash,
        /// The hash now.
        now: Hash,
    },
    /// The receipt is safe; the change comes next. Without a later [`Event::StepEnded`] the step was cut
    /// off: it may or may not have taken effect.
    Acting {
        /// The plan that is carried out.
        plan: Box<Plan>,
    },
    /// A step ended.
    StepEnded {
        /// Which.
        step: StepId,
        /// How.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// A step's goal state was read back. The last one counts.
    Verified {
        /// Which.
        step: StepId,
        /// What was read.
        #[serde(flatten)]
        verification: Verification,
    },
    /// People were told.
    Notified {
        /// The SNS topic's ARN.
        channel: String,
        /// The message's subject.
        subject: String,
        /// SNS's message id.
        message_id: String,
        /// The text, as it was sent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
        /// What they were told about. Left out where it is the outcome, as it was before there was another.
        #[serde(default, skip_serializing_if = "About::is_ending")]
        about: About,
    },
    /// Security Hub was told, or was to be told, how it ended.
    HubTold {
        /// What it was told: `NOTIFIED` or `RESOLVED`.
        workflow: Workflow,
        /// The findings that took it, by [`FindingRef::key`].
        updated: Vec<String>,
        /// Those that didn't, each with the reason.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        failed: Vec<String>,
    },
    /// The incident is closed with this status, as [`crate::incident::Incident::conclusion`] computed it.
    Closed {
        /// The status then.
        status: Status,
    },
    /// A person asked for undo.
    UndoRequested {
        /// The caller's ARN.
        by: String,
        /// The person's words.
        reason: Option<String>,
        /// The steps to undo, in the order of the log; undo walks them backwards.
        steps: Vec<StepId>,
        /// What the person accepts besides.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        accepting: Vec<Risk>,
    },
    /// Undo of one step begins.
    Undoing {
        /// Which.
        step: StepId,
    },
    /// Undo of one step ended.
    UndoEnded {
        /// Which.
        step: StepId,
        /// How.
        #[serde(flatten)]
        outcome: UndoOutcome,
    },
    /// A person must finish it.
    Stuck {
        /// What was being done.
        during: String,
        /// Why it can't go on.
        reason: String,
        /// AWS CLI lines that finish the job.
        commands: Vec<String>,
    },
    /// Evidence is in the bucket: these entries continue the manifest's chain.
    EvidenceKept {
        /// How many records the log that was kept has.
        records: u32,
        /// The hash of its last record.
        head: Hash,
        /// What was kept now.
        entries: Vec<Entry>,
    },
    /// Evidence couldn't be written to the bucket; what was done about the incident stands.
    EvidenceNotKept {
        /// The fixed name.
        error: String,
        /// What we were doing and what AWS said.
        detail: String,
    },
}

/// What the first event holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// The playbook that answers.
    pub playbook: PlaybookName,
    /// What it is to contain.
    pub target: Target,
    /// The mode after the guardrails at intake.
    pub mode: Mode,
    /// The steps that the playbook has, so that a step whose function died is missed.
    pub steps: Vec<StepRef>,
    /// Who or what opened it.
    pub origin: Origin,
    /// The finding, without the raw event.
    pub finding: FindingRef,
    /// Title and texts of the finding, for people.
    pub title: String,
    /// An earlier, closed incident of the same target and playbook.
    pub linked: Option<IncidentId>,
    /// What the guardrails at intake decided.
    pub guardrails: Vec<Decision>,
}

/// The options of an action, as a playbook writes them under `with`.
pub type Options = serde_json::Map<String, serde_json::Value>;

/// A step as the playbook has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRef {
    /// The step's name.
    pub step: StepId,
    /// Its action.
    pub action: ActionId,
    /// The step as a sentence: "Deactivate the access key".
    pub title: String,
    /// The phase it belongs to.
    pub phase: Phase,
    /// Whether it needs two different people.
    #[serde(default)]
    pub high_impact: bool,
    /// The options that the playbook gives its action. Left out where there are none: records of logs written
    /// before there were options must keep their hash.
    #[serde(default, skip_serializing_if = "Options::is_empty")]
    pub with: Options,
}

/// The phases of a playbook, in order.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Stop the attacker. The only phase that decides whether an incident is contained.
    Contain,
    /// Keep evidence.
    Preserve,
    /// Read what happened.
    Investigate,
    /// Remove what the attacker left; always by approval.
    Eradicate,
    /// Bring back service.
    Recover,
}

/// Who or what opened an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "origin", rename_all = "kebab-case")]
pub enum Origin {
    /// A finding from AWS.
    Finding,
    /// A drill event: acts only on targets tagged `backstop:drill`.
    Drill,
    /// A person.
    Manual {
        /// The caller's ARN, from `sts:GetCallerIdentity`.
        by: String,
        /// The person's words.
        reason: Option<String>,
    },
}

/// A finding, as far as the log needs it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FindingRef {
    /// [`Finding::key`].
    pub key: String,
    /// Its type.
    pub finding_type: String,
    /// How it came in.
    pub route: Route,
    /// How bad.
    pub severity: Severity,
    /// How often it was seen.
    pub count: u64,
    /// First activity.
    pub first_seen: Option<Timestamp>,
    /// Last activity.
    pub last_seen: Option<Timestamp>,
    /// When the product made it.
    pub created_at: Option<Timestamp>,
    /// When the product last changed it.
    pub updated_at: Option<Timestamp>,
    /// The message it came in (SQS message id), so that a redelivery isn't logged twice.
    #[serde(default)]
    pub message: Option<String>,
    /// [`Finding::facts`]. Left out where there are none, since older records have no such field and keep their hash.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<String>,
    /// How Security Hub knows it. Left out where it doesn't: records of logs written before this was kept must
    /// keep their hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<Box<HubFinding>>,
}

impl FindingRef {
    /// Takes what the log needs of a finding.
    pub fn of(finding: &Finding, message: Option<&str>) -> Self {
        Self {
            key: finding.key(),
            finding_type: finding.finding_type.clone(),
            route: finding.route,
            severity: finding.severity,
            count: finding.count,
            first_seen: finding.first_seen,
            last_seen: finding.last_seen,
            created_at: finding.created_at,
            updated_at: finding.updated_at,
            message: message.map(str::to_owned),
            facts: finding.facts.clone(),
            hub: finding.hub.clone().map(Box::new),
        }
    }
}

/// An event in its place in the chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// 1, 2, 3, … without gaps.
    pub seq: u32,
    /// When it was written, by the writer's clock.
    pub at: Timestamp,
    /// The writer's own id for this append, so that a repeated write is told from a competing one.
    pub id: String,
    /// The hash of the record before; empty for the first.
    pub prev: Hash,
    /// What happened.
    pub event: Event,
    /// SHA-256 over the canonical JSON of all of the above.
    pub hash: Hash,
}

/// The chain is broken, or a record can't be hashed.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// A record is missing or out of order.
    #[error("log record {expected} is missing: found {found}")]
    Gap {
        /// The number that should come.
        expected: u32,
        /// The number found.
        found: u32,
    },
    /// A record doesn't follow the one before it.
    #[error("log record {seq} doesn't follow the record before it: the log was altered")]
    WrongPrevious {
        /// Its number.
        seq: u32,
    },
    /// A record's content doesn't match its hash.
    #[error("log record {seq} doesn't match its hash: the log was altered")]
    WrongHash {
        /// Its number.
        seq: u32,
    },
    /// The record can't be written as JSON.
    #[error("hashing log record {seq}")]
    Unhashable {
        /// Its number.
        seq: u32,
        /// Why.
        source: CanonicalError,
    },
}

impl Record {
    /// The record that follows `previous` (the last one of the log, if any).
    pub fn next(
        previous: Option<&Self>,
        at: Timestamp,
        id: String,
        event: Event,
    ) -> Result<Self, ChainError> {
        let seq = previous.map_or(1, |record| record.seq + 1);
        let prev = previous.map(|record| record.hash.clone()).unwrap_or_default();
        let mut record = Self {
            seq,
            at,
            id,
            prev,
            event,
            hash: Hash::default(),
        };
        record.hash = record.computed_hash()?;
        Ok(record)
    }

    fn computed_hash(&self) -> Result<Hash, ChainError> {
        canonical::hash(&(&self.seq, &self.at, &self.id, &self.prev, &self.event)).map_err(|source| {
            ChainError::Unhashable {
                seq: self.seq,
                source,
            }
        })
    }
}

/// Checks that the records are one unbroken, unaltered chain.
pub fn check_chain(records: &[Record]) -> Result<(), ChainError> {
    let mut previous: Option<&Record> = None;
    for record in records {
        let expected = previous.map_or(1, |before| before.seq + 1);
        if record.seq != expected {
            return Err(ChainError::Gap {
                expected,
                found: record.seq,
            });
        }
        if record.prev != previous.map(|before| before.hash.clone()).unwrap_or_default() {
            return Err(ChainError::WrongPrevious { seq: record.seq });
        }
        if record.hash != record.computed_hash()? {
            return Err(ChainError::WrongHash { seq: record.seq });
        }
        previous = Some(record);
    }
    Ok(())
}

/// The receipt that the log holds for a step: that of its first [`Event::Acting`], which was saved before
/// anything was changed.
pub fn receipt<'log>(records: &'log [Record], step: &StepId) -> Option<&'log Receipt> {
    records.iter().find_map(|record| match &record.event {
        Event::Acting { plan } if &plan.step == step => Some(&plan.receipt),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_notice_and_a_finding_are_written_as_before_there_was_more_to_say() {
        let notified = r#"{"event":"notified","channel":"t","subject":"s","message_id":"m"}"#;
        let finding = r#"{"event":"finding-joined","key":"k","finding_type":"t","route":"security-hub-imported","severity":{"score":8.0,"label":"high"},"count":1,"first_seen":null,"last_seen":null,"created_at":null,"updated_at":null,"message":null}"#;
        for before in [notified, finding] {
            let event: Event = serde_json::from_str(before).unwrap();
            assert_eq!(
                serde_json::to_string(&event).unwrap(),
                before,
                "the hash chain holds"
            );
        }
    }

    #[test]
    fn a_step_without_options_is_written_as_before_there_were_options() {
        let before =
            r#"{"step":"a","action":"iam.deny-user","title":"A","phase":"contain","high_impact":false}"#;
        let step: StepRef = serde_json::from_str(before).unwrap();
        assert_eq!(
            serde_json::to_string(&step).unwrap(),
            before,
            "the hash chain holds"
        );
    }
}

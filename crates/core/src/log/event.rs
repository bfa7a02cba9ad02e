//! What can happen to an incident.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{FindingRef, Opened};
use crate::{
    about::About,
    aftermath::Aftermath,
    finding::Workflow,
    guardrail::Decision,
    head::Head,
    ids::{Hash, NoticeKey, PersonId, StepId},
    manifest::Entry,
    outcome::{Outcome, UndoOutcome, Verification},
    plan::Plan,
    risk::Risk,
    status::Status,
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
        /// The caller's ARN, as API Gateway proved it.
        by: String,
        /// The person behind the ARN. Logs from before persons were told apart name only the ARN.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<PersonId>,
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
        /// Whether it was read since the target was heard of again after the incident's end. The second reading has a time
        /// of its own, and this isn't it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        after_end: bool,
    },
    /// A channel took a notice to people.
    Notified {
        /// The channel: of SNS, the topic's ARN.
        channel: String,
        /// The message's subject.
        subject: String,
        /// The channel's own id of the message.
        message_id: String,
        /// The text, as it was sent; left out where the log has it in another event.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
        /// What they were told about. Left out where it is the outcome, as it was before there was another.
        #[serde(default, skip_serializing_if = "About::is_ending")]
        about: About,
        /// Which notice. Logs from before there were several of a kind don't say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        notice: Option<NoticeKey>,
    },
    /// A channel didn't take a notice; it is tried again.
    NotNotified {
        /// The channel, as in [`Event::Notified`].
        channel: String,
        /// What people were to be told about.
        about: About,
        /// Which notice.
        notice: NoticeKey,
        /// The fixed name.
        error: String,
        /// What we were doing and what the channel said.
        detail: String,
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
    /// The incident is closed with this status, as it was concluded from the log then.
    Closed {
        /// The status then.
        status: Status,
    },
    /// A step's goal state couldn't be read a second time. What was read before stands.
    NotReadAgain {
        /// Which.
        step: StepId,
        /// The fixed name.
        error: String,
        /// What we were doing and what AWS said.
        detail: String,
    },
    /// CloudTrail's event history was read for what has happened since the incident was contained.
    LookedBack {
        /// What is there.
        aftermath: Box<Aftermath>,
    },
    /// What contained the incident was read a second time: it holds, and CloudTrail shows nothing that says otherwise.
    Confirmed,
    /// The second reading, or a later one, shows that the incident isn't contained any more.
    Reopened {
        /// What was found, a sentence each.
        found: Vec<String>,
    },
    /// The second reading isn't whole, so it confirms nothing: the incident is contained as it was read the first time.
    NotConfirmed {
        /// What wasn't read, a sentence each.
        missing: Vec<String>,
    },
    /// A person has released it: nobody looks any more whether it holds. What was done stays, and can be undone.
    Released {
        /// The caller's ARN, as API Gateway proved it.
        by: String,
        /// The person behind the ARN.
        person: PersonId,
        /// The person's words.
        reason: String,
    },
    /// The days are over in which what contains the incident is read back by itself.
    WatchEnded {
        /// How many they were.
        days: u32,
    },
    /// A person wants these steps undone, which takes more people than one. Until then another may say the same.
    UndoApproved {
        /// The caller's ARN, as API Gateway proved it.
        by: String,
        /// The person behind the ARN.
        person: PersonId,
        /// The person's words.
        reason: Option<String>,
        /// The steps to undo.
        steps: Vec<StepId>,
        /// What the person accepts besides.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        accepting: Vec<Risk>,
        /// When the word is forgotten.
        until: Timestamp,
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
        /// How far the chains of its steps go; `head` is then the end of the incident's own.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        lanes: BTreeMap<StepId, Head>,
    },
    /// Evidence couldn't be written to the bucket; what was done about the incident stands.
    EvidenceNotKept {
        /// The fixed name.
        error: String,
        /// What we were doing and what AWS said.
        detail: String,
    },
}

impl Event {
    /// Whether it shows that somebody works on the incident. Another copy of a finding doesn't: an attack that goes on
    /// would keep an incident that nobody works on from ever being quiet. Neither does a notice that isn't delivered, which
    /// the sweep itself tries again, nor the first of two people's words.
    pub const fn is_progress(&self) -> bool {
        !matches!(
            self,
            Self::FindingJoined(_) | Self::NotNotified { .. } | Self::UndoApproved { .. }
        )
    }

    /// The step that it is about, if it is about one alone.
    pub const fn step(&self) -> Option<&StepId> {
        match self {
            Self::Planned { plan, .. } | Self::Acting { plan } => Some(&plan.step),
            Self::StepEnded { step, .. }
            | Self::Verified { step, .. }
            | Self::NotReadAgain { step, .. }
            | Self::Undoing { step }
            | Self::UndoEnded { step, .. } => Some(step),
            // It takes the approval away from all steps.
            Self::PlanDrifted { .. }
            | Self::Opened(_)
            | Self::FindingJoined(_)
            | Self::GuardrailDecided(_)
            | Self::ApprovalRequested { .. }
            | Self::Approved { .. }
            | Self::Denied { .. }
            | Self::ApprovalExpired
            | Self::Notified { .. }
            | Self::NotNotified { .. }
            | Self::HubTold { .. }
            | Self::Closed { .. }
            | Self::LookedBack { .. }
            | Self::Confirmed
            | Self::Reopened { .. }
            | Self::NotConfirmed { .. }
            | Self::Released { .. }
            | Self::WatchEnded { .. }
            | Self::UndoApproved { .. }
            | Self::UndoRequested { .. }
            | Self::Stuck { .. }
            | Self::EvidenceKept { .. }
            | Self::EvidenceNotKept { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_copy_of_a_finding_is_no_progress() {
        let joined = r#"{"event":"finding-joined","key":"k","finding_type":"t","route":"security-hub-imported","severity":{"score":8.0,"label":"high"},"count":1,"first_seen":null,"last_seen":null,"created_at":null,"updated_at":null,"message":null}"#;
        let joined: Event = serde_json::from_str(joined).unwrap();
        assert!(!joined.is_progress());
        let closed = Event::Closed {
            status: Status::Contained,
        };
        assert!(closed.is_progress());
    }

    #[test]
    fn a_notice_and_a_finding_are_written_as_before_there_was_more_to_say() {
        let notified = r#"{"event":"notified","channel":"t","subject":"s","message_id":"m"}"#;
        let proposed = r#"{"event":"notified","channel":"t","subject":"s","message_id":"m","body":"b","about":"investigation"}"#;
        let finding = r#"{"event":"finding-joined","key":"k","finding_type":"t","route":"security-hub-imported","severity":{"score":8.0,"label":"high"},"count":1,"first_seen":null,"last_seen":null,"created_at":null,"updated_at":null,"message":null}"#;
        for before in [notified, proposed, finding] {
            let event: Event = serde_json::from_str(before).unwrap();
            assert_eq!(
                serde_json::to_string(&event).unwrap(),
                before,
                "the hash chain holds"
            );
        }
    }
}

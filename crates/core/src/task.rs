//! What a state machine hands to a function and gets back: ids and small facts, never findings
//! (Step Functions state is limited to 256 KiB).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use crate::about::About;
use crate::{
    ids::{ActionId, IncidentId, NoticeKey, PlaybookName, StepId},
    mode::Mode,
    outcome::Outcome,
    status::Status,
    step::Options,
    target::Target,
};

/// The input of every playbook's execution. The execution's name is the incident's id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionInput {
    /// The incident.
    pub incident: IncidentId,
    /// The playbook that answers it.
    pub playbook: PlaybookName,
    /// The mode after all guardrails at intake. Routes only: functions decide by the log.
    pub mode: Mode,
    /// The target, so that the first step can read AWS and the log at the same time.
    pub target: Target,
}

/// The input of the undo machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoInput {
    /// The incident.
    pub incident: IncidentId,
    /// Its target.
    pub target: Target,
    /// The steps to undo, last made first.
    pub steps: Vec<UndoStep>,
}

/// One step to undo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoStep {
    /// The step.
    pub step: StepId,
    /// Its action.
    pub action: ActionId,
    /// The function that has the action: `respond-iam`.
    pub function: String,
}

/// What a `respond-*` function is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum RespondTask {
    /// Read and write down what the step would change.
    Plan(StepTask),
    /// Make the changes (in `auto` mode this plans as well).
    Act(StepTask),
    /// Read back every step that this function has ended in this incident.
    Verify(VerifyTask),
    /// Read back once more what makes the incident contained, proven or not.
    VerifyAgain(VerifyTask),
    /// Read back what makes these incidents contained, and write down only what doesn't hold.
    Watch(WatchTask),
    /// Put back what the step changed, from its receipt.
    Undo(StepTask),
}

/// One step of one incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTask {
    /// The incident.
    pub incident: IncidentId,
    /// The target, as in [`ExecutionInput`]; refused if the log says otherwise.
    pub target: Target,
    /// The step's name in the playbook.
    pub step: StepId,
    /// The action that the step runs.
    pub action: ActionId,
    /// The step's options, so that planning needn't wait for the log. Those in the log are the ones that count:
    /// a forged task changes nothing.
    #[serde(default)]
    pub with: Options,
}

/// Verify what one function did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyTask {
    /// The incident.
    pub incident: IncidentId,
    /// The target.
    pub target: Target,
}

/// Read back what one function did in several incidents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchTask {
    /// The incidents, with their targets.
    pub incidents: Vec<VerifyTask>,
}

/// What a function read back of several incidents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchAnswer {
    /// One for each that was asked about.
    pub incidents: Vec<ReadBack>,
}

/// What a function read back of one incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadBack {
    /// Which.
    pub incident: IncidentId,
    /// Steps that hold, and steps whose target isn't there any more.
    pub hold: Vec<StepId>,
    /// Steps that don't hold: the log has what was read.
    pub gone: Vec<StepId>,
    /// Why something couldn't be read, a sentence each.
    pub unread: Vec<String>,
}

/// What `investigate` is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum InvestigateTask {
    /// Run a step.
    Step(RespondTask),
    /// Read what has happened since the incident was contained.
    LookBack(LookBackTask),
}

/// What `investigate` is asked to do beside the steps of playbooks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum LookBackTask {
    /// Read what has happened since the incident was contained.
    LookBack(VerifyTask),
}

/// What `close` answers when it closes. The machine compares and waits by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// The incident.
    pub incident: IncidentId,
    /// Where it stands.
    pub status: Status,
    /// When what contains it is to be read a second time, in whole seconds; `null` if nothing is.
    pub look_again_at: Option<Timestamp>,
}

/// What a step's task answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepAnswer {
    /// The step.
    pub step: StepId,
    /// True if the world changed since the approved plan, or if the plan needs a person even in `auto` mode:
    /// the machine plans and asks.
    #[serde(default)]
    pub drifted: bool,
    /// How it ended, if it ended.
    #[serde(flatten)]
    pub outcome: Option<Outcome>,
}

/// The name of an execution: the incident's id, for an undo followed by `-` and the request's own id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExecutionName(String);

impl ExecutionName {
    /// The execution of the incident's playbook.
    pub fn of_playbook(incident: &IncidentId) -> Self {
        Self(incident.as_str().to_owned())
    }

    /// An execution that undoes the incident, as this request wants.
    pub fn of_undo(incident: &IncidentId, request: &str) -> Self {
        Self(format!("{incident}-{request}"))
    }

    /// The name as Step Functions has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The incident that it works on.
    pub fn incident(&self) -> IncidentId {
        self.0.split('-').next().unwrap_or_default().into()
    }

    /// Whether it undoes.
    pub fn is_undo(&self) -> bool {
        self.0.contains('-')
    }
}

/// What the `close` function is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum CloseTask {
    /// Write down that a step failed in a way its own function couldn't (killed, timed out, retries used up).
    RecordFailure {
        /// The incident.
        incident: IncidentId,
        /// The step.
        step: StepId,
        /// The error's name as the machine caught it.
        error: String,
        /// The error's cause as the machine caught it.
        cause: String,
    },
    /// Compute the status from the log, write it down, and release the target.
    Close {
        /// The incident.
        incident: IncidentId,
    },
    /// Say what the second reading showed: confirmed, reopened, or only partly read. Security Hub is told, and the
    /// evidence is kept.
    Confirm {
        /// The incident.
        incident: IncidentId,
    },
    /// An execution failed, timed out or was aborted: conclude what it left open, so that the target isn't
    /// held for ever by an incident that nobody works on.
    ExecutionDied {
        /// Which.
        name: ExecutionName,
    },
    /// Write down that undoing a step failed in a way its own function couldn't.
    RecordUndoFailure {
        /// The incident.
        incident: IncidentId,
        /// The step.
        step: StepId,
        /// The error's name as the machine caught it.
        error: String,
        /// The error's cause as the machine caught it.
        cause: String,
    },
    /// Write the evidence of a closed incident, or what has been added to it since, to the evidence bucket.
    KeepEvidence {
        /// The incident.
        incident: IncidentId,
    },
    /// Undo has walked all steps: say how it ended; `stuck` with the commands that finish it by hand.
    FinishUndo {
        /// The incident.
        incident: IncidentId,
    },
}

/// What `notify` is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum NotifyTask {
    /// Deliver a notice that another function wrote down.
    Deliver {
        /// Which.
        notice: NoticeRef,
    },
    /// Make the notice of an incident as it stands, and deliver it.
    Make {
        /// The incident.
        incident: IncidentId,
        /// What people are told about.
        #[serde(default)]
        about: About,
        /// Why it isn't contained yet, where that is what they are told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delayed: Option<Box<Delayed>>,
    },
    /// Tell people that an execution ended badly: what EventBridge says of it.
    ExecutionDied(DeadExecution),
}

/// A step whose service is down, or refuses for now: what is told needs no log, which may be out of reach as well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delayed {
    /// The incident's target.
    pub target: Target,
    /// The step, unless it is the proof that waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<StepId>,
    /// The error's name as the machine caught it.
    pub error: String,
    /// The error's cause as the machine caught it.
    pub cause: String,
}

/// An execution that failed, timed out or was aborted (Step Functions Developer Guide, "Step Functions Execution Status
/// Change").
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadExecution {
    /// Which.
    pub name: ExecutionName,
    /// `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub status: String,
    /// Its ARN.
    #[serde(rename = "executionArn")]
    pub execution: String,
}

impl DeadExecution {
    /// The incident that it worked on.
    pub fn incident(&self) -> IncidentId {
        self.name.incident()
    }
}

/// Where a notice is kept: all that is handed from function to function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NoticeRef {
    /// The incident, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// Its key.
    pub key: NoticeKey,
}

/// How much earlier people's time to decide ends than the machine's, whose clock starts before the question is written.
pub const APPROVAL_MARGIN_SECONDS: u64 = 30;

/// What `approve` is asked to do by the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum ApproveTask {
    /// Publish the plan and keep the task token until people have decided.
    Ask {
        /// The incident.
        incident: IncidentId,
        /// Step Functions' task token: a secret, never logged.
        task_token: String,
        /// Seconds until the machine gives up waiting.
        expires_in_seconds: u64,
    },
    /// Half of the time is over and nobody has decided: page people, and keep the token that resumes the machine from now on.
    Remind {
        /// The incident.
        incident: IncidentId,
        /// Step Functions' task token: a secret, never logged.
        task_token: String,
    },
    /// Nobody decided in time.
    Expire {
        /// The incident.
        incident: IncidentId,
    },
    /// People couldn't be asked, however often it was tried.
    Unasked {
        /// The incident.
        incident: IncidentId,
        /// The error's name as the machine caught it.
        error: String,
        /// The error's cause as the machine caught it.
        cause: String,
    },
}

/// The decision that resumes the machine. A compiled machine compares the bare text; anything else is that nobody decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalAnswer {
    /// Act on the plan.
    Approved,
    /// Don't.
    Denied,
}

impl ApprovalAnswer {
    /// What `SendTaskSuccess` takes as its output: JSON, so the text is in quotes.
    pub const fn as_json(self) -> &'static str {
        match self {
            Self::Approved => "\"approved\"",
            Self::Denied => "\"denied\"",
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;

    #[test]
    fn machines_name_an_incident_and_functions_a_notice() {
        let read = |json: &str| serde_json::from_str::<NotifyTask>(json).unwrap();
        let made = NotifyTask::Make {
            incident: "01J".into(),
            about: About::Undo,
            delayed: None,
        };
        assert_eq!(read(r#"{"incident":"01J","about":"undo"}"#), made);
        let notice = NoticeRef {
            incident: None,
            key: NoticeKey::outcome(),
        };
        let handed = NotifyTask::Deliver { notice };
        let text = serde_json::to_string(&handed).unwrap();
        assert_eq!(text, r#"{"notice":{"key":"outcome"}}"#);
        assert_eq!(read(&text), handed);
        let died = r#"{"name":"01J-01K","status":"FAILED","executionArn":"arn:x","input":"{}","error":null}"#;
        let NotifyTask::ExecutionDied(died) = read(died) else {
            panic!("it is what EventBridge says of an execution");
        };
        assert_eq!((died.incident(), died.name.is_undo()), ("01J".into(), true));
    }

    #[test]
    fn a_name_says_which_incident_and_what_for() {
        let incident = IncidentId::new("01J");
        let (playbook, undo) = (
            ExecutionName::of_playbook(&incident),
            ExecutionName::of_undo(&incident, "01K"),
        );
        assert_eq!((playbook.as_str(), undo.as_str()), ("01J", "01J-01K"));
        assert_eq!((playbook.is_undo(), undo.is_undo()), (false, true));
        assert_eq!(
            (playbook.incident(), undo.incident()),
            (incident.clone(), incident)
        );
    }

    #[test]
    fn looking_back_is_told_from_a_step() {
        let target = r#"{"account":"123456789012","region":"eu-west-1","partition":"aws","resource":{"kind":"bucket","name":"logs"}}"#;
        let read = |op: &str| {
            let json = format!(r#"{{"op":"{op}","incident":"01J","target":{target}}}"#);
            serde_json::from_str::<InvestigateTask>(&json)
        };
        assert!(matches!(read("look-back").unwrap(), InvestigateTask::LookBack(_)));
        assert!(matches!(
            read("verify-again").unwrap(),
            InvestigateTask::Step(RespondTask::VerifyAgain(_))
        ));
        read("look-around").unwrap_err();
    }

    #[test]
    fn an_answer_is_written_as_serde_writes_it() {
        for answer in [ApprovalAnswer::Approved, ApprovalAnswer::Denied] {
            assert_eq!(serde_json::to_string(&answer).unwrap(), answer.as_json());
        }
    }
}

//! What a `respond-*` function implements for each step: plan, act, verify, undo.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use backstop_actions::{ActionSpec, Choice, Number, Switch, Text, WrongValue};
use backstop_aws::{AccountError, Scope, StepScope};
use backstop_core::{
    ErrorName, Plan, Receipt, Risk, StepId, Target, UndoOutcome, Verification,
    finding::Peer,
    guardrail::Permit,
    ids::IncidentId,
    log::{ChainError, Options},
};
use jiff::Timestamp;
use tokio::sync::watch;

use crate::{CallError, LedgerError};

/// One action of one service. Safe to run again after a crash at any point.
#[async_trait]
pub trait Action: Send + Sync {
    /// Its contract.
    fn spec(&self) -> &'static ActionSpec;

    /// Whether it acts on what the finding says beside the target; its requests have it, and planning waits for the log.
    fn reads_the_finding(&self) -> bool {
        false
    }

    /// Reads, and returns the exact changes, the blast radius and the receipt. Makes no mutating call.
    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError>;

    /// Has whoever contains something else at the same time see that this target is contained, and looks once more whether
    /// that leaves what the plan counts on: the reason to ask a person, if it doesn't. Asked right before the receipt is
    /// saved, of a plan that nobody was asked about. All that it may write is a mark, which by itself changes nothing.
    async fn claim(
        &self,
        _permit: &Permit,
        _request: &StepRequest,
        _receipt: &Receipt,
    ) -> Result<Option<String>, StepError> {
        Ok(None)
    }

    /// Makes the changes of a plan whose receipt is saved.
    async fn act(&self, permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError>;

    /// Reads back whether the goal state holds. A receipt is there if the action acted.
    async fn verify(
        &self,
        request: &StepRequest,
        receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError>;

    /// Restores from the receipt, refuses on drift, and never brings back a credential that was leaked or
    /// was inactive before.
    async fn undo(
        &self,
        permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError>;
}

/// What an action is asked for.
#[derive(Clone, Debug)]
pub struct StepRequest {
    /// The incident; part of the names of what is made.
    pub incident: IncidentId,
    /// The step.
    pub step: StepId,
    /// The target.
    pub target: Target,
    /// The time at which the request was made. What is written to deny sessions takes its cut-off from the moment of
    /// the write, see [`crate::cut_off`].
    pub at: Timestamp,
    /// When the log had it that the step had ended: what it changed was changed by then. `None` while it plans and acts.
    pub ended_at: Option<Timestamp>,
    /// What the playbook gives the step under `with`; read by the options of its contract.
    pub with: Options,
    /// The risks that the person who asked for undo accepted; none in any other task.
    pub accepted: Vec<Risk>,
    /// In an undo: what was made since then is the attacker's until a person says otherwise, and stays off. `None` in any
    /// other task, where the log is read at the same time.
    pub attack_began: Option<Timestamp>,
    /// With whom the target talked, by the finding that opened the incident; none for an action that doesn't
    /// [read it](Action::reads_the_finding).
    pub peers: Vec<Peer>,
    /// Whether a person has approved the step, known once the log is read. What a plan reads only to find out whether it
    /// must ask one needn't be read then.
    pub approval: Approval,
}

/// See [`StepRequest::approval`].
#[derive(Clone, Debug, Default)]
pub struct Approval(Option<watch::Receiver<bool>>);

impl Approval {
    /// An approval that is told later, and who tells it.
    pub fn given_later() -> (watch::Sender<bool>, Self) {
        let (tell, told) = watch::channel(false);
        (tell, Self(Some(told)))
    }

    /// Ends once it is known that a person has approved; never, if nobody has.
    pub async fn given(&self) {
        if let Some(mut told) = self.0.clone()
            && told.wait_for(|is_given| *is_given).await.is_ok()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}

/// Where the step's calls go. The own role can't be narrowed for a step, so that there is no session policy.
impl From<&StepRequest> for Scope {
    fn from(request: &StepRequest) -> Self {
        Self {
            step: Some(StepScope {
                incident: request.incident.clone(),
                step: request.step.clone(),
                session_policy: None,
            }),
            ..Self::new(request.target.account.clone(), request.target.region.clone())
        }
    }
}

impl StepRequest {
    /// An option that is on or off, as the action's contract has it.
    pub fn flag(&self, option: &Switch) -> Result<bool, StepError> {
        option.of(&self.with).map_err(wrong_option)
    }

    /// An option that is a whole number.
    pub fn number(&self, option: &Number) -> Result<u32, StepError> {
        option.of(&self.with).map_err(wrong_option)
    }

    /// An option that is one of a few words.
    pub fn choice(&self, option: &Choice) -> Result<&'static str, StepError> {
        option.of(&self.with).map_err(wrong_option)
    }

    /// An option that is a text.
    pub fn text(&self, option: &Text) -> Result<&str, StepError> {
        option.of(&self.with).map_err(wrong_option)
    }
}

/// Lint refuses it; a log from before there was a check may still hold it.
fn wrong_option(wrong: WrongValue) -> StepError {
    StepError::Invalid {
        what: "the step's options",
        detail: format!("{wrong}: write it so in the playbook"),
    }
}

/// How the actions that a function registers differ from its contracts; nothing if they are the same.
pub fn unlike_contracts(function: &str, actions: &[Arc<dyn Action>]) -> Vec<String> {
    let registered: BTreeSet<&str> = actions.iter().map(|action| action.spec().id).collect();
    let contracts: BTreeSet<&str> = backstop_actions::actions_of(function)
        .map(|action| action.id)
        .collect();
    let missing = contracts
        .difference(&registered)
        .map(|id| format!("`{id}` isn't registered"));
    let foreign = registered
        .difference(&contracts)
        .map(|id| format!("`{id}` is another function's"));
    let twice = (registered.len() < actions.len()).then(|| "an action is registered twice".to_owned());
    missing.chain(foreign).chain(twice).collect()
}

/// Why a step can't be planned, made, verified or undone.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// AWS refused or failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The incidents table failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The stored log was altered.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The target is gone.
    #[error("{what} doesn't exist (any more)")]
    TargetGone {
        /// What was looked for.
        what: String,
    },
    /// The target isn't what the finding says.
    #[error("the target isn't what the finding says: {detail}")]
    Mismatch {
        /// What differs.
        detail: String,
    },
    /// A guardrail refuses.
    #[error("guardrail `{guardrail}`: {reason}")]
    Refused {
        /// Its name.
        guardrail: String,
        /// Why.
        reason: String,
    },
    /// Evidence was kept, and not all of it.
    #[error("only a part was kept: {missing}")]
    KeptInPart {
        /// What is missing.
        missing: String,
    },
    /// The step doesn't apply to this target.
    #[error("doesn't apply: {reason}")]
    NotApplicable {
        /// Why.
        reason: String,
    },
    /// What was approved isn't what would be done now.
    #[error("plan `{approved}` was approved, but now it would be plan `{now}`; nothing was done")]
    Drifted {
        /// The hash approved.
        approved: String,
        /// The hash now.
        now: String,
    },
    /// Reading back shows that the goal state doesn't hold, or not yet.
    #[error("not proven yet: {observed}")]
    NotYetVerified {
        /// What was read.
        observed: String,
    },
    /// A task, receipt or record can't be read.
    #[error("reading {what}: {detail}")]
    Invalid {
        /// What.
        what: &'static str,
        /// Why not.
        detail: String,
    },
}

impl StepError {
    /// The name that a state machine catches.
    pub const fn name(&self) -> ErrorName {
        match self {
            Self::Call(error) => error.name,
            Self::Ledger(error) => error.name(),
            Self::Chain(_) | Self::Invalid { .. } => ErrorName::InvalidInput,
            Self::TargetGone { .. } => ErrorName::TargetGone,
            Self::Mismatch { .. } => ErrorName::TargetMismatch,
            Self::Refused { .. } | Self::NotApplicable { .. } | Self::KeptInPart { .. } => ErrorName::Refused,
            Self::Drifted { .. } => ErrorName::PlanDrifted,
            Self::NotYetVerified { .. } => ErrorName::NotYetVerified,
        }
    }
}

impl From<AccountError> for StepError {
    fn from(error: AccountError) -> Self {
        Self::Mismatch {
            detail: error.to_string(),
        }
    }
}

impl From<StepError> for lambda_runtime::Diagnostic {
    fn from(error: StepError) -> Self {
        Self {
            error_type: error.name().as_str().to_owned(),
            error_message: error.to_string(),
        }
    }
}

/// Reads a receipt in the action's own shape.
pub fn read_receipt<T: serde::de::DeserializeOwned>(receipt: &Receipt) -> Result<T, StepError> {
    serde_json::from_value(receipt.0.clone()).map_err(|error| StepError::Invalid {
        what: "the receipt",
        detail: error.to_string(),
    })
}

/// What a receipt says isn't what the order is about. Receipts say what was, never what to write: whoever altered one
/// gets nothing done.
pub fn unlike(detail: String) -> StepError {
    StepError::Refused {
        guardrail: "receipt".to_owned(),
        reason: format!("the receipt isn't followed: {detail}; look at the target and restore it by hand"),
    }
}

/// Writes a receipt.
pub fn write_receipt(receipt: &impl serde::Serialize) -> Result<Receipt, StepError> {
    serde_json::to_value(receipt)
        .map(Receipt)
        .map_err(|error| StepError::Invalid {
            what: "the receipt to save",
            detail: error.to_string(),
        })
}

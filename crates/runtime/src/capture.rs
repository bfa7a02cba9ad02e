//! An action that only reads: the plan holds what was read, and the log keeps the plan.

use std::collections::BTreeMap;

use async_trait::async_trait;
use backstop_actions::ActionSpec;
use backstop_core::{Plan, Receipt, UndoOutcome, Verification, guardrail::Permit};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Action, StepError,
    action::{StepRequest, read_receipt, write_receipt},
};

/// Reads, and nothing else. Every capture is an [`Action`] without changes; there is nothing to act on or to undo.
#[async_trait]
pub trait Capture: Send + Sync {
    /// Its contract.
    fn spec(&self) -> &'static ActionSpec;

    /// See [`Action::reads_the_finding`].
    fn reads_the_finding(&self) -> bool {
        false
    }

    /// Reads what is to be kept. Makes no mutating call. An error that is worth a retry is handed back: the evidence may
    /// be had yet. What can't be read for good is named in [`Captured::limits`], the rest is kept all the same.
    async fn capture(&self, request: &StepRequest) -> Result<Captured, StepError>;

    /// What is kept, as people read it.
    fn subject(&self, request: &StepRequest) -> String {
        format!("the state of {}", request.target.resource)
    }
}

/// What was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Captured {
    /// Whom or what the guardrails are asked about.
    pub principal: String,
    /// Its tags, for the exemptions by tag.
    pub tags: BTreeMap<String, String>,
    /// What the log keeps.
    pub evidence: Value,
    /// What nobody should think was read.
    pub limits: Vec<String>,
    /// What was to be read and couldn't be: with any of it the step is no more than partly done.
    pub missing: Vec<String>,
}

/// What is saved before the step ends: how it will end.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Ending {
    missing: Vec<String>,
}

#[async_trait]
impl<C: Capture> Action for C {
    fn spec(&self) -> &'static ActionSpec {
        Capture::spec(self)
    }

    fn reads_the_finding(&self) -> bool {
        Capture::reads_the_finding(self)
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let captured = self.capture(request).await?;
        Ok(Plan {
            step: request.step.clone(),
            action: Capture::spec(self).id.into(),
            principal: captured.principal,
            tags: captured.tags,
            changes: Vec::new(),
            blast_radius: Vec::new(),
            limits: captured.limits,
            needs_approval: None,
            captured: Some(captured.evidence),
            manual_undo: Vec::new(),
            receipt: match captured.missing.is_empty() {
                true => write_receipt(&Value::Null)?,
                false => write_receipt(&Ending {
                    missing: captured.missing,
                })?,
            },
        })
    }

    async fn act(&self, _: &Permit, _: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let ending: Option<Ending> = read_receipt(receipt)?;
        match ending.unwrap_or_default().missing {
            missing if missing.is_empty() => Ok(()),
            missing => Err(StepError::KeptInPart {
                missing: missing.join("; "),
            }),
        }
    }

    async fn verify(
        &self,
        request: &StepRequest,
        receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        let subject = self.subject(request);
        Ok(Verification {
            holds: receipt.is_some(),
            observed: match receipt {
                Some(_) => format!("{subject} is in this log"),
                None => format!("nothing of {subject} was kept"),
            },
        })
    }

    async fn undo(&self, _: &Permit, request: &StepRequest, _: &Receipt) -> Result<UndoOutcome, StepError> {
        Ok(UndoOutcome::NothingToUndo {
            reason: format!("{} was only read", self.subject(request)),
        })
    }
}

//! `s3.capture-account`: keeps which of the account's buckets were open, and how.
//!
//! *Changes* nothing: the plan holds what was read, and the log keeps the plan. *Undo* has nothing to do. *Twice*
//! is harmless. What can't be read is named as missing evidence.

use std::sync::Arc;

use async_trait::async_trait;
use backstop_core::{Plan, Receipt, UndoOutcome, Verification, guardrail::Permit};
use backstop_runtime::{
    Action, StepError,
    action::{StepRequest, kept, only_read, write_receipt},
};
use serde_json::{Value, json};

use crate::{
    account_block::{AccountBlock, AccountBlocks, account_of},
    block_account_public_access::look,
    buckets::Buckets,
    reach::Reach,
};

/// See the module.
pub(crate) struct CaptureAccount {
    blocks: AccountBlocks,
    buckets: Arc<Buckets>,
}

impl CaptureAccount {
    pub(crate) const fn new(blocks: AccountBlocks, buckets: Arc<Buckets>) -> Self {
        Self { blocks, buckets }
    }
}

#[async_trait]
impl Action for CaptureAccount {
    fn id(&self) -> &'static str {
        "s3.capture-account"
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let account = account_of(&request.target)?;
        let (block, reach) = tokio::join!(self.blocks.get(account), look(&self.buckets, request));
        let (block, reach) = (block?, reach?);
        let (buckets, missing) = match &reach {
            Ok(reach) => (reach.json(), reach.limits()),
            Err(why) => (
                json!({ "unreadable": why.to_string() }),
                vec![format!(
                    "evidence is missing, the buckets couldn't be listed: {why}"
                )],
            ),
        };
        Ok(Plan {
            step: request.step.clone(),
            action: self.id().into(),
            principal: account.to_string(),
            tags: reach.as_ref().map(Reach::tags).unwrap_or_default(),
            changes: Vec::new(),
            blast_radius: Vec::new(),
            limits: missing,
            needs_approval: None,
            captured: Some(json!({
                "account": account,
                "read_at": request.at,
                // The state before containment is in the containing step's receipt.
                "block_public_access_when_read": AccountBlock::in_words(block),
                "buckets": buckets,
            })),
            manual_undo: Vec::new(),
            receipt: write_receipt(&Value::Null)?,
        })
    }

    async fn act(
        &self,
        _permit: &Permit,
        _request: &StepRequest,
        _receipt: &Receipt,
    ) -> Result<(), StepError> {
        Ok(())
    }

    async fn verify(
        &self,
        request: &StepRequest,
        receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        Ok(kept(request, receipt))
    }

    async fn undo(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        _receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        Ok(only_read(request))
    }
}

#[cfg(test)]
mod tests;

//! `s3.capture-bucket`: keeps how the bucket was opened, and what an attacker may have left in it.
//!
//! *Changes* nothing: the plan holds what was read, and the log keeps the plan. *Undo* has nothing to do. *Twice*
//! is harmless. A part that can't be read is named as missing evidence; the others are kept all the same.

mod parts;

use std::sync::Arc;

use async_trait::async_trait;
use backstop_core::{Plan, Receipt, UndoOutcome, Verification, guardrail::Permit};
use backstop_runtime::{
    Action, StepError,
    action::{StepRequest, kept, only_read, write_receipt},
};
use serde_json::{Value, json};

use crate::{block::Block, bucket::object_level_logging, buckets::Buckets};

/// See the module.
pub(crate) struct CaptureBucket {
    buckets: Arc<Buckets>,
}

impl CaptureBucket {
    pub(crate) const fn new(buckets: Arc<Buckets>) -> Self {
        Self { buckets }
    }
}

#[async_trait]
impl Action for CaptureBucket {
    fn id(&self) -> &'static str {
        "s3.capture-bucket"
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let (bucket, block) = self.buckets.find(&request.target).await?;
        let (tags, parts, log) = tokio::join!(bucket.tags(), parts::read(&bucket), bucket.access_log());
        let tags = tags?;
        let (parts, mut missing) = parts::settle(parts?);
        let logging = object_level_logging(&log);
        let captured = json!({
            "bucket": bucket.place.arn(),
            "region": bucket.place.region,
            "read_at": request.at,
            // The state before containment is in the containing step's receipt.
            "block_public_access_when_read": Block::in_words(block),
            "tags": tags,
            "reads_of_objects": logging,
            "access_log": log.ok().flatten(),
            "parts": parts,
        });
        missing.push(logging);
        Ok(Plan {
            step: request.step.clone(),
            action: self.id().into(),
            principal: bucket.place.arn(),
            tags,
            changes: Vec::new(),
            blast_radius: Vec::new(),
            limits: missing,
            needs_approval: None,
            captured: Some(captured),
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

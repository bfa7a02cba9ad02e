//! `ec2.capture-instance`: keeps how the instance was set up, who could reach it, and what it last said.
//!
//! *Changes* nothing: the plan holds what was read, and the log keeps the plan. *Undo* has nothing to do. *Twice*
//! is harmless. A part that can't be read is named as missing evidence; the others are kept all the same. A
//! terminated instance is captured as far as EC2 still knows it.

mod bound;
mod console;
mod json;
mod parts;

use std::sync::Arc;

use async_trait::async_trait;
use backstop_core::{Plan, Receipt, UndoOutcome, Verification, guardrail::Permit};
use backstop_runtime::{
    Action, StepError,
    action::{StepRequest, kept, only_read, write_receipt},
};
use serde_json::{Value, json};

use crate::{
    clients::Regions,
    instance::{self, Instance, id_of},
};

/// See the module.
pub(crate) struct CaptureInstance {
    regions: Arc<Regions>,
}

impl CaptureInstance {
    pub(crate) const fn new(regions: Arc<Regions>) -> Self {
        Self { regions }
    }
}

#[async_trait]
impl Action for CaptureInstance {
    fn id(&self) -> &'static str {
        "ec2.capture-instance"
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let clients = self.regions.of_target(&request.target);
        let found = instance::find(&clients.ec2, &request.target).await?;
        let instance = Instance::of(&found, id_of(&request.target)?, &request.target);
        let parts = parts::read(&clients, &found, &instance).await?;
        let (parts, mut limits) = bound::settle(parts);
        limits.push("memory and a screenshot of the console weren't captured".to_owned());
        Ok(Plan {
            step: request.step.clone(),
            action: self.id().into(),
            principal: instance.arn.clone(),
            tags: instance.tags.clone(),
            changes: Vec::new(),
            blast_radius: Vec::new(),
            limits,
            needs_approval: None,
            captured: Some(json!({
                "instance": instance.arn,
                "region": request.target.region,
                "state": instance.state,
                "read_at": request.at,
                "parts": parts,
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

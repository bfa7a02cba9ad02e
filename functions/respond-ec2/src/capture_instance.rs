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
use backstop_actions::{ActionSpec, ec2};
use backstop_aws::Accounts;
use backstop_runtime::{Capture, Captured, StepError, action::StepRequest};
use serde_json::json;

use crate::{
    cut_off,
    instance::{self, Instance, id_of},
    services::Ec2,
};

/// See the module.
pub(crate) struct CaptureInstance {
    accounts: Arc<Accounts>,
}

impl CaptureInstance {
    pub(crate) const fn new(accounts: Arc<Accounts>) -> Self {
        Self { accounts }
    }
}

#[async_trait]
impl Capture for CaptureInstance {
    fn spec(&self) -> &'static ActionSpec {
        &ec2::capture_instance::SPEC
    }

    async fn capture(&self, request: &StepRequest) -> Result<Captured, StepError> {
        let aws = self.accounts.at(request)?;
        let found = instance::find(&aws.client::<Ec2>(), &request.target).await?;
        let instance = Instance::of(&found, id_of(&request.target)?, &request.target);
        let parts = parts::read(&aws, &found, &instance).await?;
        let (parts, missing) = bound::settle(parts);
        let mut limits = missing.clone();
        limits.push("memory and a screenshot of the console weren't captured".to_owned());
        let is_cut_off = cut_off::placements(&instance).len() < instance.interfaces.len();
        limits.push(when_read(is_cut_off).to_owned());
        Ok(Captured {
            principal: instance.arn.clone(),
            tags: instance.tags.clone(),
            limits,
            missing,
            evidence: json!({
                "instance": instance.arn,
                "region": request.target.region,
                "state": instance.state,
                "read_at": request.at,
                "read_after_isolation": is_cut_off,
                "parts": parts,
            }),
        })
    }
}

/// Containment waits for no evidence and runs beside it.
const fn when_read(is_cut_off: bool) -> &'static str {
    if is_cut_off {
        "it was read AFTER the instance was isolated: its security groups are Backstop's, and its profile, groups and load \
         balancers may be as containment left them; as they were is in the plans of those steps"
    } else {
        "it was read before the instance was isolated, beside the rest of containment: its profile, protection, Auto \
         Scaling group and load balancers may be as containment left them; as they were is in the plans of those steps"
    }
}

#[cfg(test)]
mod tests;

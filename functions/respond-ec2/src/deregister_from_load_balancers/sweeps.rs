//! The look into all target groups of a VPC, shared by the steps that need it: no call says which of them have an instance,
//! and all callers in a Region share the rate at which they can be asked. What one step found, the next one that runs in
//! this process within a minute reads again, and nothing else; what was registered elsewhere meanwhile it doesn't see. The
//! step that takes the instance out looks everywhere by itself.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use aws_sdk_elasticloadbalancingv2::{Client, types::TargetGroup};
use backstop_core::Target;
use backstop_runtime::{CallError, action::StepRequest};

use super::target_groups::{self, Found};
use crate::instance::Instance;

/// An incident's steps follow each other within seconds.
const OLDEST: Duration = Duration::from_secs(60);

/// The latest look. See the module.
#[derive(Debug, Default)]
pub(crate) struct Sweeps(Mutex<Option<Swept>>);

#[derive(Debug)]
struct Swept {
    target: Target,
    at: Instant,
    holding: Vec<TargetGroup>,
}

impl Sweeps {
    /// What holds the instance: out of a look that is young enough, or a new one.
    pub(super) async fn targets(
        &self,
        elb: &Client,
        instance: &Instance,
        request: &StepRequest,
    ) -> Result<Found, CallError> {
        match self.known(&request.target) {
            Some(holding) => target_groups::reread(elb, holding, instance).await,
            None => self.sweep(elb, instance, request).await,
        }
    }

    /// Looks into all of them. Only a look that left none out is kept.
    pub(super) async fn sweep(
        &self,
        elb: &Client,
        instance: &Instance,
        request: &StepRequest,
    ) -> Result<Found, CallError> {
        let at = Instant::now();
        let found = target_groups::find(elb, instance).await?;
        if found.unread.is_none()
            && let Ok(mut kept) = self.0.lock()
        {
            *kept = Some(Swept {
                target: request.target.clone(),
                at,
                holding: found.holding.clone(),
            });
        }
        Ok(found)
    }

    fn known(&self, target: &Target) -> Option<Vec<TargetGroup>> {
        let kept = self.0.lock().ok()?;
        kept.as_ref()
            .filter(|swept| &swept.target == target && swept.at.elapsed() < OLDEST)
            .map(|swept| swept.holding.clone())
    }
}

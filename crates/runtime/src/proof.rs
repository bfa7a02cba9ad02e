//! The proof that a plan in the log is one that a responder wrote before it changed anything: its hash, kept where nobody
//! but the responders may write. Whoever writes to the incidents table can forge a log whose chain is whole; what a
//! receipt in it says is followed only if it is proven.

mod bucket;

use async_trait::async_trait;
use backstop_core::{
    Hash, IncidentId, Plan, StepId, Target,
    canonical::{self, CanonicalError},
    log::{Event, Record},
};

use crate::CallError;

/// Where proofs are kept: one for each plan that a step of an incident began with. Two attempts at the same time may have
/// planned differently, and whichever of them the log has is proven.
#[async_trait]
pub trait Proofs: Send + Sync {
    /// Keeps the hash.
    async fn keep(&self, incident: &IncidentId, step: &StepId, hash: &Hash) -> Result<(), CallError>;

    /// Whether the hash was kept.
    async fn kept(&self, incident: &IncidentId, step: &StepId, hash: &Hash) -> Result<bool, CallError>;
}

/// The hash of everything that a plan says, of whose incident and on which target. What was captured is left out: it is
/// evidence, and nothing follows from it.
pub(crate) fn hash_of(incident: &IncidentId, target: &Target, plan: &Plan) -> Result<Hash, CanonicalError> {
    let plan = Plan {
        captured: None,
        ..plan.clone()
    };
    canonical::hash(&(incident, target, &plan))
}

/// Every plan that the log says a step began to carry out.
pub(crate) fn begun<'log>(records: &'log [Record], step: &StepId) -> impl Iterator<Item = &'log Plan> {
    records.iter().filter_map(move |record| match &record.event {
        Event::Acting { plan } if &plan.step == step => Some(&**plan),
        _ => None,
    })
}

/// Proofs that are kept in memory.
#[cfg(any(test, feature = "test-util"))]
#[derive(Debug, Default)]
pub struct InMemory(std::sync::Mutex<std::collections::BTreeSet<(IncidentId, StepId, Hash)>>);

#[cfg(any(test, feature = "test-util"))]
#[async_trait]
impl Proofs for InMemory {
    async fn keep(&self, incident: &IncidentId, step: &StepId, hash: &Hash) -> Result<(), CallError> {
        let mut kept = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        kept.insert((incident.clone(), step.clone(), hash.clone()));
        Ok(())
    }

    async fn kept(&self, incident: &IncidentId, step: &StepId, hash: &Hash) -> Result<bool, CallError> {
        let kept = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(kept.contains(&(incident.clone(), step.clone(), hash.clone())))
    }
}

//! What holds a function back whatever the log says: whom it never touches, how far it goes, and which receipts it
//! follows.

use std::sync::Arc;

use backstop_core::{
    Hash, IncidentId, Mode, Plan, StepId, Target,
    guardrail::{Decision, Effect, Guardrails, Protection, Subject},
    incident::Incident,
    log::{Origin, Record},
};
use futures_util::future::join_all;

use super::{Runner, invalid};
use crate::{
    StepError, now,
    proof::{self, Proofs},
};

/// See the module.
#[derive(Clone)]
pub struct Bounds {
    /// Whom nothing is done to.
    pub protection: Protection,
    /// The furthest mode of the deployment.
    pub maximum: Mode,
    /// Where its receipts are proven; `None` for a function that changes nothing.
    pub proofs: Option<Arc<dyn Proofs>>,
}

impl Bounds {
    /// Of a function that changes nothing.
    pub const fn reading(protection: Protection) -> Self {
        Self {
            protection,
            maximum: Mode::Observe,
            proofs: None,
        }
    }

    /// Of a function that changes accounts.
    pub const fn acting(protection: Protection, maximum: Mode, proofs: Arc<dyn Proofs>) -> Self {
        Self {
            protection,
            maximum,
            proofs: Some(proofs),
        }
    }
}

impl Runner {
    /// How far a plan may go now, and what says so if that is less than `auto`.
    pub(super) fn most(
        &self,
        guardrails: &Guardrails,
        incident: &Incident,
        plan: &Plan,
    ) -> (Mode, Option<Decision>) {
        let maximum = self.bounds.maximum;
        let of_stack = (maximum < Mode::Auto).then(|| Decision {
            guardrail: "maximum-mode".to_owned(),
            effect: Effect::LowerTo(maximum),
            detail: format!("this deployment's maximum mode is {maximum}"),
        });
        match guardrails.lowered(&subject(incident, plan), now()) {
            Some((mode, decision)) if mode < maximum => (mode, Some(decision)),
            _ => (maximum, of_stack),
        }
    }

    /// The plan that the step began with: the first of the log that is proven. One that was proven at the same time and
    /// stands after it may have been read when the first had begun to change things.
    pub(super) async fn proven<'log>(
        &self,
        incident: &IncidentId,
        target: &Target,
        step: &StepId,
        records: &'log [Record],
    ) -> Result<Option<&'log Plan>, StepError> {
        let Some(proofs) = &self.bounds.proofs else {
            return Ok(None);
        };
        let mut begun: Vec<(&Plan, Hash)> = Vec::new();
        for plan in proof::begun(records, step) {
            let hash =
                proof::hash_of(incident, target, plan).map_err(|error| invalid("the log's plan", &error))?;
            if begun.iter().all(|(_, other)| *other != hash) {
                begun.push((plan, hash));
            }
        }
        let kept = join_all(begun.iter().map(|(_, hash)| proofs.kept(incident, step, hash))).await;
        for ((plan, _), kept) in begun.into_iter().zip(kept) {
            if kept? {
                return Ok(Some(plan));
            }
        }
        Ok(None)
    }
}

/// What the guardrails look at.
pub(super) fn subject<'a>(incident: &'a Incident, plan: &'a Plan) -> Subject<'a> {
    Subject {
        playbook: &incident.opened.playbook,
        account: &incident.opened.target.account,
        principal: &plan.principal,
        tags: &plan.tags,
        is_drill: incident.opened.origin == Origin::Drill,
    }
}

//! What holds a function back whatever the log says: whom it never touches, how far it goes, and which receipts it
//! follows.

use std::sync::Arc;

use backstop_core::{
    IncidentId, Mode, Plan, StepId, Target,
    guardrail::{Decision, Effect, Guardrails, Protection, Subject},
    incident::Incident,
    log::{Origin, Record},
};

use super::Runner;
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

/// What the proof says of the plans that the log has of a step.
#[derive(Debug)]
pub(super) enum Proven<'log> {
    /// This one was written before the change.
    Plan(&'log Plan),
    /// Another one was.
    Another,
    /// No proof is kept.
    Nothing,
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

    /// The plan that the step began with, as far as it is proven.
    pub(super) async fn proven<'log>(
        &self,
        incident: &IncidentId,
        target: &Target,
        step: &StepId,
        records: &'log [Record],
    ) -> Result<Proven<'log>, StepError> {
        let Some(proofs) = &self.bounds.proofs else {
            return Ok(Proven::Nothing);
        };
        let Some(kept) = proofs.kept(incident, step).await? else {
            return Ok(Proven::Nothing);
        };
        let is_it = |plan: &&Plan| proof::hash_of(incident, target, plan).is_ok_and(|hash| hash == kept);
        let plan = proof::begun(records, step).find(is_it);
        Ok(plan.map_or(Proven::Another, Proven::Plan))
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

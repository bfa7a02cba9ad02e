//! Runs the steps of an incident: asks the guardrails, saves the receipt, acts, and writes everything down.

mod act;
mod bounds;
mod undo;
mod verify;
mod verify_again;
mod watch;
mod wiring;

use std::{collections::BTreeMap, sync::Arc};

use backstop_aws::{Accounts, Scope};
use backstop_core::{
    ActionId, IncidentId, Outcome, Plan, StepId,
    finding::Peer,
    guardrail::{Decision, Guardrails, Permit},
    incident::{Incident, StepState},
    log::Event,
    task::{RespondTask, StepAnswer, StepTask, VerifyTask},
};
pub use bounds::Bounds;
use serde_json::Value;

use crate::{
    Action, IncidentLog, Ledger, StepError,
    action::{Approval, StepRequest},
    now,
};

/// The actions of one function, with what running them takes.
pub struct Runner {
    ledger: Ledger,
    bounds: Bounds,
    accounts: Arc<Accounts>,
    actions: BTreeMap<&'static str, Arc<dyn Action>>,
}

impl Runner {
    /// Registers the actions under their ids; `accounts` are those that they can act in.
    pub fn new(
        ledger: Ledger,
        bounds: Bounds,
        accounts: Arc<Accounts>,
        actions: Vec<Arc<dyn Action>>,
    ) -> Self {
        let actions = actions
            .into_iter()
            .map(|action| (action.spec().id, action))
            .collect();
        Self {
            ledger,
            bounds,
            accounts,
            actions,
        }
    }

    /// Does what the machine asks. An error that is worth a retry goes back under its fixed name; one that
    /// isn't is written to the log as the step's end first, so that it is known even if the machine dies.
    pub async fn run(&self, task: RespondTask) -> Result<Value, StepError> {
        match task {
            RespondTask::Plan(step) => answer(&self.plan(&step).await?),
            RespondTask::Act(step) => answer(&self.act(&step).await?),
            RespondTask::Verify(task) => answer(&self.verify(&task).await?),
            RespondTask::VerifyAgain(task) => answer(&self.verify_again(&task).await?),
            RespondTask::Watch(task) => answer(&self.watch(&task).await),
            RespondTask::Undo(step) => answer(&self.undo(&step).await?),
        }
    }

    /// Plans a step, in `observe` and `approve` mode, and writes the plan to the log.
    async fn plan(&self, task: &StepTask) -> Result<StepAnswer, StepError> {
        let action = self.action(&task.action)?;
        let request = step_request(task);
        let (log, planned) = tokio::join!(
            self.ledger.log(&task.incident),
            before_the_log(action.as_ref(), &request)
        );
        let mut log = log?;
        let incident = self.checked(&log, task)?;
        let (_, planned) = as_logged(action.as_ref(), &incident, request, planned).await;
        if let Some(outcome) = ended(&incident, &task.step) {
            return Ok(StepAnswer {
                step: task.step.clone(),
                drifted: false,
                outcome: Some(outcome),
            });
        }
        let plan = match planned.and_then(|plan| self.unprotected(plan)) {
            Ok(plan) => plan,
            Err(error) => return self.end_with_error(&mut log, &task.step, error).await,
        };
        let hash = plan.hash().map_err(|error| invalid("the plan", &error))?;
        log.append(
            &self.ledger,
            Event::Planned {
                plan: Box::new(plan),
                hash,
            },
        )
        .await?;
        Ok(StepAnswer {
            step: task.step.clone(),
            drifted: false,
            outcome: None,
        })
    }

    /// Nobody is asked about what is refused in any case: who is protected is only known once the target is found, since
    /// findings name no paths.
    fn unprotected(&self, plan: Plan) -> Result<Plan, StepError> {
        match self.bounds.protection.decide(&plan.principal) {
            Some(Decision {
                guardrail, detail, ..
            }) => Err(StepError::Refused {
                guardrail,
                reason: detail,
            }),
            None => Ok(plan),
        }
    }

    /// Asks pauses, exemptions, the drill tag, the protected principals and the account, right before acting.
    fn permit_by(
        &self,
        guardrails: &Guardrails,
        incident: &Incident,
        plan: &Plan,
    ) -> Result<Permit, StepError> {
        guardrails
            .permit(&self.bounds.protection, &bounds::subject(incident, plan), now())
            .map_err(|refusals| {
                let names: Vec<&str> = refusals
                    .iter()
                    .map(|refusal| refusal.guardrail.as_str())
                    .collect();
                let details: Vec<&str> = refusals.iter().map(|refusal| refusal.detail.as_str()).collect();
                StepError::Refused {
                    guardrail: names.join(", "),
                    reason: details.join("; "),
                }
            })
    }

    /// Writes down that a step ended with an error, or hands a retryable error back to the machine.
    async fn end_with_error(
        &self,
        log: &mut IncidentLog,
        step: &StepId,
        error: StepError,
    ) -> Result<StepAnswer, StepError> {
        let outcome = match &error {
            StepError::Refused { guardrail, reason } => Outcome::Refused {
                guardrail: guardrail.clone(),
                reason: reason.clone(),
            },
            StepError::KeptInPart { missing } => Outcome::Partial {
                missing: missing.clone(),
            },
            StepError::NotApplicable { reason } => Outcome::Skipped {
                reason: reason.clone(),
            },
            other if other.name().is_retryable() => return Err(error),
            other => Outcome::failed(other.name(), other.to_string()),
        };
        tracing::warn!(incident = %log.id(), %step, error = %error, "step ended without acting to its end");
        let event = Event::StepEnded {
            step: step.clone(),
            outcome: outcome.clone(),
        };
        log.append(&self.ledger, event).await?;
        Ok(StepAnswer {
            step: step.clone(),
            drifted: false,
            outcome: Some(outcome),
        })
    }

    fn action(&self, id: &ActionId) -> Result<&Arc<dyn Action>, StepError> {
        self.actions.get(id.as_str()).ok_or_else(|| StepError::Invalid {
            what: "the task",
            detail: format!("this function has no action `{id}`"),
        })
    }

    /// The incident, if the task names what the log names. A forged or mixed-up task changes nothing.
    fn checked(&self, log: &IncidentLog, task: &StepTask) -> Result<Incident, StepError> {
        let incident = log.incident()?;
        self.accounts.at(Scope::new(
            task.target.account.clone(),
            task.target.region.clone(),
        ))?;
        let fits = incident.opened.target == task.target
            && incident
                .step(&task.step)
                .is_some_and(|state| state.step.action == task.action);
        if fits {
            Ok(incident)
        } else {
            Err(StepError::Invalid {
                what: "the task",
                detail: format!(
                    "step, action or target isn't what incident `{}` was opened with",
                    task.incident
                ),
            })
        }
    }
}

/// The step request as the task has it: good for planning, which may be done again.
fn step_request(task: &StepTask) -> StepRequest {
    StepRequest {
        incident: task.incident.clone(),
        step: task.step.clone(),
        target: task.target.clone(),
        at: now(),
        ended_at: None,
        with: task.with.clone(),
        accepted: Vec::new(),
        attack_began: None,
        peers: Vec::new(),
        approval: Approval::default(),
    }
}

/// The step request as the log has it.
fn logged_request(incident: &IncidentId, state: &StepState, target: &backstop_core::Target) -> StepRequest {
    StepRequest {
        incident: incident.clone(),
        step: state.step.step.clone(),
        target: target.clone(),
        at: now(),
        ended_at: state.ended_at,
        with: state.step.with.clone(),
        accepted: Vec::new(),
        attack_began: None,
        peers: Vec::new(),
        approval: Approval::default(),
    }
}

/// With whom the target talked, for an action that acts on it.
fn peers(incident: &Incident, action: &dyn Action) -> Vec<Peer> {
    if action.reads_the_finding() {
        incident.opened.finding.peers.clone()
    } else {
        Vec::new()
    }
}

/// The step request as the log has it, to read back what the step did.
fn request_to_verify(
    log: &IncidentLog,
    task: &VerifyTask,
    state: &StepState,
    action: &dyn Action,
) -> Result<StepRequest, StepError> {
    let request = logged_request(&task.incident, state, &task.target);
    if !action.reads_the_finding() {
        return Ok(request);
    }
    Ok(StepRequest {
        peers: peers(&log.incident()?, action),
        ..request
    })
}

/// What is planned while the log is read: nothing, where the plan needs what the log alone has.
async fn before_the_log(action: &dyn Action, request: &StepRequest) -> Option<Result<Plan, StepError>> {
    if action.reads_the_finding() {
        None
    } else {
        Some(action.plan(request).await)
    }
}

/// The step request with the options and the finding that the incident was opened with, and its plan: made anew if the task
/// had other options, which a playbook deployed in between may cause.
async fn as_logged(
    action: &dyn Action,
    incident: &Incident,
    request: StepRequest,
    planned: Option<Result<Plan, StepError>>,
) -> (StepRequest, Result<Plan, StepError>) {
    let logged = incident.step(&request.step).map(|state| &state.step.with);
    let is_as_logged = logged.is_none_or(|logged| logged == &request.with);
    match planned.filter(|_| is_as_logged) {
        Some(planned) => (request, planned),
        None => {
            let request = StepRequest {
                with: logged.cloned().unwrap_or_else(|| request.with.clone()),
                peers: peers(incident, action),
                ..request
            };
            let planned = action.plan(&request).await;
            (request, planned)
        }
    }
}

/// How a step ended for good. A failure may be tried again.
fn ended(incident: &Incident, step: &StepId) -> Option<Outcome> {
    incident
        .step(step)
        .and_then(|state| state.outcome.clone())
        .filter(|outcome| !matches!(outcome, Outcome::Failed { .. }))
}

fn answer(value: &impl serde::Serialize) -> Result<Value, StepError> {
    serde_json::to_value(value).map_err(|error| invalid("the answer", &error))
}

fn invalid(what: &'static str, error: &dyn std::fmt::Display) -> StepError {
    StepError::Invalid {
        what,
        detail: error.to_string(),
    }
}

#[cfg(test)]
mod tests;

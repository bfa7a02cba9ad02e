//! Acting on one step: read everything at once, save the receipt, change, write down the end.

use backstop_core::{
    Hash, Mode, Outcome, Plan,
    guardrail::{Decision, Effect, Guardrails, Permit},
    incident::{Clearance, Incident, StepState},
    log::Event,
    task::{StepAnswer, StepTask},
};

use super::{Runner, ended, invalid, step_request, with_logged_options};
use crate::{Action, IncidentLog, LedgerError, StepError, action::StepRequest};

impl Runner {
    /// Acts. Log, guardrails and the target are read at the same time, since each round trip counts before
    /// the first containing call.
    pub(super) async fn act(&self, task: &StepTask) -> Result<StepAnswer, StepError> {
        let action = self.action(&task.action)?;
        let request = step_request(task);
        let (log, guardrails, planned) = tokio::join!(
            self.ledger.log(&task.incident),
            self.ledger.guardrails(),
            action.plan(&request)
        );
        let mut log = log?;
        let incident = self.checked(&log, task)?;
        if let Some(outcome) = ended(&incident, &task.step) {
            return Ok(StepAnswer {
                step: task.step.clone(),
                drifted: false,
                outcome: Some(outcome),
            });
        }
        let (request, planned) = with_logged_options(action.as_ref(), &incident, request, planned).await;
        let read = Read { guardrails, planned };
        match self
            .attempt(&mut log, &incident, action.as_ref(), task, &request, read)
            .await
        {
            Ok(answer) => Ok(answer),
            Err(error) => self.end_with_error(&mut log, &task.step, error).await,
        }
    }

    async fn attempt(
        &self,
        log: &mut IncidentLog,
        incident: &Incident,
        action: &dyn Action,
        task: &StepTask,
        request: &StepRequest,
        read: Read,
    ) -> Result<StepAnswer, StepError> {
        let guardrails = read.guardrails?;
        if let Some(plan) = interrupted(incident, task) {
            log.catch_up(&self.ledger).await?;
            // A late repetition of the task must not contain again what people may have undone since.
            check_open(&log.incident()?)?;
            let permit = self.permit_by(&guardrails, incident, &plan)?;
            return self.change(log, action, &permit, request, plan).await;
        }
        let plan = read.planned?;
        if let Some(answer) = self.drift(log, incident, task, &plan).await? {
            return Ok(answer);
        }
        let permit = self.permit_by(&guardrails, incident, &plan)?;
        self.begin(log, action, &permit, request, plan).await
    }

    /// Refuses a step that nobody approved, or whose approved plan isn't today's.
    async fn drift(
        &self,
        log: &mut IncidentLog,
        incident: &Incident,
        task: &StepTask,
        plan: &Plan,
    ) -> Result<Option<StepAnswer>, StepError> {
        let now = plan.hash().map_err(|error| invalid("the plan", &error))?;
        match incident.clearance(plan) {
            Clearance::Any => Ok(None),
            Clearance::Only(approved) if approved == &now => Ok(None),
            // People approved this and more.
            Clearance::Only(approved) if is_part_of_approved(incident, approved, plan) => Ok(None),
            Clearance::Only(approved) if is_evidence(incident, task) => Err(StepError::Drifted {
                approved: approved.short().to_owned(),
                now: now.short().to_owned(),
            }),
            Clearance::Only(approved) => {
                let event = Event::PlanDrifted {
                    step: task.step.clone(),
                    approved: approved.clone(),
                    now,
                };
                log.append(&self.ledger, event).await?;
                Ok(Some(StepAnswer {
                    step: task.step.clone(),
                    drifted: true,
                    outcome: None,
                }))
            }
            Clearance::AskAgain => {
                if let Some(why) = &plan.needs_approval
                    && incident.opened.mode == Mode::Auto
                {
                    self.wait_for_a_person(log, task, why).await?;
                }
                Ok(Some(StepAnswer {
                    step: task.step.clone(),
                    drifted: true,
                    outcome: None,
                }))
            }
            Clearance::No(why) => Err(not_cleared(incident, why)),
        }
    }

    /// Writes down that this step isn't done at once, and why: the machine goes to plan and ask, as it does
    /// when the world has changed.
    async fn wait_for_a_person(
        &self,
        log: &mut IncidentLog,
        task: &StepTask,
        why: &str,
    ) -> Result<(), StepError> {
        let event = Event::GuardrailDecided(Decision {
            guardrail: "needs-approval".to_owned(),
            effect: Effect::LowerTo(Mode::Approve),
            detail: format!("step `{}` waits for a person: {why}", task.step),
        });
        log.append(&self.ledger, event).await?;
        Ok(())
    }

    /// Saves the receipt, then changes. A plan without changes ends the step: the goal state holds, unless it
    /// is evidence that is to be kept.
    async fn begin(
        &self,
        log: &mut IncidentLog,
        action: &dyn Action,
        permit: &Permit,
        request: &StepRequest,
        plan: Plan,
    ) -> Result<StepAnswer, StepError> {
        if plan.changes.is_empty() && plan.captured.is_none() {
            return self.end(log, request, Outcome::Already).await;
        }
        let acting = Event::Acting {
            plan: Box::new(plan.clone()),
        };
        if log.append_and_catch_up(&self.ledger, acting).await? {
            let incident = log.incident()?;
            check_open(&incident)?;
            if let Clearance::No(why) = incident.clearance(&plan) {
                return Err(not_cleared(&incident, why));
            }
        }
        self.change(log, action, permit, request, plan).await
    }

    async fn change(
        &self,
        log: &mut IncidentLog,
        action: &dyn Action,
        permit: &Permit,
        request: &StepRequest,
        plan: Plan,
    ) -> Result<StepAnswer, StepError> {
        action.act(permit, request, &plan.receipt).await?;
        self.end(log, request, Outcome::Done).await
    }

    async fn end(
        &self,
        log: &mut IncidentLog,
        request: &StepRequest,
        outcome: Outcome,
    ) -> Result<StepAnswer, StepError> {
        let event = Event::StepEnded {
            step: request.step.clone(),
            outcome: outcome.clone(),
        };
        log.append(&self.ledger, event).await?;
        tracing::info!(incident = %request.incident, step = %request.step, outcome = outcome.word(), "step ended");
        Ok(StepAnswer {
            step: request.step.clone(),
            drifted: false,
            outcome: Some(outcome),
        })
    }
}

fn check_open(incident: &Incident) -> Result<(), StepError> {
    match incident.closed {
        None => Ok(()),
        Some(_) => Err(StepError::Refused {
            guardrail: "closed".to_owned(),
            reason: "the incident is closed".to_owned(),
        }),
    }
}

fn not_cleared(incident: &Incident, why: &str) -> StepError {
    StepError::Refused {
        guardrail: "approval".to_owned(),
        reason: format!("{why} (mode {})", incident.opened.mode),
    }
}

/// Evidence whose keeping has drifted is given up and said to be missing: asking again would take the approval
/// away from the containing steps beside it.
fn is_evidence(incident: &Incident, task: &StepTask) -> bool {
    incident.step(&task.step).is_some_and(StepState::is_evidence)
}

/// What was read at the same time as the log.
struct Read {
    guardrails: Result<Guardrails, LedgerError>,
    planned: Result<Plan, StepError>,
}

/// The plan of a step that was cut off after its receipt was saved: it is carried out again as it stands,
/// since a new plan would take the half-changed state for the state before.
fn interrupted(incident: &Incident, task: &StepTask) -> Option<Plan> {
    incident
        .step(&task.step)
        .filter(|state| state.acted)
        .and_then(|state| state.plan.clone())
}

/// Whether today's plan is a part of the one with this hash: another step may have made some of its changes, as
/// leaving an Auto Scaling group leaves its target groups.
fn is_part_of_approved(incident: &Incident, approved: &Hash, plan: &Plan) -> bool {
    incident.step(&plan.step).is_some_and(|state| {
        state.planned.as_ref() == Some(approved)
            && state
                .plan
                .as_ref()
                .is_some_and(|approved| plan.is_within(approved))
    })
}

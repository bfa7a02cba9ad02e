//! Acting on one step: read everything at once, save the receipt, change, write down the end.

use backstop_core::{
    Outcome, Plan,
    guardrail::Permit,
    incident::Incident,
    log::Event,
    task::{StepAnswer, StepTask},
};

use super::{Runner, ended, invalid, order};
use crate::{Action, IncidentLog, StepError, action::Order};

impl Runner {
    /// Acts. Log, guardrails and the target are read at the same time, since each round trip counts before
    /// the first containing call.
    pub(super) async fn act(&self, task: &StepTask) -> Result<StepAnswer, StepError> {
        let action = self.action(&task.action)?;
        let order = order(task);
        let (log, guardrails, planned) = tokio::join!(
            self.ledger.log(&task.incident),
            self.ledger.guardrails(),
            action.plan(&order)
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
        let guardrails = guardrails?;
        let result = match self.interrupted(&incident, task) {
            Some(plan) => match self.permit_by(&guardrails, &incident, &plan) {
                Ok(permit) => {
                    self.change(&mut log, action.as_ref(), &permit, &order, plan)
                        .await
                }
                Err(error) => Err(error),
            },
            None => match planned {
                Ok(plan) => {
                    if let Some(answer) = self.drift(&mut log, &incident, task, &plan).await? {
                        return Ok(answer);
                    }
                    match self.permit_by(&guardrails, &incident, &plan) {
                        Ok(permit) => self.begin(&mut log, action.as_ref(), &permit, &order, plan).await,
                        Err(error) => Err(error),
                    }
                }
                Err(error) => Err(error),
            },
        };
        match result {
            Ok(answer) => Ok(answer),
            Err(error) => self.end_with_error(&mut log, &task.step, error).await,
        }
    }

    /// The plan of a step that was cut off after its receipt was saved: it is carried out again as it
    /// stands, since a new plan would take the half-changed state for the state before.
    fn interrupted(&self, incident: &Incident, task: &StepTask) -> Option<Plan> {
        incident
            .step(&task.step)
            .filter(|state| state.acted)
            .and_then(|state| state.plan.clone())
    }

    /// Refuses a step that nobody approved, or whose approved plan isn't today's.
    async fn drift(
        &self,
        log: &mut IncidentLog,
        incident: &Incident,
        task: &StepTask,
        plan: &Plan,
    ) -> Result<Option<StepAnswer>, StepError> {
        let Some(approved) = incident.may_act(&task.step) else {
            return Err(StepError::Refused {
                guardrail: "approval".to_owned(),
                reason: format!(
                    "incident `{}` is in mode {} and this plan isn't approved",
                    task.incident, incident.opened.mode
                ),
            });
        };
        let now = plan.hash().map_err(|error| invalid("the plan", &error))?;
        match approved {
            Some(approved) if approved != &now => {
                let approved = approved.clone();
                let event = Event::PlanDrifted {
                    step: task.step.clone(),
                    approved,
                    now,
                };
                log.append(&self.ledger, event).await?;
                Ok(Some(StepAnswer {
                    step: task.step.clone(),
                    drifted: true,
                    outcome: None,
                }))
            }
            _ => Ok(None),
        }
    }

    /// Saves the receipt, then changes. A plan without changes ends the step: the goal state holds.
    async fn begin(
        &self,
        log: &mut IncidentLog,
        action: &dyn Action,
        permit: &Permit,
        order: &Order,
        plan: Plan,
    ) -> Result<StepAnswer, StepError> {
        if plan.changes.is_empty() {
            return self.end(log, order, Outcome::Already).await;
        }
        log.append(
            &self.ledger,
            Event::Acting {
                plan: Box::new(plan.clone()),
            },
        )
        .await?;
        self.change(log, action, permit, order, plan).await
    }

    async fn change(
        &self,
        log: &mut IncidentLog,
        action: &dyn Action,
        permit: &Permit,
        order: &Order,
        plan: Plan,
    ) -> Result<StepAnswer, StepError> {
        action.act(permit, order, &plan.receipt).await?;
        self.end(log, order, Outcome::Done).await
    }

    async fn end(
        &self,
        log: &mut IncidentLog,
        order: &Order,
        outcome: Outcome,
    ) -> Result<StepAnswer, StepError> {
        let event = Event::StepEnded {
            step: order.step.clone(),
            outcome: outcome.clone(),
        };
        log.append(&self.ledger, event).await?;
        tracing::info!(incident = %order.incident, step = %order.step, outcome = outcome.word(), "step ended");
        Ok(StepAnswer {
            step: order.step.clone(),
            drifted: false,
            outcome: Some(outcome),
        })
    }
}

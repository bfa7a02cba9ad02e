//! Acting on one step: read everything at once, save the receipt, change, write down the end.

use std::time::Duration;

use backstop_core::{
    Hash, Mode, Outcome, Plan, StepId,
    guardrail::{Decision, Effect, Guardrails, Permit},
    incident::{Clearance, Incident, StepState},
    log::Event,
    task::{StepAnswer, StepTask},
};

use super::{Runner, as_logged, before_the_log, ended, invalid, step_request, verify::unreadable};
use crate::{
    Action, IncidentLog, LedgerError, StepError,
    action::{Approval, StepRequest},
    proof,
};

/// How long containment waits until a receipt is proven, and until it is told whether one is.
const LONGEST_PROVING: Duration = Duration::from_secs(3);

impl Runner {
    /// Acts. Log, guardrails and the target are read at the same time, since each round trip counts before
    /// the first containing call.
    pub(super) async fn act(&self, task: &StepTask) -> Result<StepAnswer, StepError> {
        let action = self.action(&task.action)?;
        let (tell, approval) = Approval::given_later();
        let request = StepRequest {
            approval,
            ..step_request(task)
        };
        let (log, guardrails, planned) = tokio::join!(
            async {
                let log = self.ledger.log(&task.incident).await;
                if log.as_ref().is_ok_and(|log| is_approved(log, task)) {
                    tell.send_replace(true);
                }
                log
            },
            self.ledger.guardrails(),
            before_the_log(action.as_ref(), &request)
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
        let (request, planned) = as_logged(action.as_ref(), &incident, request, planned).await;
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
        let begun = self.begun(log, incident, task).await?;
        if let Begun::Proven(plan) = begun {
            log.catch_up(&self.ledger).await?;
            // A late repetition of the task must not contain again what people may have undone since.
            check_open(&log.incident()?)?;
            let permit = self.permit_by(&guardrails, incident, &plan)?;
            return self.change(log, action, &permit, request, *plan).await;
        }
        let plan = read.planned?;
        let most = self.most(&guardrails, incident, &plan);
        if let Some(answer) = self.drift(log, incident, task, &plan, &most).await? {
            return Ok(answer);
        }
        let permit = self.permit_by(&guardrails, incident, &plan)?;
        let beginning = Beginning {
            permit: &permit,
            most: most.0,
            is_first: matches!(begun, Begun::Not),
            is_approved: incident.is_approved(&task.step),
        };
        self.begin(log, action, &beginning, request, plan).await
    }

    /// Whether the step was cut off after its receipt was saved. It is carried out again as it stands, since a new plan
    /// would take the half-changed state for the state before; but only if it is proven that it was this function that
    /// wrote it. What isn't proven is as good as not written: the step begins anew, and what the log says is left.
    async fn begun(
        &self,
        log: &IncidentLog,
        incident: &Incident,
        task: &StepTask,
    ) -> Result<Begun, StepError> {
        let Some(state) = incident.step(&task.step).filter(|state| state.acted) else {
            return Ok(Begun::Not);
        };
        // What changed nothing is read anew.
        if !state.changed_something() {
            return Ok(Begun::Unproven);
        }
        let (id, target) = (&task.incident, &incident.opened.target);
        let proven = self.proven(id, target, &task.step, log.records());
        match tokio::time::timeout(LONGEST_PROVING, proven).await {
            Ok(Ok(Some(plan))) => Ok(Begun::Proven(Box::new(plan.clone()))),
            Ok(Ok(None)) => {
                tracing::warn!(incident = %id, step = %task.step, "what the step began with isn't proven");
                Ok(Begun::Unproven)
            }
            Err(_elapsed) => {
                tracing::warn!(incident = %id, step = %task.step, "the step's proof can't be read in time");
                Ok(Begun::Unproven)
            }
            Ok(Err(error)) if error.name().is_retryable() => Err(error),
            Ok(Err(error)) => {
                tracing::warn!(incident = %id, step = %task.step, %error, "the step's proof can't be read");
                Ok(Begun::Unproven)
            }
        }
    }

    /// Refuses a step that nobody approved, or whose approved plan isn't today's.
    async fn drift(
        &self,
        log: &mut IncidentLog,
        incident: &Incident,
        task: &StepTask,
        plan: &Plan,
        (most, lowered_by): &(Mode, Option<Decision>),
    ) -> Result<Option<StepAnswer>, StepError> {
        let now = plan.hash().map_err(|error| invalid("the plan", &error))?;
        match incident.clearance(plan, *most) {
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
                let of_plan = plan.needs_approval.as_deref().map(|why| ("needs-approval", why));
                let of_guard = lowered_by
                    .as_ref()
                    .map(|decision| (decision.guardrail.as_str(), decision.detail.as_str()));
                if let Some((guardrail, why)) = of_plan.or(of_guard)
                    && incident.opened.mode == Mode::Auto
                {
                    self.wait_for_a_person(log, &task.step, guardrail, why).await?;
                }
                Ok(Some(StepAnswer {
                    step: task.step.clone(),
                    drifted: true,
                    outcome: None,
                }))
            }
            Clearance::No(why) => Err(not_cleared(incident, why, *most)),
        }
    }

    /// Writes down that this step isn't done at once, and why: the machine goes to plan and ask, as it does
    /// when the world has changed.
    async fn wait_for_a_person(
        &self,
        log: &mut IncidentLog,
        step: &StepId,
        guardrail: &str,
        why: &str,
    ) -> Result<(), StepError> {
        let event = Event::GuardrailDecided(Decision {
            guardrail: guardrail.to_owned(),
            effect: Effect::LowerTo(Mode::Approve),
            detail: format!("step `{step}` waits for a person: {why}"),
        });
        log.append(&self.ledger, event).await?;
        Ok(())
    }

    /// Saves the receipt and its proof, then changes. A plan without changes ends the step: the goal state holds, unless it
    /// is evidence that is to be kept.
    async fn begin(
        &self,
        log: &mut IncidentLog,
        action: &dyn Action,
        beginning: &Beginning<'_>,
        request: &StepRequest,
        plan: Plan,
    ) -> Result<StepAnswer, StepError> {
        if plan.changes.is_empty() && plan.captured.is_none() {
            let answer = self.end(log, request, Outcome::Already).await?;
            self.read_result(log, action, request, &plan).await?;
            return Ok(answer);
        }
        if !beginning.is_approved
            && !plan.changes.is_empty()
            && let Some(why) = action.claim(beginning.permit, request, &plan.receipt).await?
        {
            self.wait_for_a_person(log, &request.step, "needs-approval", &why)
                .await?;
            return Ok(StepAnswer {
                step: request.step.clone(),
                drifted: true,
                outcome: None,
            });
        }
        let acting = Event::Acting {
            plan: Box::new(plan.clone()),
        };
        let prove = async {
            if beginning.is_first {
                self.prove(request, &plan).await
            } else {
                Ok(())
            }
        };
        let (written, proven) = tokio::join!(log.append_and_catch_up(&self.ledger, acting), prove);
        proven?;
        if written? {
            let incident = log.incident()?;
            check_open(&incident)?;
            if let Clearance::No(why) = incident.clearance(&plan, beginning.most) {
                return Err(not_cleared(&incident, why, beginning.most));
            }
        }
        self.change(log, action, beginning.permit, request, plan).await
    }

    /// Keeps the proof of a plan that changes something. Containment doesn't wait long for it, nor fail without it: undo
    /// refuses what isn't proven, and says so.
    pub(super) async fn prove(&self, request: &StepRequest, plan: &Plan) -> Result<(), StepError> {
        if plan.changes.is_empty() {
            return Ok(());
        }
        let Some(proofs) = &self.bounds.proofs else {
            return Err(StepError::Refused {
                guardrail: "reads-only".to_owned(),
                reason: "this function changes nothing".to_owned(),
            });
        };
        let hash = proof::hash_of(&request.incident, &request.target, plan)
            .map_err(|error| invalid("the plan", &error))?;
        let keeping = proofs.keep(&request.incident, &request.step, &hash);
        match tokio::time::timeout(LONGEST_PROVING, keeping).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::error!(incident = %request.incident, step = %request.step, %error, "the receipt isn't proven");
            }
            Err(_elapsed) => {
                tracing::error!(incident = %request.incident, step = %request.step, "the receipt isn't proven in time");
            }
        }
        Ok(())
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
        let answer = self.end(log, request, Outcome::Done).await?;
        self.read_result(log, action, request, &plan).await?;
        Ok(answer)
    }

    /// What was waited for, perhaps for a day, is read at once: the reading that proves the containment doesn't wait for it,
    /// and people want to know what came of it.
    async fn read_result(
        &self,
        log: &mut IncidentLog,
        action: &dyn Action,
        request: &StepRequest,
        plan: &Plan,
    ) -> Result<(), StepError> {
        if !action.spec().waits_for_a_day {
            return Ok(());
        }
        let verification = match action.verify(request, Some(&plan.receipt)).await {
            Ok(verification) => verification,
            Err(error) => unreadable(&error),
        };
        self.note(log, &request.step, verification, false).await
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

/// Whether the log says that people approved this step's plan. It only spares the plan what it reads in order to ask: whether
/// today's plan is the approved one is asked of the log as ever.
fn is_approved(log: &IncidentLog, task: &StepTask) -> bool {
    log.incident()
        .is_ok_and(|incident| incident.is_approved(&task.step))
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

fn not_cleared(incident: &Incident, why: &str, most: Mode) -> StepError {
    StepError::Refused {
        guardrail: "approval".to_owned(),
        reason: format!("{why} (mode {})", incident.opened.mode.min(most)),
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

/// Whether a step was cut off after its receipt was saved.
enum Begun {
    /// It wasn't.
    Not,
    /// It was, with this plan.
    Proven(Box<Plan>),
    /// The log says so, and nothing proves it.
    Unproven,
}

/// What a step begins with, beside its plan.
struct Beginning<'a> {
    permit: &'a Permit,
    /// How far it may go.
    most: Mode,
    /// Whether the log says nothing of an earlier beginning. A later one sees a state that may be half changed: it is no
    /// state to go back to, so it isn't proven.
    is_first: bool,
    /// Whether people approved it.
    is_approved: bool,
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

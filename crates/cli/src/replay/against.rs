//! `backstop replay --against`: the plan of each step, made by the functions that would act, in observe mode.

mod account;
mod sandbox;

use std::fmt;

use backstop_core::{
    Change, IncidentId, Mode, Outcome, PlaybookName, Target,
    guardrail::Decision,
    incident::{Incident, StepState},
    text::for_terminal,
};
use clap::ValueEnum;
use serde::Serialize;

pub(super) use account::plans_in_account;
pub(super) use sandbox::plans_in_sandbox;

use crate::command::CommandError;

/// Where the plan is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Against {
    /// A disposable account, on what the playbook's drill plants
    Sandbox,
    /// The deployment, on the finding's own target: opens an incident in observe mode, changes nothing
    Account,
}

/// What one playbook would do with one target.
#[derive(Debug, Serialize)]
pub(super) struct Planned {
    playbook: PlaybookName,
    target: Target,
    /// The incident that holds the plan, in the deployment's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    incident: Option<IncidentId>,
    /// The mode that the deployment's guardrails leave to a finding like this.
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<Mode>,
    guardrails: Vec<Decision>,
    steps: Vec<PlannedStep>,
}

/// One step's plan, or why there is none.
#[derive(Debug, Serialize)]
struct PlannedStep {
    title: String,
    changes: Vec<Change>,
    blast_radius: Vec<String>,
    limits: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instead: Option<String>,
}

impl PlannedStep {
    fn of(state: &StepState) -> Self {
        let plan = state.plan.as_ref();
        let instead = match &state.outcome {
            Some(Outcome::Failed { error, detail }) => Some(format!("can't be planned: {error}: {detail}")),
            Some(Outcome::Refused { guardrail, reason }) => Some(format!("refused by {guardrail}: {reason}")),
            Some(Outcome::Skipped { reason }) => Some(format!("skipped: {reason}")),
            _ if plan.is_none() => Some("could not be planned".to_owned()),
            _ if plan.is_some_and(|plan| plan.changes.is_empty()) => Some("changes nothing".to_owned()),
            _ => None,
        };
        Self {
            title: state.step.title.clone(),
            changes: plan.map(|plan| plan.changes.clone()).unwrap_or_default(),
            blast_radius: plan.map(|plan| plan.blast_radius.clone()).unwrap_or_default(),
            limits: plan.map(|plan| plan.limits.clone()).unwrap_or_default(),
            instead,
        }
    }
}

fn steps_of(incident: &Incident) -> Vec<PlannedStep> {
    incident.steps.iter().map(PlannedStep::of).collect()
}

impl fmt::Display for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |text: &str| for_terminal(text);
        writeln!(
            f,
            "\nplan of {} for {}",
            self.playbook,
            line(&self.target.to_string())
        )?;
        match (&self.incident, self.mode) {
            (Some(incident), Some(mode)) => {
                writeln!(f, "  kept as incident {incident}, in observe mode")?;
                writeln!(f, "  a finding like this would run in {mode} mode here")?;
            }
            _ => writeln!(
                f,
                "  made in a disposable account, on what the playbook's drill plants there"
            )?,
        }
        for decision in &self.guardrails {
            writeln!(
                f,
                "  guardrail {}: {}",
                decision.guardrail,
                line(&decision.detail)
            )?;
        }
        for step in &self.steps {
            writeln!(f, "  - {}", step.title)?;
            if let Some(instead) = &step.instead {
                writeln!(f, "      {}", line(instead))?;
            }
            for change in &step.changes {
                let text = format!(
                    "{}: {} -> {}   ({})",
                    change.what, change.now, change.after, change.api
                );
                writeln!(f, "      {}", line(&text))?;
            }
            for effect in &step.blast_radius {
                writeln!(f, "      would break: {}", line(effect))?;
            }
            for limit in &step.limits {
                writeln!(f, "      can't reach: {}", line(limit))?;
            }
        }
        Ok(())
    }
}

/// There is no plan.
#[derive(Debug, thiserror::Error)]
pub(super) enum AgainstError {
    #[error("incident `{0}` isn't planned after two minutes: see it with `backstop incidents show {0}`")]
    Endless(IncidentId),
    #[error("reading the logs that `backstop-drill` printed; are both programs of one version?")]
    Unreadable(#[source] serde_json::Error),
    #[error("reading the plan in the log that `backstop-drill` printed")]
    Log(#[from] backstop_core::incident::IllegalTransition),
}

impl CommandError for AgainstError {}

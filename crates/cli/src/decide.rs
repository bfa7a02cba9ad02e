//! `backstop approve` and `backstop deny`: a person decides on the plan they saw.

use std::fmt;

use backstop_client::Client;
use backstop_core::{
    IncidentId, PersonId,
    api::{ApproveRequest, CallerAnswer, Decided, DecisionAnswer, DenyRequest},
};
use backstop_terminal::{Exit, Printer};
use clap::Args;
use serde::Serialize;

use crate::{
    api::{ApiOptions, connect, now},
    ask,
    command::{CliError, CommandError, CommandOutput},
    incidents::{View, find},
};

/// Options of `backstop approve`.
#[derive(Debug, Args)]
pub(crate) struct ApproveArguments {
    /// The incident's id, or at least four characters of its beginning or end
    incident: String,
    /// The plan you saw: its hash, or the first eight digits or more; another plan is refused
    #[arg(long, value_name = "HASH")]
    plan: Option<String>,
    /// Why, for the log
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Don't ask; needed where there is no terminal to ask on
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    api: ApiOptions,
}

/// Options of `backstop deny`.
#[derive(Debug, Args)]
pub(crate) struct DenyArguments {
    /// The incident's id, or at least four characters of its beginning or end
    incident: String,
    /// Why, for the log and for whoever is on call next
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    api: ApiOptions,
}

/// What a decision led to.
#[derive(Debug, Serialize)]
pub(crate) struct Decision {
    incident: IncidentId,
    /// Who decided.
    person: String,
    /// The same, where `decided` doesn't say who.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    #[serde(flatten)]
    decided: Decided,
}

impl Decision {
    fn of(answer: DecisionAnswer) -> Self {
        let DecisionAnswer {
            incident,
            person,
            decision,
        } = answer;
        Self {
            incident,
            by: matches!(decision, Decided::Denied { .. }).then(|| person.clone()),
            person,
            decided: decision,
        }
    }
}

impl CommandOutput for Decision {}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            incident,
            person,
            decided,
            ..
        } = self;
        match decided {
            Decided::Approved { plan_hash, .. } => write!(
                f,
                "approved plan {} of incident {incident} as {person}: it is being carried out\n\n\
                 follow it: backstop incidents show {incident} --watch",
                plan_hash.short()
            ),
            Decided::Counted {
                plan_hash,
                by: approvals,
                needed,
            } => write!(
                f,
                "approved plan {} of incident {incident} as {person}: {} of {needed}, NOTHING is done yet\n\n\
                 another person must type: backstop approve {incident} --plan {}",
                plan_hash.short(),
                approvals.len(),
                plan_hash.short()
            ),
            Decided::Denied { plan_hash } => write!(
                f,
                "denied plan {} of incident {incident} as {person}: nothing is changed, and the incident is being \
                 closed\n\nsee it: backstop incidents show {incident}",
                plan_hash.short()
            ),
        }
    }
}

/// The decision wasn't taken.
#[derive(Debug, thiserror::Error)]
enum DecideError {
    #[error(
        "there is no terminal to ask you on: look at the plan with `backstop incidents show {incident}`, then type \
         `backstop approve {incident} --plan {plan} --yes`"
    )]
    NoTerminal { incident: IncidentId, plan: String },
    #[error(
        "`--yes` approves a plan you have seen, so name it: `backstop approve {incident} --plan {plan} --yes`"
    )]
    UnseenPlan { incident: IncidentId, plan: String },
    #[error("reading your answer")]
    Unreadable(#[from] std::io::Error),
    #[error(
        "you didn't say yes, so nothing was decided; incident `{0}` still waits: `backstop approve {0}`, or \
         `backstop deny {0} --reason \"…\"`"
    )]
    NotConfirmed(IncidentId),
}

impl CommandError for DecideError {
    fn exit(&self) -> Exit {
        match self {
            Self::NoTerminal { .. } | Self::UnseenPlan { .. } | Self::NotConfirmed(_) => Exit::Refused,
            Self::Unreadable(_) => Exit::Failed,
        }
    }
}

/// Runs `backstop approve`.
pub(crate) async fn approve(arguments: ApproveArguments, printer: &Printer) -> Result<Decision, CliError> {
    let api = connect(&arguments.api).await?;
    let incident = find(&api, &arguments.incident).await?;
    let view = View::read(&api, &incident).await?;
    let person = person(&api).await?;
    let mut plan = arguments.plan.clone();
    if let Some(waiting) = waiting_plan(&view, person.as_ref(), plan.as_deref()) {
        printer.note(&view.to_string());
        if arguments.yes && plan.is_none() {
            return Err(DecideError::UnseenPlan {
                incident,
                plan: waiting,
            }
            .into());
        }
        if !arguments.yes {
            confirm(&incident, &waiting, printer)?;
        }
        plan = Some(waiting);
    }
    let request = ApproveRequest {
        plan,
        reason: arguments.reason,
    };
    let path = ["incidents", incident.as_str(), "approve"];
    Ok(Decision::of(api.post(&path, &request).await?))
}

/// Runs `backstop deny`. It is the safe side: nothing is asked.
pub(crate) async fn deny(arguments: DenyArguments) -> Result<Decision, CliError> {
    let api = connect(&arguments.api).await?;
    let incident = find(&api, &arguments.incident).await?;
    let request = DenyRequest {
        reason: Some(arguments.reason),
    };
    let path = ["incidents", incident.as_str(), "deny"];
    Ok(Decision::of(api.post(&path, &request).await?))
}

/// Which person the deployment takes the caller for.
async fn person(api: &Client) -> Result<Option<PersonId>, CliError> {
    let caller: CallerAnswer = api.get(&["caller"], &[]).await?;
    Ok(caller.person)
}

/// The plan that this person can approve now; `None` where the deployment knows why they can't, so that nobody is
/// asked in vain.
fn waiting_plan(view: &View, person: Option<&PersonId>, seen: Option<&str>) -> Option<String> {
    let question = view.state.question.as_ref()?;
    let hash = question.plan_hash.as_str();
    let is_open = view.state.decision.is_none()
        && view.state.closed.is_none()
        && question.expires_at > now()
        && person.is_some_and(|person| !view.state.approvers.contains(person))
        && seen.is_none_or(|seen| hash.starts_with(&seen.to_ascii_lowercase()));
    is_open.then(|| seen.unwrap_or(hash).to_owned())
}

fn confirm(incident: &IncidentId, plan: &str, printer: &Printer) -> Result<(), DecideError> {
    if !ask::has_terminal() {
        let plan = plan.get(..12).unwrap_or(plan).to_owned();
        return Err(DecideError::NoTerminal {
            incident: incident.clone(),
            plan,
        });
    }
    if ask::yes(printer, "Carry out this plan?")? {
        return Ok(());
    }
    Err(DecideError::NotConfirmed(incident.clone()))
}

#[cfg(test)]
mod tests;

//! Undo as a person asks for it: what would be put back, and the request that starts it.

use backstop_core::{
    ActionId, IncidentId, Risk, StepId, UndoOutcome,
    api::{ErrorCode, UndoState},
    incident::{Incident, Status, StepState, Undo},
    log::{Event, Origin, StepRef},
    person::Person,
    task::{ExecutionName, UndoInput, UndoStep},
    text,
};
use jiff::SignedDuration;

pub use backstop_core::api::Undoable;

use crate::{
    IncidentLog, Ledger, LedgerError,
    decision::is_subject,
    machines::{Machines, StartError},
    new_id, now,
};

/// How long a first word waits for a second: an on-call shift's handful of hours, not the next week.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(4);
/// Undo of a step of high impact takes two, as doing it did.
const NEEDED_BY_HIGH_IMPACT: u8 = 2;

/// Undo wasn't asked for.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    /// The incident is still being worked on.
    #[error(
        "incident `{incident}` is {status}: undo it once it is closed; follow it with `backstop incidents show {incident} \
         --watch`, or deny its plan with `backstop deny {incident} --reason \"…\"`"
    )]
    NotClosed {
        /// The incident.
        incident: IncidentId,
        /// Where it stands.
        status: Status,
    },
    /// The playbook had no such step.
    #[error("incident `{incident}` has no step `{step}`; it has {known}")]
    NoSuchStep {
        /// The incident.
        incident: IncidentId,
        /// The name given.
        step: String,
        /// The names it has.
        known: String,
    },
    /// Nothing was changed, or all of it is undone.
    #[error("incident `{0}` has nothing left to undo")]
    NothingToUndo(IncidentId),
    /// The log says that the key was leaked.
    #[error(
        "incident `{incident}` was opened by the finding `{finding_type}`, so its key counts as leaked and stays \
         off: make a new one with `aws iam create-access-key`"
    )]
    Leaked {
        /// The incident.
        incident: IncidentId,
        /// The finding's type.
        finding_type: String,
    },
    /// The step was made by a version that had another list of actions.
    #[error(
        "step `{step}` was made by `{action}`, which this version doesn't know: undo it by the commands that \
         `backstop incidents show {incident}` names, or by the version that made it"
    )]
    UnknownAction {
        /// The incident.
        incident: IncidentId,
        /// The step.
        step: StepId,
        /// Its action.
        action: ActionId,
    },
    /// The person is whom the incident is about.
    #[error(
        "incident `{incident}` is about you (`{by}`), or about what acts as you: somebody else must undo it; see it with \
         `backstop incidents show {incident}`"
    )]
    Compromised {
        /// The incident.
        incident: IncidentId,
        /// The person.
        by: String,
    },
    /// Other steps can be undone now than those that the person saw.
    #[error(
        "the undo of incident `{0}` is another than the one that you saw: look with `backstop undo {0} --plan`, then \
         type `backstop undo {0}` again"
    )]
    Changed(IncidentId),
    /// This person has said so; another must.
    #[error(
        "you (`{by}`) asked for this undo of incident `{incident}` already, and it takes {needed} people: another person \
         must type `{command}`"
    )]
    AlreadyAskedByYou {
        /// The incident.
        incident: IncidentId,
        /// The person.
        by: String,
        /// What asks for the same undo.
        command: String,
        /// How many must.
        needed: u8,
    },
    /// The table failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The request is in the log, but the machine wasn't started; asking again starts it.
    #[error("the request is written down, but undo wasn't started; type the same again")]
    Start(#[from] StartError),
}

impl UndoError {
    /// The name that programs know it by.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NotClosed { .. } => ErrorCode::NotClosed,
            Self::NoSuchStep { .. } => ErrorCode::NoSuchStep,
            Self::NothingToUndo(_) => ErrorCode::NothingToUndo,
            Self::Leaked { .. } => ErrorCode::LeakedKey,
            Self::UnknownAction { .. } => ErrorCode::UnknownAction,
            Self::Compromised { .. } => ErrorCode::CompromisedPrincipal,
            Self::Changed(_) => ErrorCode::PlanChanged,
            Self::AlreadyAskedByYou { .. } => ErrorCode::AlreadyApprovedByYou,
            Self::Ledger(error) => error.code(),
            Self::Start(_) => ErrorCode::Unfinished,
        }
    }
}

/// How many different people must want these steps undone.
pub fn people_needed(incident: &Incident, steps: &[Undoable]) -> u8 {
    let mut states = steps.iter().filter_map(|step| incident.step(&step.step));
    let is_high = states.any(|state| state.step.high_impact);
    if is_high { NEEDED_BY_HIGH_IMPACT } else { 1 }
}

/// The steps that would be undone: all that changed something, or one. Steps whose undo has ended are left
/// out, failed and drifted ones are tried again; so is one that was left off on purpose, if it is named.
pub fn undoable(
    id: &IncidentId,
    incident: &Incident,
    only: Option<&StepId>,
) -> Result<Vec<Undoable>, UndoError> {
    if incident.closed.is_none() {
        return Err(UndoError::NotClosed {
            incident: id.clone(),
            status: incident.status(),
        });
    }
    if let Some(step) = only.filter(|step| incident.step(step).is_none()) {
        let known: Vec<String> = incident
            .steps
            .iter()
            .map(|state| format!("`{}`", state.step.step))
            .collect();
        return Err(UndoError::NoSuchStep {
            incident: id.clone(),
            step: step.to_string(),
            known: known.join(", "),
        });
    }
    let steps: Vec<Undoable> = incident
        .steps
        .iter()
        .rev()
        .filter(|state| only.is_none_or(|step| step == &state.step.step))
        .filter(|state| state.changed_something() && is_open(state, only.is_some()))
        .map(|state| Undoable {
            step: state.step.step.clone(),
            title: state.step.title.clone(),
            changes: state
                .plan
                .as_ref()
                .map(|plan| plan.changes.clone())
                .unwrap_or_default(),
            by_hand: state.manual_undo(),
        })
        .collect();
    if steps.is_empty() {
        Err(UndoError::NothingToUndo(id.clone()))
    } else {
        Ok(steps)
    }
}

fn is_open(state: &StepState, is_named: bool) -> bool {
    match state.undo {
        None
        | Some(UndoOutcome::Failed { .. } | UndoOutcome::Drifted { .. } | UndoOutcome::KeptUntil { .. }) => {
            true
        }
        Some(UndoOutcome::KeptOff { .. }) => is_named,
        Some(UndoOutcome::Restored { .. } | UndoOutcome::NothingToUndo { .. }) => false,
    }
}

/// A leaked key never comes back: only where a person, and no finding, started the incident may it.
pub fn check_risks(id: &IncidentId, incident: &Incident, accepting: &[Risk]) -> Result<(), UndoError> {
    let is_by_hand = matches!(incident.opened.origin, Origin::Manual { .. });
    if accepting.contains(&Risk::ReactivateKey) && !is_by_hand {
        return Err(UndoError::Leaked {
            incident: id.clone(),
            finding_type: text::bounded(&text::sanitize(&incident.opened.finding.finding_type), 100),
        });
    }
    Ok(())
}

/// Writes the request to the log and, once as many people as it takes have made it, starts the undo machine. A request
/// whose machine wasn't started is taken up by the next one.
pub async fn request(
    ledger: &Ledger,
    machines: &Machines,
    log: &mut IncidentLog,
    by: &Person,
    reason: Option<String>,
    steps: &[Undoable],
    accepting: &[Risk],
) -> Result<UndoState, UndoError> {
    let incident = log.incident()?;
    check_risks(log.id(), &incident, accepting)?;
    if is_subject(ledger, log.id(), by, &incident).await? {
        return Err(UndoError::Compromised {
            incident: log.id().clone(),
            by: by.arn().to_owned(),
        });
    }
    let names: Vec<StepId> = steps.iter().map(|step| step.step.clone()).collect();
    // Before anything is written down: a request that can't be carried out would hold the incident in `undoing`.
    let linked = with_functions(log.id(), &incident, &names)?;
    // A stuck undo is asked for anew, which clears that it is stuck.
    let is_asked = incident.stuck.is_none()
        && incident.accepted == accepting
        && matches!(&incident.undo, Undo::Running(asked) if names.iter().all(|name| asked.contains(name)));
    if !is_asked {
        let needed = people_needed(&incident, steps);
        if needed > 1 {
            let approval = UndoApproval {
                by,
                reason: &reason,
                steps: &names,
                accepting,
                needed,
            };
            if let Some(counted) = approval.count(ledger, log).await? {
                return Ok(counted);
            }
        }
        let event = Event::UndoRequested {
            by: by.arn().to_owned(),
            reason,
            steps: names,
            accepting: accepting.to_vec(),
        };
        log.append(ledger, event).await?;
        ledger.show_status(log.id(), Status::Undoing).await?;
    }
    let input = UndoInput {
        incident: log.id().clone(),
        target: incident.opened.target.clone(),
        steps: linked,
    };
    machines
        .start_undo(&input, &ExecutionName::of_undo(log.id(), &new_id()))
        .await?;
    Ok(UndoState::Started)
}

/// One person's approval for an undo that takes more.
struct UndoApproval<'a> {
    by: &'a Person,
    reason: &'a Option<String>,
    steps: &'a [StepId],
    accepting: &'a [Risk],
    needed: u8,
}

impl UndoApproval<'_> {
    /// Writes it down; none once enough people have the same.
    async fn count(&self, ledger: &Ledger, log: &mut IncidentLog) -> Result<Option<UndoState>, UndoError> {
        let asked = log.incident()?.undo_asked;
        let asked = asked.filter(|asked| asked.is_for(self.steps, self.accepting, now()));
        let has_asked = asked
            .as_ref()
            .is_some_and(|asked| asked.persons.contains(&self.by.id));
        if !has_asked {
            let event = Event::UndoApproved {
                by: self.by.arn().to_owned(),
                person: self.by.id.clone(),
                reason: self.reason.clone(),
                steps: self.steps.to_vec(),
                accepting: self.accepting.to_vec(),
                until: now() + REMEMBERED,
            };
            log.append(ledger, event).await?;
        }
        let Some(asked) = log.incident()?.undo_asked else {
            // Another undo was begun meanwhile; whether it is this one, the person looks.
            return Err(UndoError::Changed(log.id().clone()));
        };
        if asked.persons.len() >= usize::from(self.needed) {
            return Ok(None);
        }
        if has_asked {
            return Err(UndoError::AlreadyAskedByYou {
                incident: log.id().clone(),
                by: self.by.arn().to_owned(),
                command: asked.command(log.id()),
                needed: self.needed,
            });
        }
        Ok(Some(UndoState::Counted {
            by: asked.by,
            needed: self.needed,
            until: asked.until,
        }))
    }
}

/// The steps with the functions that have their actions.
fn with_functions(
    id: &IncidentId,
    incident: &Incident,
    names: &[StepId],
) -> Result<Vec<UndoStep>, UndoError> {
    names
        .iter()
        .filter_map(|name| incident.step(name))
        .map(|state| {
            let StepRef { step, action, .. } = &state.step;
            let function = backstop_actions::function_of(action).ok_or_else(|| UndoError::UnknownAction {
                incident: id.clone(),
                step: step.clone(),
                action: action.clone(),
            })?;
            Ok(UndoStep {
                step: step.clone(),
                action: action.clone(),
                function: function.to_owned(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// All undone but for the key, which was left off.
    const UNDONE: &str = include_str!("../../core/tests/recorded-logs/leaked-access-key-undone.json");

    fn steps(only: Option<&str>) -> Vec<StepId> {
        let log: Vec<backstop_core::log::Record> = serde_json::from_str(UNDONE).unwrap();
        let incident = Incident::replay(&log).unwrap();
        let only = only.map(StepId::from);
        match undoable(&"01KJTESTUNDO00000000000000".into(), &incident, only.as_ref()) {
            Ok(steps) => steps.into_iter().map(|step| step.step).collect(),
            Err(UndoError::NothingToUndo(_)) => Vec::new(),
            Err(error) => unreachable!("{error}"),
        }
    }

    #[test]
    fn what_was_left_off_on_purpose_may_be_asked_for_by_name() {
        assert_eq!(steps(None), []);
        assert_eq!(steps(Some("deny-user")), []);
        assert_eq!(steps(Some("deactivate-key")), ["deactivate-key".into()]);
    }
}

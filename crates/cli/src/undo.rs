//! `backstop undo`: puts back what an incident changed, last change first.

use std::fmt;

use backstop_actions::permissions;
use backstop_client::Client;
use backstop_core::{
    IncidentId, Risk, StepId,
    api::{UndoAnswer, UndoRequest, UndoState, Undoable},
    risk::undo_command,
    text::for_terminal,
};
use backstop_terminal::{Exit, Printer};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    api::{ApiOptions, connect},
    ask,
    command::{CliError, CommandError, CommandOutput},
    incidents::find,
};

/// Options of `backstop undo`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The incident's id, or at least four characters of its beginning or end
    incident: String,
    /// Undo this step only
    #[arg(long, value_name = "STEP")]
    step: Option<String>,
    /// Show what would be undone, and stop
    #[arg(long)]
    plan: bool,
    /// Why, for the log
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Let sessions from before the containment work again until they expire, those of an attacker too;
    /// without it they stay denied and only new ones work
    #[arg(long)]
    revive_sessions: bool,
    /// Switch the incident's key on again; only if a person, not a finding, started the incident
    #[arg(long)]
    reactivate_key: bool,
    /// Don't ask; needed where there is no terminal to ask on
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    api: ApiOptions,
}

/// What is, or would be, undone.
#[derive(Debug, Serialize)]
pub(crate) struct Undoing {
    incident: IncidentId,
    /// Whether it was started, or only shown.
    started: bool,
    /// How many different people must want it.
    needed: u8,
    /// Who wants it so far, where it takes more people.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<Waiting>,
    /// The step that the person named.
    #[serde(skip)]
    step: Option<StepId>,
    steps: Vec<Undoable>,
    /// The risks that the person accepts.
    accepting: Vec<Risk>,
}

/// An undo that more people must want.
#[derive(Debug, Serialize)]
struct Waiting {
    by: Vec<String>,
    needed: u8,
    until: Timestamp,
}

impl CommandOutput for Undoing {}

impl fmt::Display for Undoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            incident,
            started,
            needed,
            waiting,
            step,
            steps,
            accepting,
        } = self;
        let command = undo_command(incident, step.as_ref(), accepting);
        let heading = if *started { "undoing" } else { "would undo" };
        writeln!(f, "{heading} what incident {incident} did, last change first:")?;
        for undoable in steps {
            write_step(f, undoable, accepting)?;
        }
        if !steps.iter().any(denies_sessions) {
            writeln!(f)?;
        } else if accepting.contains(&Risk::ReviveSessions) {
            writeln!(
                f,
                "\nsessions from before the containment work again until they expire, those of an attacker too"
            )?;
        } else {
            writeln!(
                f,
                "\nsessions from before the containment stay denied until they have expired"
            )?;
        }
        writeln!(f, "what somebody changed since is left alone and reported")?;
        if let Some(Waiting { by, needed, until }) = waiting {
            return write!(
                f,
                "\n{} of {needed} people want this, NOTHING is undone yet\n\nanother person must type before {until}: \
                 {command}",
                by.len()
            );
        }
        if *started {
            return write!(f, "follow it: backstop incidents show {incident} --watch");
        }
        if *needed > 1 {
            writeln!(
                f,
                "{needed} different people must want it, since a step has high impact"
            )?;
        }
        write!(f, "do it: {command}")
    }
}

/// Where no command undoes a step, nothing of it goes back: evidence is kept, and what ended has ended.
fn write_step(f: &mut fmt::Formatter<'_>, step: &Undoable, accepting: &[Risk]) -> fmt::Result {
    writeln!(f, "\n{}", for_terminal(&step.title))?;
    let is_key = calls(step, &[permissions::iam::UPDATE_ACCESS_KEY.action]);
    let stays = step.by_hand.is_empty() && !(is_key && accepting.contains(&Risk::ReactivateKey));
    for change in &step.changes {
        let (what, from, to) = (
            for_terminal(&change.what),
            for_terminal(&change.after),
            for_terminal(&change.now),
        );
        if stays {
            writeln!(f, "  {what} stays: {from}")?;
        } else {
            writeln!(f, "  {what}: {from} -> {to}")?;
        }
    }
    if stays && is_key {
        writeln!(f, "  on purpose: undo doesn't switch a leaked key on again")?;
    }
    Ok(())
}

/// Whether one of these calls made a change of the step.
fn calls(step: &Undoable, actions: &[&str]) -> bool {
    let mut changes = step.changes.iter();
    changes.any(|change| actions.contains(&change.api.as_str()))
}

/// Sessions are denied by an inline policy on whom they were issued to.
fn denies_sessions(step: &Undoable) -> bool {
    let denies = [
        permissions::iam::PUT_USER_POLICY.action,
        permissions::iam::PUT_ROLE_POLICY.action,
    ];
    calls(step, &denies)
}

/// Undo wasn't started.
#[derive(Debug, thiserror::Error)]
enum RefusedError {
    #[error("there is no terminal to ask you on: look with `{0} --plan`, then type `{0} --yes`")]
    NoTerminal(String),
    #[error("reading your answer")]
    Unreadable(#[from] std::io::Error),
    #[error("you didn't say yes, so nothing was undone")]
    NotConfirmed,
}

impl CommandError for RefusedError {
    fn exit(&self) -> Exit {
        match self {
            Self::NoTerminal(_) | Self::NotConfirmed => Exit::Refused,
            Self::Unreadable(_) => Exit::Failed,
        }
    }
}

/// Runs `backstop undo`.
pub(crate) async fn run(arguments: Arguments, printer: &Printer) -> Result<Undoing, CliError> {
    let api = connect(&arguments.api).await?;
    let incident = find(&api, &arguments.incident).await?;
    let accepting = accepted(&arguments);
    let planned = plan(&api, &incident, arguments.step.as_deref(), &accepting).await?;
    let mut answer = Undoing {
        incident,
        started: false,
        needed: planned.needed,
        waiting: None,
        step: arguments.step.as_deref().map(StepId::from),
        steps: planned.steps,
        accepting,
    };
    if arguments.plan {
        return Ok(answer);
    }
    if !arguments.yes {
        confirm(&answer, printer)?;
    }
    let request = UndoRequest {
        seen: answer.steps.iter().map(|step| step.step.clone()).collect(),
        step: answer.step.clone(),
        reason: arguments.reason,
        accepting: answer.accepting.clone(),
    };
    let path = ["incidents", answer.incident.as_str(), "undo"];
    let asked: UndoAnswer = api.post(&path, &request).await?;
    match asked.state {
        UndoState::Planned => {}
        UndoState::Started => answer.started = true,
        UndoState::Counted { by, needed, until } => answer.waiting = Some(Waiting { by, needed, until }),
    }
    Ok(answer)
}

async fn plan(
    api: &Client,
    incident: &IncidentId,
    step: Option<&str>,
    accepting: &[Risk],
) -> Result<UndoAnswer, CliError> {
    let risks: Vec<&str> = accepting
        .iter()
        .map(|risk| risk.option().trim_start_matches('-'))
        .collect();
    let risks = risks.join(",");
    let mut query = Vec::new();
    query.extend(step.map(|step| ("step", step)));
    if !risks.is_empty() {
        query.push(("accepting", risks.as_str()));
    }
    Ok(api.get(&["incidents", incident.as_str(), "undo"], &query).await?)
}

fn accepted(arguments: &Arguments) -> Vec<Risk> {
    [
        (arguments.revive_sessions, Risk::ReviveSessions),
        (arguments.reactivate_key, Risk::ReactivateKey),
    ]
    .into_iter()
    .filter_map(|(named, risk)| named.then_some(risk))
    .collect()
}

fn confirm(answer: &Undoing, printer: &Printer) -> Result<(), RefusedError> {
    if !ask::has_terminal() {
        let command = undo_command(&answer.incident, answer.step.as_ref(), &answer.accepting);
        return Err(RefusedError::NoTerminal(command));
    }
    printer.note(&answer.to_string());
    if ask::yes(printer, "Undo this?")? {
        Ok(())
    } else {
        Err(RefusedError::NotConfirmed)
    }
}

#[cfg(test)]
mod tests {
    use backstop_core::Change;

    use super::*;

    fn step(title: &str, api: &str, by_hand: &[&str]) -> Undoable {
        Undoable {
            step: title.into(),
            title: title.into(),
            changes: vec![Change {
                api: api.into(),
                what: "it".into(),
                now: "before".into(),
                after: "since".into(),
            }],
            by_hand: by_hand.iter().map(|line| (*line).to_owned()).collect(),
        }
    }

    fn shown(step: &Undoable, accepting: &[Risk]) -> String {
        struct One<'a>(&'a Undoable, &'a [Risk]);
        impl fmt::Display for One<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_step(f, self.0, self.1)
            }
        }
        One(step, accepting).to_string()
    }

    #[test]
    fn what_undo_leaves_isnt_shown_as_going_back() {
        let key = step("Deactivate the access key", "iam:UpdateAccessKey", &[]);
        assert_eq!(
            shown(&key, &[]),
            "\nDeactivate the access key\n  it stays: since\n  on purpose: undo doesn't switch a leaked key on again\n"
        );
        let asked = shown(&key, &[Risk::ReactivateKey]);
        assert_eq!(asked, "\nDeactivate the access key\n  it: since -> before\n");
        let snapshot = step("Snapshot its volumes", "ec2:CreateSnapshots", &[]);
        for accepting in [&[][..], &[Risk::ReactivateKey]] {
            let said = shown(&snapshot, accepting);
            assert_eq!(said, "\nSnapshot its volumes\n  it stays: since\n");
        }
        let deny = step(
            "Deny the user",
            "iam:PutUserPolicy",
            &["aws iam delete-user-policy"],
        );
        assert_eq!(shown(&deny, &[]), "\nDeny the user\n  it: since -> before\n");
    }
}

//! The one notice of a sweep: incidents that nobody works on any more.

use super::{Message, run_command};
use crate::{ids::IncidentId, incident::Incident, sweep::Why, text};

/// The longest notice; the rest is counted and listed by a command.
const MOST: usize = 20;

/// An incident that a person must look at.
#[derive(Clone, Debug)]
pub struct Needy {
    /// Its id.
    pub id: IncidentId,
    /// Its state.
    pub incident: Incident,
    /// What the sweep found.
    pub found: Found,
}

/// What the sweep found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is left to people.
    Why(Why),
    /// The sweep closed it, since its machine had ended without doing so.
    ClosedBySweep,
}

/// Names them, with what to type.
pub fn attention(needy: &[Needy]) -> Message {
    let count = needy.len();
    let (noun, verb) = if count == 1 {
        ("incident", "needs")
    } else {
        ("incidents", "need")
    };
    let mut body = format!("{count} {noun} {verb} a person: nobody works on what follows.\n\n");
    for one in needy.iter().take(MOST) {
        body.push_str(&lines(one));
    }
    if count > MOST {
        body.push_str(&format!("and {} more: backstop incidents list\n\n", count - MOST));
    }
    body.push_str("You are told again only of incidents that aren't in this notice.\n");
    Message {
        subject: text::for_subject(&format!("[Backstop] LOOK: {count} {noun} {verb} a person")),
        body,
    }
}

fn lines(one: &Needy) -> String {
    let Needy { id, incident, found } = one;
    let opened = &incident.opened;
    let target = text::for_plain_email(&opened.target.to_string());
    let (what, next) = match found {
        Found::Why(Why::Stuck) => (
            format!(
                "is STUCK: {}",
                text::for_plain_email(incident.stuck.as_deref().unwrap_or("it says no more"))
            ),
            format!("backstop incidents show {id}"),
        ),
        Found::Why(Why::NeverStarted) => (
            "was opened, but its playbook was never started: NOTHING was done".to_owned(),
            run_command(id, opened),
        ),
        Found::Why(Why::NoProgress) => (
            "makes no progress: check by hand what is contained".to_owned(),
            format!("backstop incidents show {id}"),
        ),
        Found::Why(Why::UndoUnfinished) => (
            "isn't undone to the end".to_owned(),
            format!("backstop undo {id}"),
        ),
        Found::ClosedBySweep => (
            format!(
                "was left open by its playbook, and is closed now as {}",
                incident.status()
            ),
            format!("backstop incidents show {id}"),
        ),
    };
    format!("{} of {target}\n  {what}\n  next: {next}\n\n", opened.playbook)
}

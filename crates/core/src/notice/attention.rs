//! The one notice of a sweep: incidents that nobody works on any more.

use jiff::Timestamp;

use super::{Class, Command, Entry, Line, Notice, Piece, Point, Section, line, many, outside, run_command};
use crate::{
    about::About,
    ids::{IncidentId, NoticeKey},
    incident::Incident,
    sweep::Why,
};

/// An incident that a person must look at.
#[derive(Clone, Debug)]
pub struct NeedsPerson {
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
pub fn attention(all: &[NeedsPerson], now: Timestamp) -> Notice {
    let (noun, verb) = if all.len() == 1 {
        (" incident", " needs a person")
    } else {
        (" incidents", " need a person")
    };
    Notice {
        about: About::Attention,
        class: Class::Page,
        severity: many::worst(all.iter().map(|one| &one.incident)),
        title: line!["LOOK: ", all.len(), noun, verb],
        lead: vec![
            line![all.len(), noun, verb, ": nobody works on what follows."],
            "You are notified again only of incidents that aren't in this notice.".into(),
        ],
        sections: many::sections(all, section),
        next: Vec::new(),
        key: NoticeKey::attention(now),
        incident: None,
        case: None,
    }
}

fn section(one: &NeedsPerson) -> Section {
    let NeedsPerson { id, incident, found } = one;
    let opened = &incident.opened;
    let again = || Command::of(id, run_command(id, opened));
    let (what, command): (Vec<Piece>, Command) = match found {
        Found::Why(Why::Stuck) => {
            let why = incident.stuck.as_deref().unwrap_or("it says no more");
            (vec!["is STUCK: ".into(), outside(why)], Command::show(id))
        }
        Found::Why(Why::NeverStarted) => (
            vec!["was opened, but its playbook was never started: NOTHING was done".into()],
            again(),
        ),
        Found::Why(Why::NoProgress) => (
            vec!["makes no progress: check by hand what is contained".into()],
            Command::show(id),
        ),
        Found::Why(Why::UndoUnfinished) => (
            vec!["isn't undone to the end".into()],
            Command::of(id, format!("backstop undo {id}")),
        ),
        Found::ClosedBySweep => (
            vec![
                "was left open by its playbook, and is closed now as ".into(),
                incident.status().into(),
            ],
            Command::show(id),
        ),
    };
    Section {
        heading: line![&opened.playbook, " of ", outside(&opened.target)],
        entries: vec![
            Entry::Text(Line::from_iter(what)),
            Entry::Point(Point::new("next".into(), command)),
        ],
    }
}

//! What the watch over contained incidents tells: that its days are over, and that it can't read what it is to read.

use jiff::Timestamp;

use super::{Class, Command, Entry, Line, Notice, Point, Section, line, many, outside};
use crate::{
    about::About,
    ids::{IncidentId, NoticeKey},
    incident::Incident,
};

/// An incident that is told of, and what besides.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Its id.
    pub id: IncidentId,
    /// Its state.
    pub incident: Incident,
    /// What was found, if anything.
    pub found: Option<String>,
}

/// Says that these aren't read back any more. Nobody must act: they are contained as they were read last.
pub fn watch_ended(all: &[Watched], days: u32, now: Timestamp) -> Notice {
    let title = line!["NO LONGER WATCHED: ", all.len(), incidents(all.len())];
    let lead = vec![
        line![
            "What was contained ",
            u64::from(days),
            " days ago isn't read back by itself any more. It held when it was read last, and nothing is undone."
        ],
        "If it is changed back from now on, only a new finding tells.".into(),
    ];
    let next = Point::new(
        "if what was done is to stay, have it declared where the account is; if not".into(),
        Command::own("backstop undo INCIDENT"),
    );
    Notice {
        title,
        lead,
        next: vec![next],
        ..of(all, Class::Tell, NoticeKey::watch_ended(now))
    }
}

/// Says that these can't be read back: whether they are still contained isn't known.
pub fn watch_blind(all: &[Watched], now: Timestamp) -> Notice {
    let title = line!["CAN'T BE WATCHED: ", all.len(), incidents(all.len())];
    let lead = vec![
        line![
            all.len(),
            incidents(all.len()),
            " can't be read back: whether what was contained still is isn't known."
        ],
        "It is tried again with each sweep. You are told of each once a week.".into(),
    ];
    let next = Point::new(
        "look by hand; if nobody needs to know any more".into(),
        Command::own("backstop release INCIDENT --reason \"…\""),
    );
    Notice {
        title,
        lead,
        next: vec![next],
        ..of(all, Class::Page, NoticeKey::watch_blind(now))
    }
}

const fn incidents(number: usize) -> &'static str {
    match number {
        1 => " contained incident",
        _ => " contained incidents",
    }
}

fn of(all: &[Watched], class: Class, key: NoticeKey) -> Notice {
    Notice {
        about: About::Watch,
        class,
        severity: many::worst(all.iter().map(|one| &one.incident)),
        title: Line::default(),
        lead: Vec::new(),
        sections: many::sections(all, section),
        next: Vec::new(),
        key,
        incident: None,
        case: None,
    }
}

fn section(one: &Watched) -> Section {
    let opened = &one.incident.opened;
    let found = one.found.iter().map(|text| Entry::Text(line![outside(text)]));
    let show = Entry::Point(Point::new("see it".into(), Command::show(&one.id)));
    Section {
        heading: line![&opened.playbook, " of ", outside(&opened.target)],
        entries: found.chain([show]).collect(),
    }
}

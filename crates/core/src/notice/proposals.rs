//! The notice after investigating: what the attacker left, and what a person may want to do about it.

use super::{Class, Command, Entry, Kind, Line, Notice, Point, Section, line, outside};
use crate::{
    about::About,
    ids::{IncidentId, NoticeKey},
    incident::Incident,
    investigation::{Investigation, Proposal},
};

/// A message isn't the log: the newest are enough to act on.
const MOST_LINES: usize = 20;

/// The notice, if the investigation proposes anything.
pub fn proposals(id: &IncidentId, incident: &Incident) -> Option<Notice> {
    let found = Investigation::in_incident(incident).filter(|found| !found.proposals.is_empty())?;
    let in_short = Section {
        heading: Line::default(),
        entries: vec![Entry::Text(line![outside(found.in_short())])],
    };
    let sections = [
        Some(in_short),
        Section::of("What they did", what_they_did(id, &found)),
        Section::of(
            "What to do (nothing of this was done; each asks before it acts)",
            found.proposals.iter().map(|it| proposal(id, it)),
        ),
        Section::of(
            "What is not known",
            found.incomplete.iter().map(|it| line![outside(it)]),
        ),
    ];
    let kind = Kind {
        about: About::Investigation,
        class: Class::Page,
        key: NoticeKey::investigation(),
        word: line!["LOOK, ", found.proposals.len(), " more to contain"],
    };
    Some(Notice {
        lead: vec![
            line![
                "Whoever used ",
                outside(&incident.opened.target),
                " left things behind."
            ],
            line!["incident ", id],
        ],
        sections: sections.into_iter().flatten().collect(),
        next: vec![Point::new("see everything".into(), Command::show(id))],
        ..kind.of(id, incident)
    })
}

fn what_they_did(id: &IncidentId, found: &Investigation) -> Vec<Point> {
    let older = found.notable.len().saturating_sub(MOST_LINES);
    let newest = found.notable.iter().skip(older);
    let mut points: Vec<Point> = newest.map(|it| line![outside(it)].into()).collect();
    if older > 0 {
        points.push(Point::new(
            line!["and ", older, " more before these"],
            Command::show(id),
        ));
    }
    points
}

fn proposal(id: &IncidentId, proposal: &Proposal) -> Point {
    match proposal.command() {
        Some(typed) => Point::new(line![outside(&proposal.what)], Command::of(id, typed)),
        None => line![outside(&proposal.what), ": by hand"].into(),
    }
}

//! What notices share that tell of many incidents at once.

use super::{Command, Entry, Section, line};
use crate::{finding::SeverityLabel, incident::Incident};

/// The longest notice; the rest is counted and listed by a command.
const MOST: usize = 20;

/// A section for each, as far as a notice holds them.
pub(super) fn sections<T>(all: &[T], section: impl Fn(&T) -> Section) -> Vec<Section> {
    let mut sections: Vec<Section> = all.iter().take(MOST).map(section).collect();
    if all.len() > MOST {
        sections.push(Section {
            heading: line!["and ", all.len() - MOST, " more"],
            entries: vec![Entry::Point(Command::own("backstop incidents list").into())],
        });
    }
    sections
}

/// The gravest finding of theirs.
pub(super) fn worst<'a>(all: impl Iterator<Item = &'a Incident>) -> SeverityLabel {
    all.map(|incident| incident.opened.finding.severity.label)
        .max()
        .unwrap_or(SeverityLabel::Informational)
}

//! The notice of what waits beyond the hourly limit: every incident of which nobody was asked by itself, the worst first.

use jiff::Timestamp;

use super::{Class, Command, Entry, Notice, Point, Section, line, outside};
use crate::{
    about::About,
    finding::SeverityLabel,
    ids::{IncidentId, NoticeKey},
    incident::Incident,
};

/// The longest list of one severity; the rest is counted and listed by a command.
const MOST: usize = 25;

/// Lists them by severity.
pub fn digest(all: &[(IncidentId, Incident)], now: Timestamp) -> Notice {
    let noun = if all.len() == 1 { " incident" } else { " incidents" };
    let mut labels: Vec<SeverityLabel> = all.iter().map(|(_, incident)| severity(incident)).collect();
    labels.sort_unstable();
    labels.dedup();
    let sections = labels.iter().rev().map(|label| of_label(*label, all)).collect();
    Notice {
        about: About::Digest,
        class: Class::Page,
        severity: labels.last().copied().unwrap_or(SeverityLabel::Informational),
        title: line!["DECIDE: ", all.len(), noun, " beyond the hourly limit"],
        lead: vec![
            line![
                all.len(),
                noun,
                " beyond the hourly limit: NOT contained, each waits for a decision."
            ],
            "You are notified again only of incidents that aren't in this notice. Of what is high or critical you are \
             asked by itself, at once."
                .into(),
        ],
        sections,
        next: vec![
            Point::new(
                "list them".into(),
                Command::own("backstop incidents list --status awaiting-approval"),
            ),
            Point::new("do one".into(), Command::own("backstop approve <incident>")),
        ],
        key: NoticeKey::digest(now),
        incident: None,
        case: None,
    }
}

const fn severity(incident: &Incident) -> SeverityLabel {
    incident.opened.finding.severity.label
}

fn of_label(label: SeverityLabel, all: &[(IncidentId, Incident)]) -> Section {
    let of_it: Vec<_> = all.iter().filter(|(_, one)| severity(one) == label).collect();
    let mut entries: Vec<Entry> = of_it.iter().take(MOST).map(|(id, one)| entry(id, one)).collect();
    let more = of_it.len().saturating_sub(MOST);
    if more > 0 {
        entries.push(Entry::Point(line!["and ", more, " more"].into()));
    }
    Section {
        heading: line![outside(label), ": ", of_it.len()],
        entries,
    }
}

fn entry(id: &IncidentId, incident: &Incident) -> Entry {
    let opened = &incident.opened;
    let what = line![&opened.playbook, " of ", outside(&opened.target)];
    Entry::Point(Point::new(what, Command::show(id)))
}

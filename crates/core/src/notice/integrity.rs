//! The notice that Backstop itself isn't as it was deployed: a rule that brings findings is off, findings came only
//! because the sweep looked for them, or nobody is subscribed to hear of anything.

use jiff::Timestamp;

use super::{Class, Command, Entry, Line, Notice, Point, Section, line, outside};
use crate::{about::About, finding::SeverityLabel, ids::NoticeKey, sweep::Integrity};

/// The longest list; the rest is counted.
const MOST: usize = 20;

/// Says what is wrong and what to look at.
pub fn integrity(found: &Integrity, now: Timestamp) -> Notice {
    let sections = [
        Section::of(
            "Rules that bring nothing",
            found
                .rules
                .iter()
                .map(|rule| line![outside(&rule.name), ": ", outside(&rule.what)]),
        ),
        (!found.fed.is_empty()).then(|| no_event_brought(found)),
    ];
    Notice {
        about: About::Integrity,
        class: Class::Page,
        severity: SeverityLabel::High,
        title: title(found),
        lead: vec![
            "Backstop doesn't hear of findings as it should. Whoever wants to stay unseen would see to just that.".into(),
        ],
        sections: sections.into_iter().flatten().collect(),
        next: next(found),
        key: NoticeKey::integrity(now),
        incident: None,
        case: None,
    }
}

fn title(found: &Integrity) -> Line {
    let noun = |count: usize, one, more| if count == 1 { one } else { more };
    let (rules, fed) = (found.rules.len(), found.fed.len());
    if rules == 0 {
        line![
            "LOOK: ",
            fed,
            noun(fed, " finding", " findings"),
            " that no event brought"
        ]
    } else {
        line![
            "LOOK: ",
            rules,
            noun(rules, " rule brings", " rules bring"),
            " no findings"
        ]
    }
}

fn no_event_brought(found: &Integrity) -> Section {
    let mut entries: Vec<Entry> = vec![Entry::Text(
        "The sweep found these by asking; they are being answered now. Each should have come by an event long before.".into(),
    )];
    entries.extend(found.fed.iter().take(MOST).map(|one| {
        let line = line![
            outside(&one.finding_type),
            ", updated ",
            one.updated_at,
            ", ",
            outside(&one.key)
        ];
        Entry::Point(line.into())
    }));
    let more = found.fed.len().saturating_sub(MOST);
    if more > 0 {
        entries.push(Entry::Point(line!["and ", more, " more"].into()));
    }
    Section {
        heading: "Findings that no event brought".into(),
        entries,
    }
}

fn next(found: &Integrity) -> Vec<Point> {
    let mut next = Vec::new();
    if !found.rules.is_empty() {
        next.push(Point::new(
            "find out who changed a rule: events:DisableRule, PutRule, RemoveTargets and DeleteRule in CloudTrail, then \
             deploy the stack again"
                .into(),
            Command::own("aws events list-rules"),
        ));
    }
    next.push(
        "look at the rules, the targets, the queue's policy and the dead-letter queue: what kept the events away?".into(),
    );
    next
}

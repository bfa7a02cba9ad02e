//! The notice that Backstop itself isn't as it was deployed: a rule that brings findings is off, findings came only
//! because the sweep looked for them, or nobody is subscribed to hear of anything.

use jiff::Timestamp;

use super::{Class, Command, Entry, Line, Notice, Point, Section, line, outside};
use crate::{
    about::About,
    finding::SeverityLabel,
    ids::NoticeKey,
    sweep::{Bringer, Integrity},
};

/// The longest list; the rest is counted.
const MOST: usize = 20;

/// Says what is wrong and what to look at.
pub fn integrity(found: &Integrity, now: Timestamp) -> Notice {
    let of = |bringer| {
        let dead = found.rules.iter().filter(move |dead| dead.bringer == bringer);
        dead.map(|dead| line![outside(&dead.name), ": ", outside(&dead.what)])
    };
    let sections = [
        Section::of("Rules that bring nothing", of(Bringer::Rule)),
        Section::of("Between the queue and intake", of(Bringer::Mapping)),
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
    let rules = count(found, Bringer::Rule);
    let fed = found.fed.len();
    if count(found, Bringer::Mapping) > 0 {
        "LOOK: intake isn't handed what the queue holds".into()
    } else if rules == 0 {
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

fn count(found: &Integrity, bringer: Bringer) -> usize {
    found.rules.iter().filter(|dead| dead.bringer == bringer).count()
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
    if count(found, Bringer::Mapping) > 0 {
        next.push(Point::new(
            "find out who changed the event source mapping: lambda:UpdateEventSourceMapping and DeleteEventSourceMapping in \
             CloudTrail, then deploy the stack again"
                .into(),
            Command::own("aws lambda list-event-source-mappings"),
        ));
    }
    if count(found, Bringer::Rule) > 0 {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{notice::mail, sweep::DeadRule};

    #[test]
    fn a_dead_mapping_is_told_as_what_it_is() {
        let dead = |bringer| DeadRule {
            bringer,
            name: "intake's".to_owned(),
            what: "is disabled".to_owned(),
        };
        let told = |bringers: &[Bringer]| {
            let rules = bringers.iter().map(|bringer| dead(*bringer)).collect();
            mail(&integrity(
                &Integrity {
                    rules,
                    fed: Vec::new(),
                },
                Timestamp::UNIX_EPOCH,
            ))
        };
        let mapping = told(&[Bringer::Mapping]);
        assert!(
            mapping.subject.contains("isn't handed what the queue holds"),
            "{}",
            mapping.subject
        );
        assert!(
            mapping.body.contains("list-event-source-mappings"),
            "{}",
            mapping.body
        );
        assert!(!mapping.body.contains("list-rules"), "{}", mapping.body);
        let both = told(&[Bringer::Rule, Bringer::Mapping]).body;
        assert!(
            both.contains("list-rules") && both.contains("list-event-source-mappings"),
            "{both}"
        );
    }
}

//! The notice that a pause or an exemption is new, is another now, or has ended: whoever writes one, people hear of it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Class, Command, Line, Notice, Piece, Point, Section, line, outside};
use crate::{
    about::About,
    finding::SeverityLabel,
    guardrail::{Exemption, Guardrails, Pause, UnreadableGuard},
    ids::NoticeKey,
};

/// One guard, by what tells it from others.
type Guards<'a> = BTreeMap<String, Guard<'a>>;

/// A guard that has not ended.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Guard<'a> {
    Pause(&'a Pause),
    Exemption(&'a Exemption),
    /// One that no person could have added, and why it isn't obeyed.
    Faulty(&'a Exemption, &'static str),
    Unreadable(&'a UnreadableGuard),
}

/// What differs between the guards as they were seen last and as they are now; `None` if nothing does. What can't be
/// read or isn't obeyed is a person's to remove, so that it wakes somebody.
pub fn guards_changed(seen: (&Guardrails, Timestamp), found: &Guardrails, now: Timestamp) -> Option<Notice> {
    let (before, after) = (running(seen.0, seen.1), running(found, now));
    let (mut new, mut changed, mut ended) = (Vec::new(), Vec::new(), Vec::new());
    let mut needs_person = false;
    for (key, guard) in &after {
        let lines = match before.get(key) {
            Some(known) if known == guard => continue,
            Some(_) => &mut changed,
            None => &mut new,
        };
        lines.push(guard.line());
        needs_person |= guard.needs_person();
    }
    for (key, guard) in &before {
        if !after.contains_key(key) {
            ended.push(guard.line());
        }
    }
    let count = new.len() + changed.len() + ended.len();
    if count == 0 {
        return None;
    }
    let noun = if count == 1 {
        " pause or exemption"
    } else {
        " pauses or exemptions"
    };
    let sections = [
        Section::of("New", new),
        Section::of("Changed", changed),
        Section::of("Ended or removed", ended),
    ];
    Some(Notice {
        about: About::Guards,
        class: if needs_person { Class::Page } else { Class::Tell },
        severity: SeverityLabel::Informational,
        title: line![
            if needs_person { "LOOK: " } else { "GUARDS: " },
            count,
            noun,
            " changed"
        ],
        lead: vec![
            "What Backstop leaves alone has changed.".into(),
            "If nobody of yours did this, somebody who can write the incidents table did.".into(),
        ],
        sections: sections.into_iter().flatten().collect(),
        next: vec![
            Point::new("see the pauses".into(), Command::own("backstop pause --list")),
            Point::new("see the exemptions".into(), Command::own("backstop exempt list")),
            Point::new("end a pause".into(), Command::own("backstop resume")),
        ],
        key: NoticeKey::guards(now),
        incident: None,
        case: None,
    })
}

/// Those that do something still.
fn running(guards: &Guardrails, now: Timestamp) -> Guards<'_> {
    let pauses = guards.pauses.iter().filter(|pause| now < pause.ends());
    let exemptions = guards.exemptions.iter().filter(|one| now < one.ends());
    let unreadable = guards.unreadable.iter();
    pauses
        .map(|pause| (format!("pause {}", pause.scope), Guard::Pause(pause)))
        .chain(exemptions.map(|one| {
            let guard = match one.fault(now) {
                Some(fault) => Guard::Faulty(one, fault),
                None => Guard::Exemption(one),
            };
            (format!("exemption {}", one.id), guard)
        }))
        .chain(unreadable.map(|one| (format!("unreadable {}", one.key), Guard::Unreadable(one))))
        .collect()
}

impl Guard<'_> {
    const fn needs_person(&self) -> bool {
        matches!(self, Self::Faulty(..) | Self::Unreadable(_))
    }

    fn line(&self) -> Line {
        let pieces: Vec<Piece> = match self {
            Self::Pause(pause) => vec![
                "pause of ".into(),
                outside(&pause.scope),
                " until ".into(),
                pause.ends().into(),
                " by ".into(),
                outside(&pause.by),
                ": ".into(),
                outside(&pause.reason),
            ],
            Self::Faulty(exemption, fault) => vec![
                "exemption ".into(),
                outside(&exemption.id),
                " of ".into(),
                outside(&exemption.scope),
                ", added by ".into(),
                outside(&exemption.added_by),
                ", isn't obeyed: ".into(),
                (*fault).into(),
                "; nothing is done unasked until it is removed".into(),
            ],
            Self::Exemption(exemption) => vec![
                "exemption ".into(),
                outside(&exemption.id),
                " of ".into(),
                outside(&exemption.scope),
                " until ".into(),
                exemption.ends().into(),
                ", owner ".into(),
                outside(&exemption.owner),
                ", added by ".into(),
                outside(&exemption.added_by),
                ": ".into(),
                outside(&exemption.reason),
            ],
            Self::Unreadable(guard) => vec![
                "guard ".into(),
                outside(&guard.key),
                " can't be read (".into(),
                outside(&guard.why),
                "): nothing is done unasked until it is removed".into(),
            ],
        };
        Line::from_iter(pieces)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::{
        guardrail::{ExemptionScope, PauseScope},
        notice::mail,
    };

    const NOON: &str = "2026-01-10T12:00:00Z";

    fn exemption(pattern: &str) -> Guardrails {
        Guardrails {
            exemptions: vec![Exemption {
                id: "01J".into(),
                scope: ExemptionScope::Arn {
                    pattern: pattern.into(),
                },
                owner: "payments".into(),
                reason: "legacy\nWhat to do next".into(),
                expires_at: "9999-01-01T00:00:00Z".parse().unwrap(),
                added_by: "arn:aws:iam::123456789012:user/intern".into(),
                added_at: "2026-01-10T00:00:00Z".parse().unwrap(),
            }],
            ..Guardrails::default()
        }
    }

    fn told(before: &Guardrails, after: &Guardrails) -> Option<(Class, String)> {
        let now = NOON.parse().unwrap();
        let notice = guards_changed((before, now), after, now)?;
        Some((notice.class, mail(&notice).body))
    }

    #[test]
    fn a_new_a_changed_and_an_ended_guard_are_told() {
        let none = Guardrails::default();
        let (one, other) = (
            exemption("arn:aws:iam::*:user/a"),
            exemption("arn:aws:iam::*:user/b"),
        );
        assert_eq!(told(&none, &none), None);
        assert_eq!(told(&one, &one), None);
        let (class, new) = told(&none, &one).unwrap();
        assert_eq!(class, Class::Tell);
        for part in ["New", "user/a", "payments", "intern", "2027-01-11T00:00:00Z"] {
            assert!(new.contains(part), "{part}: {new}");
        }
        assert_eq!(
            new.lines().filter(|line| *line == "What to do next").count(),
            1,
            "{new}"
        );
        assert!(told(&one, &other).unwrap().1.contains("Changed"));
        let (class, wide) = told(&none, &exemption("*")).unwrap();
        assert_eq!(class, Class::Page, "{wide}");
        assert!(wide.contains("isn't obeyed"), "{wide}");
        assert!(told(&one, &none).unwrap().1.contains("Ended or removed"));
    }

    #[test]
    fn one_that_ended_by_itself_is_told_once_and_one_that_cannot_be_read_wakes_somebody() {
        let paused = Guardrails {
            pauses: vec![Pause {
                scope: PauseScope::Everything,
                by: "arn:aws:iam::123456789012:user/alice".into(),
                reason: "migration".into(),
                since: "2026-01-10T10:00:00Z".parse().unwrap(),
                until: "2026-01-10T11:00:00Z".parse().unwrap(),
            }],
            ..Guardrails::default()
        };
        let (seen, now): (Timestamp, Timestamp) =
            ("2026-01-10T10:30:00Z".parse().unwrap(), NOON.parse().unwrap());
        assert!(guards_changed((&paused, seen), &paused, now).is_some());
        assert_eq!(guards_changed((&paused, now), &paused, now), None);

        let strange = Guardrails {
            unreadable: vec![UnreadableGuard::new(
                "NONSENSE#1",
                "it is neither a pause nor an exemption",
            )],
            ..Guardrails::default()
        };
        assert_eq!(told(&Guardrails::default(), &strange).unwrap().0, Class::Page);
    }
}

//! The notices of pauses and exemptions: that one is new, is another now, or has ended, and which are in force.
//! Whoever writes one, people hear of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use super::{Class, Command, Line, Notice, Piece, Point, Section, line, outside};
use crate::{
    about::About,
    canonical,
    finding::SeverityLabel,
    guardrail::{Exemption, ExemptionScope, Guardrails, Pause, PauseScope, UnreadableGuard},
    ids::NoticeKey,
};

/// One guard, by what tells it from others.
type Guards<'a> = BTreeMap<String, Guard<'a>>;

/// A guard that has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Guard<'a> {
    Pause(&'a Pause),
    Exemption(&'a Exemption),
    /// One that no person could have added, and why it isn't obeyed.
    Faulty(&'a Exemption, &'static str),
    Unreadable(&'a UnreadableGuard),
}

/// What became of a guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    New,
    Changed,
    Ended,
}

/// What differs between the guards as they were seen last and as they are now.
#[derive(Clone, Debug)]
pub struct GuardChanges<'a> {
    changes: Vec<(How, Guard<'a>)>,
    now: Timestamp,
}

impl<'a> GuardChanges<'a> {
    /// Between what was found at one time, and what is found at another.
    pub fn between(seen: (&'a Guardrails, Timestamp), found: &'a Guardrails, now: Timestamp) -> Self {
        let (before, after) = (running(seen.0, seen.1), running(found, now));
        let begun = after.iter().filter_map(|(key, guard)| match before.get(key) {
            Some(known) if known == guard => None,
            Some(_) => Some((How::Changed, *guard)),
            None => Some((How::New, *guard)),
        });
        let ended = before.iter().filter(|(key, _)| !after.contains_key(*key));
        let ended = ended.map(|(_, guard)| (How::Ended, *guard));
        Self {
            changes: begun.chain(ended).collect(),
            now,
        }
    }

    /// The key of each change by itself: under it, whoever makes one has people told of it at once.
    pub fn keys(&self) -> Vec<NoticeKey> {
        self.changes.iter().filter_map(key_of).collect()
    }

    /// Those of which people weren't told under these keys.
    #[must_use]
    pub fn without(mut self, told: &BTreeSet<NoticeKey>) -> Self {
        self.changes
            .retain(|change| key_of(change).is_none_or(|key| !told.contains(&key)));
        self
    }

    /// The notice of what was found to differ; `None` if nothing does.
    pub fn notice(&self) -> Option<Notice> {
        let lead = "If nobody of yours did this, somebody who can write the incidents table did.";
        self.saying(lead.into(), NoticeKey::guards(self.now))
    }

    /// The notice of a change that a person has made by the api, who is named; `None` if nothing differs.
    pub fn notice_by(&self, person: &str) -> Option<Notice> {
        let lead = line![
            "It was done by ",
            outside(person),
            ", as API Gateway proved. If they didn't do it, somebody has their credentials."
        ];
        let keys = self.keys();
        let key = match keys.as_slice() {
            [only] => only.clone(),
            _ => NoticeKey::guards(self.now),
        };
        self.saying(lead, key)
    }

    /// What can't be read or isn't obeyed is a person's to remove, and what switches Backstop off for an account or
    /// altogether is for somebody to see at once: they wake people.
    fn saying(&self, whose: Line, key: NoticeKey) -> Option<Notice> {
        let lines = |wanted: How| {
            let lines = self.changes.iter().filter(|(how, _)| *how == wanted);
            lines.map(|(_, guard)| guard.line()).collect::<Vec<_>>()
        };
        let sections = [
            Section::of("New", lines(How::New)),
            Section::of("Changed", lines(How::Changed)),
            Section::of("Ended or removed", lines(How::Ended)),
        ];
        let count = self.changes.len();
        let begun = self.changes.iter().filter(|(how, _)| *how != How::Ended);
        let wakes = begun.clone().any(|(_, guard)| guard.wakes_people());
        (count > 0).then(|| {
            let title = line![heading(wakes), count, noun(count), " changed"];
            let lead = vec!["What Backstop leaves alone has changed.".into(), whose];
            told(title, lead, sections.into_iter().flatten().collect(), key, wakes)
        })
    }
}

/// What Backstop leaves alone still; `None` if nothing. Said once a day, since whoever can write the table could have
/// written as well that people were told.
pub fn guards_in_force(found: &Guardrails, now: Timestamp) -> Option<Notice> {
    let running = running(found, now);
    let count = running.len();
    let wakes = running.values().any(Guard::needs_person);
    let section = Section::of("In force", running.values().map(Guard::line))?;
    Some(told(
        line![heading(wakes), count, noun(count), " in force"],
        vec![
            "What Backstop leaves alone: you are told once a day for as long as it does.".into(),
            "If nobody of yours did this, somebody who can write the incidents table did.".into(),
        ],
        vec![section],
        NoticeKey::guards_in_force(now),
        wakes,
    ))
}

const fn heading(wakes: bool) -> &'static str {
    if wakes { "LOOK: " } else { "GUARDS: " }
}

const fn noun(count: usize) -> &'static str {
    if count == 1 {
        " pause or exemption"
    } else {
        " pauses or exemptions"
    }
}

fn told(title: Line, lead: Vec<Line>, sections: Vec<Section>, key: NoticeKey, wakes: bool) -> Notice {
    Notice {
        about: About::Guards,
        class: if wakes { Class::Page } else { Class::Tell },
        severity: SeverityLabel::Informational,
        title,
        lead,
        sections,
        next: vec![
            Point::new("see the pauses".into(), Command::own("backstop pause --list")),
            Point::new("see the exemptions".into(), Command::own("backstop exempt list")),
            Point::new("end a pause".into(), Command::own("backstop resume")),
        ],
        key,
        incident: None,
        case: None,
    }
}

/// Absent only of what can't be written as JSON. Whether a guard in force is new or was another one before depends on when
/// somebody looked.
fn key_of((how, guard): &(How, Guard<'_>)) -> Option<NoticeKey> {
    let is_over = matches!(how, How::Ended);
    let hash = canonical::hash(&(is_over, guard)).ok()?;
    Some(NoticeKey::guard(&hash))
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

    /// Also those that switch Backstop off for a whole account, or altogether.
    const fn wakes_people(&self) -> bool {
        match self {
            Self::Pause(pause) => matches!(pause.scope, PauseScope::Everything),
            Self::Exemption(exemption) => matches!(exemption.scope, ExemptionScope::Account { .. }),
            Self::Faulty(..) | Self::Unreadable(_) => true,
        }
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
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;
    use crate::notice::mail;

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
        let notice = GuardChanges::between((before, now), after, now).notice()?;
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
        let ended = GuardChanges::between((&paused, seen), &paused, now);
        assert_eq!(
            ended.notice().unwrap().class,
            Class::Tell,
            "acting again wakes nobody"
        );
        assert_eq!(GuardChanges::between((&paused, now), &paused, now).notice(), None);

        let strange = Guardrails {
            unreadable: vec![UnreadableGuard::new(
                "NONSENSE#1",
                "it is neither a pause nor an exemption",
            )],
            ..Guardrails::default()
        };
        assert_eq!(told(&Guardrails::default(), &strange).unwrap().0, Class::Page);
    }

    #[test]
    fn what_switches_backstop_off_wakes_somebody() {
        let none = Guardrails::default();
        let mut account = exemption("");
        account.exemptions[0].scope = ExemptionScope::Account {
            account: "123456789012".into(),
        };
        assert_eq!(told(&none, &account).unwrap().0, Class::Page);
        let pause = |scope| Guardrails {
            pauses: vec![Pause {
                scope,
                by: "arn:aws:iam::123456789012:user/alice".into(),
                reason: "migration".into(),
                since: "2026-01-10T11:00:00Z".parse().unwrap(),
                until: "2026-01-10T13:00:00Z".parse().unwrap(),
            }],
            ..Guardrails::default()
        };
        let everything = pause(PauseScope::Everything);
        assert_eq!(told(&none, &everything).unwrap().0, Class::Page);
        let one = pause(PauseScope::Playbook("leaked-access-key".into()));
        assert_eq!(told(&none, &one).unwrap().0, Class::Tell);
    }

    #[test]
    fn what_people_were_told_by_its_own_key_is_left_out_and_the_rest_is_told() {
        let now = NOON.parse().unwrap();
        let none = Guardrails::default();
        let mut both = exemption("arn:aws:iam::*:user/a");
        let one = both.clone();
        let mut second = exemption("arn:aws:iam::*:user/b").exemptions.remove(0);
        second.id = "02J".into();
        both.exemptions.push(second);
        let by_api = GuardChanges::between((&none, now), &one, now);
        let mail_of_api = mail(&by_api.notice_by("arn:aws:iam::123456789012:user/intern").unwrap());
        assert!(mail_of_api.body.contains("done by"), "{}", mail_of_api.body);
        assert_eq!(vec![by_api.notice_by("x").unwrap().key], by_api.keys());
        let told: BTreeSet<_> = by_api.keys().into_iter().collect();
        assert_eq!(by_api.clone().without(&told).notice(), None);
        let later = GuardChanges::between((&none, now), &both, now).without(&told);
        let body = mail(&later.notice().unwrap()).body;
        assert!(body.contains("user/b") && !body.contains("user/a"), "{body}");
        let mut longer = one.clone();
        longer.exemptions[0].reason = "it takes longer".into();
        let told = GuardChanges::between((&one, now), &longer, now)
            .keys()
            .into_iter()
            .collect();
        let seen_later = GuardChanges::between((&none, now), &longer, now).without(&told);
        assert_eq!(seen_later.notice(), None, "new to the sweep, and told as changed");
        let ended = GuardChanges::between((&one, now), &none, now);
        assert_ne!(
            ended.keys(),
            by_api.keys(),
            "that it ended is another thing to say"
        );
    }

    #[test]
    fn what_is_in_force_is_repeated() {
        let now = NOON.parse().unwrap();
        assert_eq!(guards_in_force(&Guardrails::default(), now), None);
        let notice = guards_in_force(&exemption("arn:aws:iam::*:user/a"), now).unwrap();
        assert_eq!(notice.class, Class::Tell);
        assert!(mail(&notice).body.contains("user/a"));
        assert_eq!(guards_in_force(&exemption("*"), now).unwrap().class, Class::Page);
    }
}

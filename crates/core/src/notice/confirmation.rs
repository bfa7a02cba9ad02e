//! The notice after a reading that isn't the first: whether what was contained holds, and what CloudTrail shows since. It says
//! what was read, and no more.

use super::{
    Class, Command, Kind, Line, Notice, Point, Section, collected, line, outcome::head_of, outside, what_next,
};
use crate::{
    about::About,
    aftermath::{Aftermath, Touch},
    ids::{IncidentId, NoticeKey},
    incident::{Confirmation, Incident, Verdict},
    playbooks::Playbooks,
};

/// What nobody should think was looked at.
const LIMITS: [&str; 3] = [
    "CloudTrail delivers late: calls of the last 15 minutes may be missing",
    "CloudTrail's event history has management events only: reads of objects, items and messages are not in it",
    "connections that were open before, and sessions elsewhere, aren't seen by it",
];

/// The notice of the last verdict; nothing if there is none.
pub fn confirmation(id: &IncidentId, incident: &Incident, playbooks: &Playbooks) -> Option<Notice> {
    let confirmation = incident.confirmation.as_ref()?;
    let (word, is_so) = headline(&confirmation.verdict);
    let (found, missing) = match &confirmation.verdict {
        Verdict::Confirmed => (&[][..], &[][..]),
        Verdict::Reopened { found } => (found.as_slice(), &[][..]),
        Verdict::Partial { missing } => (&[][..], missing.as_slice()),
    };
    let aftermath = incident.aftermath.as_ref();
    let sections = [
        Section::of("What was found", texts(found)),
        Section::of("What wasn't read", texts(missing)),
        Section::of("What was read again", read(incident)),
        Section::of("What CloudTrail shows", aftermath.map(shown).unwrap_or_default()),
        Section::of(
            "What flow logs show",
            texts(aftermath.and_then(Aftermath::flowed).as_slice()),
        ),
        Section::of("What this doesn't say", unsaid(incident)),
    ];
    let mut next = what_next(id, incident, incident.status(), playbooks);
    if matches!(confirmation.verdict, Verdict::Reopened { .. }) {
        next.insert(0, again());
    }
    if let Some(aftermath) = aftermath.filter(|it| !it.touched.is_empty()) {
        next.insert(0, pipeline(aftermath));
    }
    next.push(Point::new("see everything".into(), Command::show(id)));
    let kind = Kind {
        about: About::Confirmation,
        class: class(confirmation, incident),
        key: NoticeKey::confirmation(confirmation.record),
        word: word.into(),
    };
    Some(Notice {
        lead: vec![
            line![outside(&incident.opened.target), " ", is_so],
            line!["incident ", id],
            head_of(incident),
        ],
        sections: sections.into_iter().flatten().collect(),
        next,
        ..kind.of(id, incident)
    })
}

const fn headline(verdict: &Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Confirmed => (
            "CONFIRMED",
            "was looked at again: what contained it was read a second time and holds.",
        ),
        Verdict::Reopened { .. } => (
            "REOPENED, act now",
            "was contained and isn't any more. A person must act.",
        ),
        Verdict::Partial { .. } => (
            "CONTAINED, not confirmed",
            "was looked at again, and only a part could be read: that it is in force isn't confirmed.",
        ),
    }
}

/// Whoever was told that it is contained must know that it isn't, or that what contains it can't be read.
fn class(confirmation: &Confirmation, incident: &Incident) -> Class {
    let is_unread = incident.steps.iter().any(|state| state.not_read_again.is_some());
    match confirmation.verdict {
        Verdict::Confirmed => Class::Tell,
        Verdict::Partial { .. } if !is_unread => Class::Tell,
        Verdict::Partial { .. } | Verdict::Reopened { .. } => Class::Page,
    }
}

fn texts(texts: &[String]) -> Vec<Line> {
    texts.iter().map(|text| line![outside(text)]).collect()
}

fn read(incident: &Incident) -> Vec<Line> {
    let steps = incident.steps.iter().filter(|state| state.is_containing());
    steps
        .filter_map(|state| {
            let reading = state.verification.as_ref()?;
            let word = match (&state.not_read_again, reading.holds) {
                (Some(_), _) => "only the first time: ",
                (None, true) => "yes: ",
                (None, false) => "NO: ",
            };
            Some(line![word, outside(&reading.observed)])
        })
        .collect()
}

fn shown(aftermath: &Aftermath) -> Vec<Line> {
    let mut lines = vec![line![outside(aftermath.tried())]];
    let calls = aftermath.calls.iter().map(|call| {
        let from = call.ip.as_deref().unwrap_or("an unknown address");
        line![
            "it succeeded in ",
            outside(&call.name),
            " at ",
            call.at,
            " from ",
            outside(from)
        ]
    });
    lines.extend(calls);
    lines.extend(
        aftermath
            .touched
            .iter()
            .map(|touch| line![outside(Touch::sentence(touch))]),
    );
    if aftermath.more_touched > 0 {
        lines.push(line![
            u64::from(aftermath.more_touched),
            " more changes had no room here"
        ]);
    }
    lines
}

fn unsaid(incident: &Incident) -> Vec<Line> {
    let aftermath = incident.aftermath.as_ref();
    let of_trail = aftermath.filter(|it| !it.regions.is_empty()).map(|_| LIMITS);
    let mut lines: Vec<Line> = of_trail.into_iter().flatten().map(Line::from).collect();
    lines.extend(aftermath.into_iter().flat_map(|it| texts(&it.limits)));
    lines.extend(collected(incident, |plan| &plan.limits));
    lines
}

/// What happens by itself.
fn again() -> Point {
    "nothing needs to be typed for this: within the sweep's time what doesn't hold is contained again once, if the mode is \
     auto, and people are asked if it isn't, or if it was changed back before"
        .into()
}

/// A pipeline that puts it back does so as often as it is contained.
fn pipeline(aftermath: &Aftermath) -> Point {
    let looks = aftermath
        .touched
        .iter()
        .find_map(|touch| Some((touch, touch.pipeline()?)));
    if let Some((touch, (program, by_what))) = looks {
        return line![
            "it looks like ",
            program,
            " (",
            by_what,
            ", which anybody can choose), run as ",
            outside(&touch.by),
            ": stop that pipeline and change what it declares, or it puts it back again; if nobody of yours runs it, that \
             principal is to be contained, too"
        ]
        .into();
    }
    "somebody changed what was contained: if it was a pipeline (Terraform, CloudFormation), stop it first, or it puts it back \
     again; if it wasn't you, that principal is to be contained, too"
        .into()
}

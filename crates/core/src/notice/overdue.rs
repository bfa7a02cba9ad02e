//! The notice that what a step made should have been undone by now. Nobody undoes it unasked: whether the attacker's
//! connections are dead is for a person to say.

use jiff::{SignedDuration, Timestamp};

use super::{Class, Command, Kind, Notice, Point, line, outside};
use crate::{
    about::About,
    ids::{IncidentId, NoticeKey},
    incident::{Incident, StepState},
    outcome::UndoOutcome,
};

/// As often as people are paged of it.
const AGAIN: SignedDuration = SignedDuration::from_hours(24);

/// Until when what a step made was meant to stand, if that is over and it stands still.
pub fn over_since(state: &StepState, hours: u32, now: Timestamp) -> Option<Timestamp> {
    let is_undone = matches!(
        state.undo,
        Some(UndoOutcome::Restored { .. } | UndoOutcome::NothingToUndo { .. })
    );
    if !state.changed_something() || is_undone {
        return None;
    }
    let until = state
        .ended_at?
        .checked_add(SignedDuration::from_hours(i64::from(hours)))
        .ok()?;
    (until <= now).then_some(until)
}

/// Pages people, on each day anew.
pub fn overdue(
    id: &IncidentId,
    incident: &Incident,
    state: &StepState,
    until: Timestamp,
    now: Timestamp,
) -> Notice {
    let day = now.duration_since(until).as_secs() / AGAIN.as_secs();
    let kind = Kind {
        about: About::Overdue,
        class: Class::Page,
        key: NoticeKey::overdue(until, day),
        word: "OVERDUE, UNDO IT".into(),
    };
    let lead = vec![
        line![
            "What the step \"",
            outside(&state.step.title),
            "\" made was meant to stand until ",
            until,
            ", and stands still."
        ],
        "Nothing takes it away by itself, and whoever gets what it names is cut off, too. You are paged each day until it is \
         undone."
            .into(),
        line!["incident ", id],
    ];
    let next = vec![
        Point::new(
            "if the instance is stopped or its connections are dead".into(),
            Command::of(id, format!("backstop undo {id}")),
        ),
        Point::new("see it".into(), Command::show(id)),
    ];
    Notice {
        lead,
        next,
        ..kind.of(id, incident)
    }
}

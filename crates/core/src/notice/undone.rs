//! The notice after an undo: what is back, what stays off, and what a person must finish.

use super::{Class, Command, Kind, Line, Notice, Piece, Point, Section, line, outcome::head_of, outside};
use crate::{
    about::About,
    ids::IncidentId,
    incident::{Incident, Status, StepState},
    outcome::UndoOutcome,
};

/// The notice for an incident whose undo has ended.
pub fn undone(id: &IncidentId, incident: &Incident) -> Notice {
    let target = outside(&incident.opened.target);
    let is_stuck = incident.status() != Status::Undone;
    let (word, headline) = if is_stuck {
        (
            "UNDO STUCK, act now",
            line!["The undo of what was done to ", target, " is NOT complete."],
        )
    } else {
        ("UNDONE", line!["What was done to ", target, " is undone."])
    };
    let by_hand = incident
        .stuck_commands
        .iter()
        .map(|typed| Command::of_log(id, typed));
    let sections = [
        Section::of(
            "How each step ended",
            incident.steps.iter().filter_map(line).collect::<Vec<_>>(),
        ),
        Section::of(
            "To finish it by hand; if AWS says that one is done already, go on with the next",
            by_hand,
        ),
    ];
    let kind = Kind {
        about: About::Undo,
        class: if is_stuck { Class::Page } else { Class::Tell },
        key: incident.notices.ending_key().clone(),
        word: word.into(),
    };
    Notice {
        lead: vec![headline, line!["incident ", id], head_of(incident)],
        sections: sections.into_iter().flatten().collect(),
        next: next(id, incident),
        ..kind.of(id, incident)
    }
}

fn next(id: &IncidentId, incident: &Incident) -> Vec<Point> {
    let undo = || Command::of(id, format!("backstop undo {id}"));
    let mut next = vec![Point::new("see everything".into(), Command::show(id))];
    if incident.status() == Status::Stuck {
        next.push(Point::new("try again what failed or had drifted".into(), undo()));
    }
    let is_kept = |state: &StepState| matches!(state.undo, Some(UndoOutcome::KeptUntil { .. }));
    if incident.steps.iter().any(is_kept) {
        next.push(Point::new(
            "end what is kept off until a time, once it has passed".into(),
            undo(),
        ));
    }
    next.push("the same finding won't act on this target by itself again".into());
    next
}

fn line(state: &StepState) -> Option<Line> {
    let how: Vec<Piece> = match state.undo.as_ref()? {
        UndoOutcome::Restored { what } => vec![outside(what)],
        UndoOutcome::NothingToUndo { reason } => vec!["nothing to undo, ".into(), outside(reason)],
        UndoOutcome::KeptOff { reason } => vec!["left off on purpose, ".into(), outside(reason)],
        UndoOutcome::KeptUntil { until, what } => vec![outside(what), ", until ".into(), (*until).into()],
        UndoOutcome::Drifted { found } => {
            vec!["NOT TOUCHED, someone changed it since: ".into(), outside(found)]
        }
        UndoOutcome::Failed { error, detail } => {
            vec![
                "FAILED, ".into(),
                Piece::error(error),
                ": ".into(),
                outside(detail),
            ]
        }
    };
    Some(line![outside(&state.step.title), ": "].and(how))
}

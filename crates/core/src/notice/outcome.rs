//! The notice after acting: what happened, what was done, what is proven, what may break, what to do next.

use jiff::Timestamp;

use super::{
    Class, Command, Entry, Kind, Line, Notice, Piece, Point, Section, collected, gathered::gathered, line,
    outside, section::shown_changes, what_happened::what_happened, what_may_break, what_next,
};
use crate::{
    about::About,
    finding::SeverityLabel,
    ids::{IncidentId, NoticeKey},
    incident::{Incident, Status, StepState},
    mode::Mode,
    outcome::Outcome,
    playbooks::Playbooks,
    words,
};

/// The notice for an incident as it stands.
pub fn outcome(id: &IncidentId, incident: &Incident, playbooks: &Playbooks) -> Notice {
    outcome_looked_at_again(id, incident, playbooks, None)
}

/// The same, where what is contained will be looked at again at this time.
pub fn outcome_looked_at_again(
    id: &IncidentId,
    incident: &Incident,
    playbooks: &Playbooks,
    again: Option<Timestamp>,
) -> Notice {
    let status = incident.conclusion();
    let (word, is_so) = headline(status);
    let sections = [
        Some(what_happened(incident)),
        gathered(incident),
        Some(done(incident)),
        Section::of("What is proven, by reading back", proven(incident)),
        Section::of("Evidence that is missing", missing_lines(incident)),
        Section::of("What may break", what_may_break(incident, true)),
        Section::of("What this can't reach", collected(incident, |plan| &plan.limits)),
    ];
    let mut next = what_next(id, incident, status, playbooks);
    next.push(Point::new("see everything".into(), Command::show(id)));
    let kind = Kind {
        about: About::Outcome,
        class: class(status, incident),
        key: NoticeKey::outcome(),
        word: word.into(),
    };
    let again = again
        .filter(|_| status == Status::Contained)
        .map(looked_at_again(incident));
    let lead = [
        Some(line![outside(&incident.opened.target), " ", is_so]),
        again,
        Some(line!["incident ", id]),
        Some(head_of(incident)),
    ];
    Notice {
        lead: lead.into_iter().flatten().collect(),
        sections: sections.into_iter().flatten().collect(),
        next,
        ..kind.of(id, incident)
    }
}

/// The second reading waits for evidence that is still to be kept, as closing does.
fn looked_at_again(incident: &Incident) -> impl Fn(Timestamp) -> Line {
    let is_awaited = incident.missing_evidence().iter().any(|one| one.is_awaited);
    let or_later = if is_awaited {
        " UTC, or once the evidence is kept"
    } else {
        " UTC"
    };
    move |at| {
        let time = at.strftime("%H:%M").to_string();
        line!["it is looked at again at ", Piece::Ours(time.into()), or_later]
    }
}

/// What the log says so far, by one number: a log that somebody writes anew doesn't hold that record.
pub(super) fn head_of(incident: &Incident) -> Line {
    let head = &incident.head;
    line!["log head ", u64::from(head.seq), " ", Piece::whole(&head.hash)]
}

/// What a person did, or what ended as it was to end, wakes nobody. Of what is only reported, what is grave does.
fn class(status: Status, incident: &Incident) -> Class {
    let is_grave = incident.opened.finding.severity.label >= SeverityLabel::High;
    match status {
        Status::Contained | Status::Observed | Status::Denied => Class::Tell,
        Status::Reported if !is_grave => Class::Tell,
        _ => Class::Page,
    }
}

const fn headline(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Contained => (
            "CONTAINED",
            "is contained, as read back just now: it takes effect within minutes.",
        ),
        Status::PartiallyContained => (
            "PARTLY CONTAINED, act now",
            "is only partly contained. A person must finish it.",
        ),
        Status::Refused => ("NOT CONTAINED, refused", "was not touched: a guardrail refused."),
        Status::Observed => (
            "OBSERVED only",
            "was not touched: this playbook only observes here.",
        ),
        Status::Reported => (
            "LOOK",
            "was not touched: no playbook contains this by itself. A person must look.",
        ),
        Status::Denied => ("NOT CONTAINED, denied", "was not touched: a person denied it."),
        Status::Expired => (
            "NOT CONTAINED, nobody answered",
            "was not touched: nobody decided in time.",
        ),
        Status::Unreached => (
            "NOT CONTAINED, nobody was reached",
            "was not touched: its question reached nobody, so that nobody could decide.",
        ),
        _ => ("NOT CONTAINED, act now", "is NOT contained. A person must act."),
    }
}

fn done(incident: &Incident) -> Section {
    let guardrails = incident.opened.guardrails.iter().map(|decision| {
        Entry::Text(line![
            "guardrail ",
            outside(&decision.guardrail),
            ": ",
            outside(&decision.detail)
        ])
    });
    let steps = incident.steps.iter().map(|state| Entry::Step {
        line: line![outside(&state.step.title), ": "].and(ended(state, incident)),
        changes: shown_changes(state),
    });
    let mut entries: Vec<Entry> = guardrails.chain(steps).collect();
    if entries.is_empty() {
        entries.push(Entry::Text("nothing".into()));
    }
    let is_done = incident.steps.is_empty() || incident.steps.iter().any(StepState::changed_something);
    let heading = if is_done {
        "What was done"
    } else {
        "What was planned"
    };
    Section {
        heading: heading.into(),
        entries,
    }
}

fn ended(state: &StepState, incident: &Incident) -> Vec<Piece> {
    let how = match &state.outcome {
        Some(Outcome::Done) => "done",
        Some(Outcome::Already) => "was so already",
        Some(Outcome::Partial { missing }) => return vec!["PARTIAL: ".into(), outside(missing)],
        Some(Outcome::Skipped { reason }) => return vec!["skipped: ".into(), outside(reason)],
        Some(Outcome::Refused { guardrail, reason }) => {
            return vec![
                "refused by ".into(),
                outside(guardrail),
                ": ".into(),
                outside(reason),
            ];
        }
        Some(Outcome::Failed { error, detail }) => {
            let mut failed = vec![
                "FAILED, ".into(),
                Piece::error(error),
                ": ".into(),
                outside(detail),
            ];
            if state.may_have_changed_something() {
                failed.extend(["; ".into(), words::MAY_BE_MADE.into()]);
            }
            return failed;
        }
        // The notice doesn't wait for evidence.
        None if state.is_evidence() && incident.closed.is_none() && incident.opened.mode != Mode::Observe => {
            "still under way"
        }
        None if state.acted => "CUT OFF: it may or may not have taken effect",
        None if incident.opened.mode == Mode::Auto => "NOT DONE: it never ended",
        None => "planned only",
    };
    vec![how.into()]
}

fn missing_lines(incident: &Incident) -> Vec<Line> {
    let missing = incident.missing_evidence().into_iter();
    missing
        .map(|one| line!["\"", outside(one.title), "\": "].and(why(&one.why)))
        .collect()
}

/// Where it is why a step failed, it begins with the error's name.
fn why(text: &str) -> Vec<Piece> {
    match text.split_once(": ") {
        Some((error, detail)) => vec![Piece::error(error), ": ".into(), outside(detail)],
        None => vec![outside(text)],
    }
}

/// A line for each, as it is: for whoever passes it through its own sink.
pub fn missing(incident: &Incident) -> Vec<String> {
    let lines = missing_lines(incident).into_iter();
    lines.map(|line| Point::from(line).raw()).collect()
}

fn proven(incident: &Incident) -> Vec<Line> {
    incident
        .steps
        .iter()
        .filter_map(|state| {
            let verification = state.verification.as_ref()?;
            let word = if verification.holds { "yes: " } else { "NO: " };
            Some(line![word, outside(&verification.observed)])
        })
        .collect()
}

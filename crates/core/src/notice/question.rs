//! The notice that asks people to decide on a plan.

use super::{
    Class, Command, Entry, Kind, Line, Notice, Piece, Point, Section, collected, line, outside,
    section::changes, what_happened::what_happened, what_may_break,
};
use crate::{
    about::About,
    guardrail::Decision,
    ids::IncidentId,
    incident::{Incident, Question, StepState},
    outcome::Outcome,
};

/// Asks for a decision.
pub fn question(id: &IncidentId, incident: &Incident, question: &Question) -> Notice {
    let kind = Kind {
        about: About::Question,
        class: Class::Page,
        key: question.notice.clone(),
        word: "DECIDE".into(),
    };
    let sections = [
        Some(what_happened(incident)),
        Some(what_would_be_done(incident)),
        Section::of("Why you are asked", why(incident)),
        Section::of("What would break", what_may_break(incident, false)),
        Section::of("What this can't reach", collected(incident, |plan| &plan.limits)),
        Section::of("How it is undone", how_to_undo(id, incident)),
    ];
    Notice {
        lead: lead(id, incident, question),
        sections: sections.into_iter().flatten().collect(),
        next: next(id, question),
        ..kind.of(id, incident)
    }
}

fn lead(id: &IncidentId, incident: &Incident, question: &Question) -> Vec<Line> {
    let so_far = if incident.steps.iter().any(StepState::changed_something) {
        "Some steps are done already and stay; the others changed since you were asked."
    } else {
        "NOTHING has been changed yet."
    };
    let target = outside(&incident.opened.target);
    vec![
        line![target, " waits for your decision. ", so_far],
        line![
            "incident ",
            id,
            ", plan ",
            &question.plan_hash,
            ", decide before ",
            question.expires_at
        ],
    ]
}

fn what_would_be_done(incident: &Incident) -> Section {
    let mut entries = Vec::new();
    for state in incident.asked_about() {
        let mark = if state.step.high_impact {
            " (HIGH IMPACT)"
        } else {
            ""
        };
        let line = line![outside(&state.step.title), mark];
        // A step that can't be done any more is followed by why, where the others have their changes.
        match not_to_do(state) {
            Some(why) => entries.extend([
                Entry::Point(line.into()),
                Entry::Text(Line::from("    ").and(why)),
            ]),
            None => entries.push(Entry::Step {
                line,
                changes: state.plan.as_ref().map(changes).unwrap_or_default(),
            }),
        }
    }
    Section {
        heading: "What would be done".into(),
        entries,
    }
}

/// Why a step changes nothing; `None` if it would.
fn not_to_do(state: &StepState) -> Option<Vec<Piece>> {
    Some(match (&state.plan, &state.outcome) {
        (_, Some(Outcome::Failed { error, detail })) => vec![
            "can't be planned: ".into(),
            Piece::error(error),
            ": ".into(),
            outside(detail),
        ],
        (_, Some(Outcome::Refused { guardrail, reason })) => {
            vec![
                "refused by ".into(),
                outside(guardrail),
                ": ".into(),
                outside(reason),
            ]
        }
        (_, Some(Outcome::Done)) => vec!["done already".into()],
        (_, Some(Outcome::Already)) => vec!["is so already".into()],
        (_, Some(Outcome::Partial { missing })) => vec!["done in part: ".into(), outside(missing)],
        (_, Some(Outcome::Skipped { reason })) => vec!["skipped: ".into(), outside(reason)],
        (Some(plan), None) if plan.changes.is_empty() => vec!["is so already".into()],
        (Some(_), None) => return None,
        (None, None) => vec!["could not be planned".into()],
    })
}

/// The guardrails' reasons, and those of plans that want a person even in `auto` mode, each once.
fn why(incident: &Incident) -> Vec<Line> {
    let mut why: Vec<Line> = incident.opened.guardrails.iter().map(in_words).collect();
    let of_plans: Vec<&String> = incident
        .asked_about()
        .filter_map(|state| state.plan.as_ref()?.needs_approval.as_ref())
        .collect();
    for reason in &of_plans {
        let reason = line![outside(reason)];
        if !why.contains(&reason) {
            why.push(reason);
        }
    }
    // What came up only when a step was to act, and no plan says.
    for decision in &incident.waited {
        let is_of_plan = of_plans.iter().any(|reason| decision.detail.contains(*reason));
        let reason = in_words(decision);
        if !is_of_plan && !why.contains(&reason) {
            why.push(reason);
        }
    }
    why
}

fn in_words(decision: &Decision) -> Line {
    line![outside(&decision.guardrail), ": ", outside(&decision.detail)]
}

fn next(id: &IncidentId, question: &Question) -> Vec<Point> {
    let plan = question.plan_hash.short();
    let mut next = vec![
        Point::new("look again".into(), Command::show(id)),
        Point::new(
            "do it".into(),
            Command::of(id, format!("backstop approve {id} --plan {plan}")),
        ),
        Point::new(
            "don't".into(),
            Command::of(id, format!("backstop deny {id} --reason \"…\"")),
        ),
    ];
    if question.needed > 1 {
        next.push(
            line![
                question.needed,
                " different people must approve, since a step has high impact"
            ]
            .into(),
        );
    }
    next
}

/// How what is planned is taken back afterwards, and what isn't.
pub fn how_to_undo(id: &IncidentId, incident: &Incident) -> Vec<Point> {
    let is_change = |state: &&StepState| {
        let changes = state.plan.as_ref().is_some_and(|plan| !plan.changes.is_empty());
        changes
            && !matches!(
                state.outcome,
                Some(Outcome::Skipped { .. } | Outcome::Refused { .. })
            )
    };
    let changing: Vec<&StepState> = incident.asked_about().filter(is_change).collect();
    let is_kept = |state: &&&StepState| {
        let plan = state.plan.as_ref();
        plan.is_some_and(|plan| plan.manual_undo.is_empty())
    };
    let kept: Vec<&StepState> = changing.iter().filter(is_kept).copied().collect();
    let mut points = Vec::new();
    if kept.len() < changing.len() {
        points.push(
            line![
                "once the incident is closed: backstop undo ",
                id,
                " (with --plan it only says what it would put back)"
            ]
            .into(),
        );
    }
    if let Some((first, more)) = kept.split_first() {
        let quoted = |state: &StepState| ["\"".into(), outside(&state.step.title), "\"".into()];
        let begin = Line::from("undo doesn't take back: ").and(quoted(first));
        let line = more
            .iter()
            .fold(begin, |line, state| line.and([", ".into()]).and(quoted(state)));
        points.push(line.into());
    }
    points
}

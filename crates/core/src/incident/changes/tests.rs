#![expect(clippy::unwrap_used, reason = "tests")]
use super::*;
use crate::log::Record;

fn contained() -> Incident {
    let log = include_bytes!("../../../tests/recorded-logs/leaked-access-key-contained.json");
    let log: Vec<Record> = serde_json::from_slice(log).unwrap();
    Incident::replay(&log).unwrap()
}

/// The step that denies the user, which has changes and says what may break.
fn denying(incident: &mut Incident) -> &mut StepState {
    let mut steps = incident.steps.iter_mut();
    steps
        .find(|state| state.step.action.as_str() == "iam.deny-user")
        .unwrap()
}

#[test]
fn changes_are_shown_where_they_may_have_been_made() {
    let mut incident = contained();
    let state = denying(&mut incident);
    assert_eq!(state.plan.as_ref().unwrap().changes.len(), 1);
    let failed = |name| Some(Outcome::failed(name, "why"));
    let skipped = Some(Outcome::Skipped { reason: "why".into() });
    let refused = Some(Outcome::Refused {
        guardrail: "exemption".into(),
        reason: "why".into(),
    });
    for (outcome, acted, expected) in [
        (None, false, true),
        (None, true, true),
        (Some(Outcome::Done), true, true),
        (Some(Outcome::Already), true, true),
        (Some(Outcome::Already), false, false),
        (skipped, false, false),
        (refused, false, false),
        (failed(ErrorName::AccessDenied), true, false),
        (failed(ErrorName::AccessDenied), false, false),
        (failed(ErrorName::Rejected), true, true),
        (failed(ErrorName::Rejected), false, false),
    ] {
        (state.outcome, state.acted) = (outcome, acted);
        assert_eq!(state.shows_changes(), expected, "{:?}, {acted}", state.outcome);
    }
    // Of several changes the first may have been made before AWS said no to another.
    let plan = state.plan.as_mut().unwrap();
    plan.changes.push(plan.changes.first().unwrap().clone());
    (state.outcome, state.acted) = (failed(ErrorName::AccessDenied), true);
    assert!(state.shows_changes());
}

#[test]
fn only_what_was_made_and_stands_may_break_something() {
    let breaks = |incident: &Incident, is_over: bool| {
        let lines = incident.what_may_break(is_over);
        lines.iter().any(|line| line.contains("can do nothing at all"))
    };
    let mut incident = contained();
    assert!(breaks(&incident, true));

    let state = denying(&mut incident);
    (state.acted, state.outcome) = (false, None);
    assert!(!breaks(&incident, true), "it was planned, and never made");
    assert!(breaks(&incident, false), "it may still be made");

    let mut incident = contained();
    denying(&mut incident).outcome = Some(Outcome::failed(ErrorName::AccessDenied, "why"));
    assert!(!breaks(&incident, true), "AWS said no");

    let mut incident = contained();
    denying(&mut incident).undo = Some(UndoOutcome::Restored { what: "back".into() });
    assert!(!breaks(&incident, true), "it is put back");

    denying(&mut incident).undo = Some(UndoOutcome::Drifted { found: "else".into() });
    assert!(breaks(&incident, true), "it isn't put back");
}

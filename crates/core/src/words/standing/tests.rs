#![expect(clippy::unwrap_used, reason = "tests")]
use super::*;
use crate::log::Record;

fn undone() -> Incident {
    let log = include_bytes!("../../../tests/recorded-logs/leaked-access-key-undone.json");
    let log: Vec<Record> = serde_json::from_slice(log).unwrap();
    Incident::replay(&log).unwrap()
}

#[test]
fn what_isnt_back_is_named_with_its_end() {
    let mut incident = undone();
    for state in &mut incident.steps {
        state.undo = state
            .changed_something()
            .then(|| UndoOutcome::Restored { what: "back".into() });
    }
    assert_eq!(
        standing(&incident, Status::Undone),
        "undone: what was changed is back"
    );

    let mut changed = incident
        .steps
        .iter_mut()
        .filter(|state| state.changed_something());
    let (first, second) = (changed.next().unwrap(), changed.next().unwrap());
    let (one, other) = (first.step.title.clone(), second.step.title.clone());
    first.undo = Some(UndoOutcome::KeptOff {
        reason: "leaked".into(),
    });
    second.undo = Some(UndoOutcome::KeptUntil {
        until: "2026-03-01T12:00:00Z".parse().unwrap(),
        what: "narrowed".into(),
    });
    assert_eq!(
        standing(&incident, Status::Undone),
        format!(
            "undone, but for: \"{one}\", which stays on purpose; \"{other}\", of which a part stays until \
             2026-03-01T12:00:00Z"
        )
    );
    let first = incident
        .steps
        .iter_mut()
        .find(|state| state.step.title == one)
        .unwrap();
    first.undo = None;
    let said = standing(&incident, Status::Undone);
    assert!(
        said.contains(&format!("\"{one}\", which nobody asked to undo")),
        "{said}"
    );
    assert_eq!(standing(&incident, Status::Contained), status(Status::Contained));
}

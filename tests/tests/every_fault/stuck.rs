//! Calls of the undo fail. In a way that a retry heals, the undo ends as if nothing had been, whatever the lost answer was
//! about. For good, the incident is stuck, people are told, and the commands they are given bring back what was;
//! what was held back by isolation, another undo then.

use backstop_core::{
    ErrorName, IncidentId, UndoOutcome,
    incident::{Incident, Status, Undo},
};
use backstop_runtime::IncidentLog;
use backstop_tests::{Notice, StagedTarget, Watched, manual_undo, story};

use super::{
    Scenario,
    faults::{HELD_BACK, Hit, ISOLATION, Kind},
    run::Armed,
};

pub(crate) async fn failing_undo(watched: &Watched, scenario: &Scenario, hits: &[(Hit, Kind)]) {
    let staged = StagedTarget::plant(watched, &scenario.drill).await;
    let id = staged.open(&scenario.playbook, scenario.playbook.mode).await;
    staged.ended(&id).await;
    let armed = Armed::of(&staged, hits);
    staged.ask_undo(&id).await.unwrap();
    let mut log = staged.until(&id, is_over).await;
    armed.assert_hit();
    if hits.iter().all(|(_, kind)| kind.is_healed_by_a_retry()) {
        assert_eq!(
            log.incident().unwrap().status(),
            Status::Undone,
            "{}",
            story(&log)
        );
    } else {
        // A tag that can't be taken away leaves no interface isolated.
        let is_isolated = hits
            .iter()
            .any(|(hit, _)| hit.action == ISOLATION && !hit.is_witness());
        if is_isolated {
            the_rest_is_held_back(&log);
        }
        finish_by_hand(watched, &log).await;
        if is_isolated {
            // Its interfaces have their groups back: the rest is undone once it is asked for again.
            log = staged.undone(&id).await;
        }
    }
    staged.assert_clean(&staged.states().await, &log);
}

fn is_over(state: &Incident) -> bool {
    (state.stuck.is_some() || state.undo == Undo::Ended) && state.notices.ending_is_known()
}

/// Where AWS refused the tag that says what was, nothing but a record says so: undo of that step refuses, without commands that
/// a forger may have written, and people are told. The others are undone, but for what isolation holds back.
pub(crate) async fn refused(staged: &StagedTarget<'_>, id: &IncidentId, without_witness: &[&Hit]) {
    staged.ask_undo(id).await.unwrap();
    let log = staged.until(id, is_over).await;
    let incident = log.incident().unwrap();
    assert_eq!(incident.status(), Status::Stuck, "{}", story(&log));
    let page = page(staged.watched, id).await;
    let is_isolated = without_witness.iter().any(|hit| hit.action == ISOLATION);
    for state in incident.steps.iter().filter(|state| state.undo.is_some()) {
        let is_refused = matches!(&state.undo, Some(UndoOutcome::Failed { error, detail })
            if error == ErrorName::Refused.as_str() && detail.contains("backstop:before-"));
        let is_held_back = is_isolated && HELD_BACK.contains(&state.step.action.as_str());
        let is_without = without_witness.iter().any(|hit| hit.step == state.step.step);
        if is_without {
            assert!(is_refused || is_held_back, "{:?} in {}", state.undo, story(&log));
            let title = &state.step.title;
            assert!(page.body.contains(title), "`{title}` isn't in {}", page.body);
        } else if !is_held_back {
            let is_bad = matches!(
                state.undo,
                Some(UndoOutcome::Failed { .. } | UndoOutcome::Drifted { .. })
            );
            assert!(!is_bad, "{:?} in {}", state.undo, story(&log));
        }
    }
}

/// Nothing that keeps the instance is undone while it is cut off.
fn the_rest_is_held_back(log: &IncidentLog) {
    let incident = log.incident().unwrap();
    let held_back = incident
        .steps
        .iter()
        .filter(|state| HELD_BACK.contains(&state.step.action.as_str()));
    let undone: Vec<_> = held_back.map(|state| state.undo.as_ref()).collect();
    assert_eq!(undone.len(), HELD_BACK.len(), "{}", story(log));
    for outcome in undone {
        let is_refused =
            matches!(outcome, Some(UndoOutcome::Drifted { found }) if found.contains("is cut off still"));
        assert!(is_refused, "{outcome:?} in {}", story(log));
    }
}

async fn finish_by_hand(watched: &Watched, log: &IncidentLog) {
    let incident = log.incident().unwrap();
    assert_eq!(incident.status(), Status::Stuck, "{}", story(log));
    let page = page(watched, log.id()).await;
    assert!(!incident.stuck_commands.is_empty(), "no commands: {}", story(log));
    for command in &incident.stuck_commands {
        assert!(page.body.contains(command), "`{command}` isn't in {}", page.body);
        manual_undo(watched.environment.account(), command).await;
    }
}

async fn page(watched: &Watched, id: &IncidentId) -> Notice {
    let notices = watched.people.told_of(id.as_str()).await;
    let page = notices
        .iter()
        .find(|notice| notice.subject.contains("UNDO STUCK"));
    page.cloned()
        .unwrap_or_else(|| panic!("nobody was paged: {notices:#?}"))
}

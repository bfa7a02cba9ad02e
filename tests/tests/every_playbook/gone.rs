//! The target is gone before the finding comes: nothing is changed, nothing is called contained, nobody waits, and
//! people are told that it is gone.

use std::sync::Arc;

use backstop_core::{ErrorName, Outcome, Resource, incident::Status, kind};
use backstop_drill::Drill;
use backstop_playbook::Playbook;
use backstop_runtime::undoing::UndoError;
use backstop_tests::{Removal, StagedTarget, Watched, assert_people_are_told, story};

use super::{changes, drills};

/// All at the same time: none of them may change anything.
pub(crate) async fn every_drill(watched: &Arc<Watched>) -> Vec<String> {
    let mark = watched.environment.account().mark();
    let mut runs = Vec::new();
    for (playbook, drill) in drills() {
        for removal in Removal::of(&playbook, &drill) {
            let name = format!("{} with its target gone ({removal:?})", drill.name);
            let run = one(Arc::clone(watched), playbook.clone(), drill.clone(), *removal);
            runs.push((name, run));
        }
    }
    let mut failed = Watched::each(runs, 4).await;
    let changes = changes(&watched.environment, mark);
    if !changes.is_empty() {
        failed.push(format!(
            "something was changed though all targets are gone: {changes:#?}"
        ));
    }
    failed
}

async fn one(watched: Arc<Watched>, playbook: Playbook, drill: Drill, removal: Removal) {
    let staged = StagedTarget::plant(&watched, &drill).await;
    removal
        .happen(watched.environment.account(), &staged.planted)
        .await;
    let id = staged.report(&playbook, &drill).await;
    let log = staged.ended(&id).await;

    let incident = log.incident().unwrap();
    assert_eq!(incident.status(), Status::Failed, "{}", story(&log));
    let is_gone = |outcome: &Option<Outcome>| {
        outcome.as_ref().and_then(Outcome::error_name) == Some(ErrorName::TargetGone)
    };
    assert!(
        incident.contain_steps().any(|step| is_gone(&step.outcome)),
        "{}",
        story(&log)
    );
    for step in &incident.steps {
        let is_honest = is_gone(&step.outcome)
            || matches!(step.outcome, Some(Outcome::Skipped { .. }))
            || step.is_evidence() && !step.changed_something();
        assert!(is_honest, "`{}`: {}", step.step.step, story(&log));
        assert!(!step.changed_something(), "`{}`: {}", step.step.step, story(&log));
    }
    let notice = assert_people_are_told(&staged, &id, &incident).await;
    assert!(notice.subject.contains("NOT CONTAINED"), "{}", notice.subject);
    assert!(notice.body.contains("any more"), "{}", notice.body);
    if removal == Removal::KeyOnly && names_user(&incident.opened.target.resource) {
        // A person may want to go on with the user.
        assert!(notice.body.contains("--target arn:aws:iam::"), "{}", notice.body);
    }
    let undo = staged.ask_undo(&id).await;
    assert!(matches!(undo, Err(UndoError::NothingToUndo(_))), "{undo:?}");
}

/// AWS Health's event about a leaked key says nothing of its user, and IAM no longer knows whose a deleted key was.
fn names_user(target: &Resource) -> bool {
    kind::AccessKey::of(target).is_some_and(|key| key.user_name.is_some())
}

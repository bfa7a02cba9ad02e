//! Calls of the undo are refused for good: the incident is stuck, people are told, and the commands they are given
//! bring back what was.

use backstop_core::incident::Status;
use backstop_tests::{StagedTarget, Watched, manual_undo, story};

use super::{
    Scenario,
    faults::{Hit, Kind},
    run::Armed,
};

pub(crate) async fn failing_undo(watched: &Watched, scenario: &Scenario, hits: &[Hit]) {
    let staged = StagedTarget::plant(watched, &scenario.drill).await;
    let id = staged.open(&scenario.playbook, scenario.playbook.mode).await;
    staged.ended(&id).await;
    let denied: Vec<(Hit, Kind)> = hits.iter().map(|hit| (hit.clone(), Kind::AccessDenied)).collect();
    let armed = Armed::of(&staged, &denied);
    staged.ask_undo(&id).await.unwrap();
    let stuck =
        |state: &backstop_core::incident::Incident| state.stuck.is_some() && state.notices.ending_is_known();
    let log = staged.until(&id, stuck).await;
    armed.assert_hit();
    let incident = log.incident().unwrap();
    assert_eq!(incident.status(), Status::Stuck);
    let notices = watched.people.told_of(id.as_str()).await;
    let page = notices
        .iter()
        .find(|notice| notice.subject.contains("UNDO STUCK"))
        .unwrap_or_else(|| panic!("nobody was paged: {notices:#?}"));
    assert!(
        !incident.stuck_commands.is_empty(),
        "no commands: {}",
        story(&log)
    );
    for command in &incident.stuck_commands {
        assert!(page.body.contains(command), "`{command}` isn't in {}", page.body);
        manual_undo(watched.environment.account(), command).await;
    }
    staged.assert_clean(&staged.states().await, &log);
}

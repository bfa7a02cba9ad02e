//! A call of the undo is refused for good: the incident is stuck, people are told, and the commands they are given
//! bring back what was.

use backstop_core::incident::Status;
use backstop_tests::{by_hand, story};

use super::{
    Scenario, Scene,
    faults::{Hit, Kind},
    run::Place,
};

pub(crate) async fn failing_undo(scene: &Scene, scenario: &Scenario, hit: Hit) {
    let place = Place::plant(scene, scenario).await;
    let id = place.answered(scenario).await;
    let faults = place.fail(hit, Kind::AccessDenied);
    place.ask_undo(&id).await.unwrap();
    let stuck = |state: &backstop_core::incident::Incident| state.stuck.is_some() && state.notified;
    let log = place.until(&id, stuck).await;
    place.assert_hit(faults);
    let incident = log.incident().unwrap();
    assert_eq!(incident.status(), Status::Stuck);
    let notices = scene.people.told_of(id.as_str()).await;
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
        by_hand(scene.stage.account(), command).await;
    }
    place.assert_clean(&place.states().await, &log);
}

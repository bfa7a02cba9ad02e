//! A step fails while its playbook runs; afterwards everything is undone.

use backstop_core::Mode;
use backstop_sandbox::FaultId;
use backstop_tests::{Place, Watched};

use super::{
    Scenario,
    faults::{Hit, Kind},
    truth,
};

pub(crate) async fn failing_step(watched: &Watched, scenario: &Scenario, hit: Hit, kind: Kind) {
    let place = Place::plant(watched, &scenario.drill).await;
    let faults = fail(&place, hit, kind);
    let incident = place.open(&scenario.playbook, Mode::Auto).await;
    let log = place.ended(&incident).await;
    assert_hit(&place, faults);
    truth::check(&place, &log, kind).await;
    let undone = place.undone(&incident).await;
    place.assert_clean(&place.states().await, &undone);
}

pub(crate) fn fail(place: &Place<'_>, hit: Hit, kind: Kind) -> Vec<FaultId> {
    let faults = place.watched.stage.account().faults();
    let wanted = hit.faults(kind, &place.planted.name()).into_iter();
    wanted
        .map(|(matcher, effect)| faults.add(matcher, effect))
        .collect()
}

pub(crate) fn assert_hit(place: &Place<'_>, added: Vec<FaultId>) {
    let faults = place.watched.stage.account().faults();
    let hits: u32 = added.into_iter().map(|fault| faults.remove(fault)).sum();
    assert!(hits > 0, "the fault was never met");
}

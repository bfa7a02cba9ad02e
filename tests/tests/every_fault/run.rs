//! Steps fail while their playbook runs; afterwards everything is undone.

use backstop_emulator::FaultId;
use backstop_tests::{Place, Watched};

use super::{
    Scenario,
    faults::{Hit, Kind},
    truth,
};

pub(crate) async fn failing_steps(watched: &Watched, scenario: &Scenario, hits: &[(Hit, Kind)]) {
    let place = Place::plant(watched, &scenario.drill).await;
    let armed = Armed::of(&place, hits);
    let incident = place.open(&scenario.playbook, scenario.playbook.mode).await;
    let log = place.ended(&incident).await;
    armed.assert_hit();
    truth::check(&place, &log, hits).await;
    let undone = place.undone(&incident).await;
    place.assert_clean(&place.states().await, &undone);
}

/// The faults of one incident, by what they hit.
pub(crate) struct Armed<'a> {
    place: &'a Place<'a>,
    faults: Vec<(&'static str, Vec<FaultId>)>,
}

impl<'a> Armed<'a> {
    pub(crate) fn of(place: &'a Place<'a>, hits: &[(Hit, Kind)]) -> Self {
        let names = place.names();
        let all = place.watched.environment.account().faults();
        let add = |(hit, kind): &(Hit, Kind)| {
            let wanted = hit.faults(*kind, &names).into_iter();
            let added = wanted.map(|(matcher, effect)| all.add(matcher, effect));
            (hit.call, added.collect())
        };
        Self {
            place,
            faults: hits.iter().map(add).collect(),
        }
    }

    /// Removes them; each was met.
    pub(crate) fn assert_hit(self) {
        let all = self.place.watched.environment.account().faults();
        for (call, faults) in self.faults {
            let hits: u32 = faults.into_iter().map(|fault| all.remove(fault)).sum();
            assert!(hits > 0, "`{call}` was never made");
        }
    }
}

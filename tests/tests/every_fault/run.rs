//! Steps fail while their playbook runs; afterwards everything is undone.

use backstop_emulator::FaultId;
use backstop_tests::{StagedTarget, Watched};

use super::{
    Scenario,
    faults::{Hit, Kind},
    stuck, truth,
};

pub(crate) async fn failing_steps(watched: &Watched, scenario: &Scenario, hits: &[(Hit, Kind)]) {
    let staged = StagedTarget::plant(watched, &scenario.drill).await;
    let armed = Armed::of(&staged, hits);
    let incident = staged.open(&scenario.playbook, scenario.playbook.mode).await;
    let log = staged.ended(&incident).await;
    armed.assert_hit();
    truth::check(&staged, &log, hits).await;
    let without_witness: Vec<&Hit> = hits
        .iter()
        .filter(|(hit, kind)| hit.is_witness() && !kind.is_healed_by_a_retry())
        .map(|(hit, _)| hit)
        .collect();
    if !without_witness.is_empty() {
        return stuck::refused(&staged, &incident, &without_witness).await;
    }
    let undone = staged.undone(&incident).await;
    staged.assert_clean(&staged.states().await, &undone);
}

/// The faults of one incident, by what they hit.
pub(crate) struct Armed<'a> {
    staged: &'a StagedTarget<'a>,
    faults: Vec<(String, Vec<FaultId>)>,
}

impl<'a> Armed<'a> {
    pub(crate) fn of(staged: &'a StagedTarget<'a>, hits: &[(Hit, Kind)]) -> Self {
        let names = staged.names();
        let all = staged.watched.environment.account().faults();
        let add = |(hit, kind): &(Hit, Kind)| {
            let wanted = hit.faults(*kind, &names).into_iter();
            let added = wanted.map(|(matcher, effect)| all.add(matcher, effect));
            (format!("{} of {}", hit.call, hit.step), added.collect())
        };
        Self {
            staged,
            faults: hits.iter().map(add).collect(),
        }
    }

    /// Removes them; each was met.
    pub(crate) fn assert_hit(self) {
        let all = self.staged.watched.environment.account().faults();
        for (call, faults) in self.faults {
            let hits: u32 = faults.into_iter().map(|fault| all.remove(fault)).sum();
            assert!(hits > 0, "`{call}` was never made");
        }
    }
}

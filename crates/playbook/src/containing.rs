//! Which playbook contains a kind of target, so that nobody else needs to know one by its name.

use std::cmp::Reverse;

use backstop_core::{Playbooks, TargetKind, playbooks::Containing, step::Phase};

use crate::{
    catalog::Catalog,
    playbook::{Playbook, Step},
};

impl Catalog {
    /// The containing steps of every playbook by kind. Of several playbooks for a kind, the one that findings start
    /// comes before those that only people do, the one that does more before the one that does less, and of those that
    /// do as much the one that answers more finding types: what nobody chose, as a name's first letter, decides last.
    pub fn containing(&self) -> Playbooks {
        TargetKind::ALL.iter().flat_map(|kind| self.rows(*kind)).collect()
    }

    fn rows(&self, kind: TargetKind) -> Vec<Containing> {
        let mut fitting: Vec<&Playbook> = self
            .iter()
            .filter(|playbook| playbook.targets.contains(&kind))
            .collect();
        fitting.sort_by_key(|playbook| {
            (
                playbook.triggers.manual,
                Reverse(steps(playbook, kind).count()),
                Reverse(playbook.triggers.reach()),
                playbook.name.clone(),
            )
        });
        fitting
            .into_iter()
            .flat_map(|playbook| {
                steps(playbook, kind).map(move |step| Containing {
                    kind,
                    action: step.action.clone(),
                    playbook: playbook.name.clone(),
                })
            })
            .collect()
    }
}

/// The steps of a playbook that contain this kind.
fn steps(playbook: &Playbook, kind: TargetKind) -> impl Iterator<Item = &Step> {
    playbook.steps().filter_map(move |(phase, step)| {
        let fits = step.known_action().is_some_and(|action| action.fits(kind));
        (phase == Phase::Contain && fits).then_some(step)
    })
}

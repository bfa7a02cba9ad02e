//! Every playbook, each of its changing calls failed in every way that AWS and Lambda fail, and then each call of
//! its undo: the log tells the truth, nothing is changed without a receipt, and what was is brought back, by undo or
//! by the commands that a stuck undo prints. A new playbook is tested by having a drill.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "tests")]

mod faults;
mod run;
mod stuck;
mod truth;

use std::{collections::BTreeSet, sync::Arc, time::Instant};

use backstop_core::TargetKind;
use backstop_drill::{Drill, Drills};
use backstop_playbook::{Playbook, load_dir};
use backstop_tests::{Watched, only, playbooks, some};

use faults::{Hit, Kind};

/// Scenarios at the same time. Each has a target of its own, and faults hit calls about that target only.
const AT_ONCE: usize = 8;
/// Of instances, whose steps make so many calls that more of them wait for each other longer than a plan waits for what it
/// reads.
const INSTANCES_AT_ONCE: usize = 3;

/// A playbook, a drill of it, and the place where it fails.
#[derive(Clone)]
struct Scenario {
    playbook: Playbook,
    drill: Drill,
    fails: Fails,
}

#[derive(Clone, Debug)]
enum Fails {
    /// Calls of different steps.
    Steps(Vec<(Hit, Kind)>),
    /// Calls of different steps' undo, all in one way.
    Undo(Vec<(Hit, Kind)>),
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes of both cores: cargo test --workspace --test every_fault -- --ignored --nocapture"]
async fn whatever_fails_the_log_tells_the_truth_and_undo_brings_back_what_was() {
    let began = Instant::now();
    let scenarios = scenarios();
    let watched = Watched::start().await;
    let playbooks: BTreeSet<&str> = scenarios.iter().map(|one| one.playbook.name.as_str()).collect();
    let faults: usize = scenarios.iter().map(|one| one.fails.count()).sum();
    let summary = format!(
        "{} playbooks, {faults} faults in {} incidents",
        playbooks.len(),
        scenarios.len()
    );
    // There is one account, and its state reaches all that is in it. A drill closes it only while all of its buckets can
    // be looked at: before the others make theirs.
    let (of_account, others): (Vec<_>, Vec<_>) = scenarios
        .clone()
        .into_iter()
        .partition(|one| one.playbook.targets == [TargetKind::Account]);
    let runs = |scenarios: Vec<Scenario>| {
        let run = |scenario: Scenario| {
            let name = format!("{}: {:?}", scenario.playbook.name, scenario.fails);
            (name, one(Arc::clone(&watched), scenario))
        };
        scenarios.into_iter().map(run).collect::<Vec<_>>()
    };
    let (of_instances, others): (Vec<_>, Vec<_>) = others
        .into_iter()
        .partition(|one| one.playbook.targets.contains(&TargetKind::Instance));
    let mut failed = Watched::each(runs(of_account), 1).await;
    failed.extend(Watched::each(runs(others), AT_ONCE).await);
    failed.extend(Watched::each(runs(of_instances), INSTANCES_AT_ONCE).await);
    eprintln!(
        "{summary}; {} s, {} of them for building and deploying",
        began.elapsed().as_secs(),
        watched.deployed_in.as_secs()
    );
    watched.end(failed).await;
}

async fn one(watched: Arc<Watched>, scenario: Scenario) {
    match &scenario.fails {
        Fails::Steps(hits) => run::failing_steps(&watched, &scenario, hits).await,
        Fails::Undo(hits) => stuck::failing_undo(&watched, &scenario, hits).await,
    }
}

impl Fails {
    fn count(&self) -> usize {
        match self {
            Self::Steps(hits) | Self::Undo(hits) => hits.len(),
        }
    }
}

/// Every playbook that has a drill, with each of its faults.
fn scenarios() -> Vec<Scenario> {
    let catalog = load_dir(&playbooks()).unwrap();
    let drills = Drills::read(&playbooks()).unwrap();
    let drilled = catalog
        .iter()
        .filter_map(|playbook| Some((playbook, drills.find(playbook.name.as_str()).ok()?)));
    let each = |(playbook, drill): (&Playbook, &Drill)| {
        let scenario = |(drill, fails)| Scenario {
            playbook: playbook.clone(),
            drill,
            fails,
        };
        let faults = faults::of(playbook, drill, &drills).into_iter();
        some(faults.map(scenario).collect(), |one: &Scenario| {
            format!("{}: {:?}", one.playbook.name, one.fails)
        })
    };
    let drilled = only(drilled.collect(), |(playbook, _)| playbook.name.as_str());
    drilled.into_iter().flat_map(each).collect()
}

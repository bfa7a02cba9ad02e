//! Every playbook, each of its changing calls failed in every way that AWS and Lambda fail, and then each call of
//! its undo: the log tells the truth, nothing is changed without a receipt, and what was is brought back, by undo or
//! by the commands that a stuck undo prints. A new playbook is tested by having a drill.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "tests")]

mod faults;
mod run;
mod stuck;
mod truth;

use std::{collections::BTreeSet, sync::Arc, time::Instant};

use backstop_core::{Mode, TargetKind};
use backstop_playbook::{Playbook, load_dir};
use backstop_sandbox::drill::{Drill, Drills, Stage};
use backstop_tests::{People, Setting, playbooks, stage};
use futures_util::{StreamExt as _, stream};

use faults::{Hit, Kind};

/// Scenarios at the same time. Each has a target of its own, and faults hit calls about that target only.
const AT_ONCE: usize = 8;

/// A playbook, the first drill that it has, and the place where it fails.
#[derive(Clone)]
struct Scenario {
    playbook: Playbook,
    drill: Drill,
    fails: Fails,
}

#[derive(Clone, Copy, Debug)]
enum Fails {
    /// A call of a step.
    Step(Hit, Kind),
    /// A call of a step's undo, for good.
    Undo(Hit),
}

/// What every scenario has at hand.
struct Scene {
    stage: Stage,
    people: People,
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes of both cores: cargo test --workspace --test every_fault -- --ignored --nocapture"]
async fn whatever_fails_the_log_tells_the_truth_and_undo_brings_back_what_was() {
    let began = Instant::now();
    let scenarios = scenarios();
    let stage = stage(Setting {
        mode: Mode::Auto,
        without_permission: None,
    })
    .await
    .unwrap();
    let deployed = began.elapsed().as_secs();
    let people = People::of(&stage).await;
    let scene = Arc::new(Scene { stage, people });
    let playbooks: BTreeSet<&str> = scenarios.iter().map(|one| one.playbook.name.as_str()).collect();
    let summary = format!("{} playbooks, {} faults", playbooks.len(), scenarios.len());
    // There is one account, and its state reaches all that is in it.
    let (of_account, others): (Vec<_>, Vec<_>) = scenarios
        .into_iter()
        .partition(|one| one.playbook.targets == [TargetKind::Account]);
    let mut failed = run(&scene, others, AT_ONCE).await;
    failed.extend(run(&scene, of_account, 1).await);
    eprintln!(
        "{summary}; {} s, {deployed} of them for building and deploying",
        began.elapsed().as_secs()
    );
    let stage = Arc::into_inner(scene).unwrap().stage;
    if failed.is_empty() {
        return stage.clear().await.unwrap();
    }
    let files = stage.save_logs().await.unwrap();
    stage.end().await.unwrap();
    panic!("{}\nlogs are in {}", failed.join("\n"), files.display());
}

/// Runs all, so many at a time; what failed.
async fn run(scene: &Arc<Scene>, scenarios: Vec<Scenario>, at_once: usize) -> Vec<String> {
    stream::iter(scenarios)
        .map(|scenario| one(Arc::clone(scene), scenario))
        .buffer_unordered(at_once)
        .filter_map(|failed| async { failed })
        .collect()
        .await
}

/// Runs one; one that fails stops no other.
async fn one(scene: Arc<Scene>, scenario: Scenario) -> Option<String> {
    let name = format!("{}: {:?}", scenario.playbook.name, scenario.fails);
    let task = tokio::spawn(async move {
        match scenario.fails {
            Fails::Step(hit, kind) => run::failing_step(&scene, &scenario, hit, kind).await,
            Fails::Undo(hit) => stuck::failing_undo(&scene, &scenario, hit).await,
        }
    });
    task.await
        .is_err()
        .then(|| format!("{name} failed; its panic is above"))
}

/// Every playbook that has a drill, with each of its faults.
fn scenarios() -> Vec<Scenario> {
    let catalog = load_dir(&playbooks()).unwrap();
    let drills = Drills::read(&playbooks()).unwrap();
    // Calls about an instance name its interfaces, groups and rules, some of them made only then: which of several
    // incidents they are part of can't be told, so a fault would hit another's.
    let is_told_apart = |playbook: &&Playbook| !playbook.targets.contains(&TargetKind::Instance);
    let drilled = catalog
        .iter()
        .filter(is_told_apart)
        .filter_map(|playbook| Some((playbook, drills.find(playbook.name.as_str()).ok()?)));
    let each = |(playbook, drill): (&Playbook, &Drill)| {
        let scenario = |fails| Scenario {
            playbook: playbook.clone(),
            drill: drill.clone(),
            fails,
        };
        faults::of(playbook).into_iter().map(scenario).collect::<Vec<_>>()
    };
    drilled.flat_map(each).collect()
}

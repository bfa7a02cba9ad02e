//! Every drill of every playbook where something is wrong, a permission missing or the target gone; every plan as
//! people read it; and what the functions' roles grant against what all of that used. A new drill is tested by being
//! there.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "tests")]

mod gone;
mod permissions;
mod plans;
mod without_permission;

use std::{sync::LazyLock, time::Instant};

use backstop_drill::{Drill, Drills, Environment, calls::FunctionCalls};
use backstop_playbook::{Playbook, load_dir};
use backstop_tests::{Watched, is_whole, only, playbooks};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes of both cores: cargo test --workspace --test every_playbook -- --ignored --nocapture"]
async fn whatever_is_wrong_an_incident_ends_honestly() {
    let began = Instant::now();
    let watched = Watched::start().await;
    let mut lap = Lap::new();
    let mut failed = plans::of_account(&watched).await;
    lap.say("the plan about the account, approved and undone");
    failed.extend(gone::every_drill(&watched).await);
    lap.say("targets that are gone");
    failed.extend(without_permission::every_drill(&watched).await);
    lap.say("missing permissions");
    failed.extend(plans::all_others(&watched).await);
    lap.say("other plans, approved and undone");
    if is_whole() {
        failed.extend(permissions::granted_is_used(&watched).await);
    } else {
        eprintln!("left out: what is granted against what is used, since a part of the drills uses a part");
    }
    eprintln!(
        "{} drills; {} s, {} of them for building and deploying",
        drills().len(),
        began.elapsed().as_secs(),
        watched.deployed_in.as_secs()
    );
    watched.end(failed).await;
}

/// The drills that run, with their playbooks.
fn drills() -> Vec<(Playbook, Drill)> {
    static DRILLS: LazyLock<Vec<(Playbook, Drill)>> =
        LazyLock::new(|| only(all_drills(), |(playbook, _)| playbook.name.as_str()));
    DRILLS.clone()
}

/// Every drill, with its playbook.
fn all_drills() -> Vec<(Playbook, Drill)> {
    let catalog = load_dir(&playbooks()).unwrap();
    let drills = Drills::read(&playbooks()).unwrap();
    let each = |drill: &Drill| {
        let playbook = catalog.get(&drill.playbook.as_str().into()).unwrap();
        (playbook.clone(), drill.clone())
    };
    drills.all().iter().map(each).collect()
}

/// The calls of all responders since then that change something.
fn changes(environment: &Environment, mark: u64) -> Vec<String> {
    let calls = environment.account().calls_since(mark);
    let calls = FunctionCalls::of(&calls, environment.stack().name(), 0).summary();
    calls.changes.iter().map(|line| format!("{line:?}")).collect()
}

struct Lap(Instant);

impl Lap {
    fn new() -> Self {
        Self(Instant::now())
    }

    fn say(&mut self, what: &str) {
        eprintln!("{what}: {} s", self.0.elapsed().as_secs());
        self.0 = Instant::now();
    }
}

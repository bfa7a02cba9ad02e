//! What somebody who has read the source code, and has some right in the account, can make of Backstop.
//!
//! Each attack is tried against the deployed stack, with IAM enforced and with no right beside those that it takes. It
//! ends refused, noticed or harmless, judged by what is there afterwards, or the test fails. `docs/threat-model.md` says
//! the same in words; its table of what each function's credentials can do is held against what they could here.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests"
)]

mod attacker;
mod dead_letters;
mod evidence;
mod functions;
mod power;
mod powers;
mod queue;
mod rules;
mod table;
mod topic;
mod tried;

use std::time::Duration;

use backstop_core::{IncidentId, Mode, incident::Status};
use backstop_tests::{People, Scene};
use tokio::time::{Instant, sleep};

use attacker::BREAK_GLASS;
use tried::Tried;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_attack_is_refused_noticed_or_harmless() {
    let break_glass = format!("arn:aws:iam::*:user/{BREAK_GLASS}");
    let scene = Scene::start(Mode::Auto, &[("BreakGlassArns", &break_glass)]).await;
    let people = People::of(&scene.environment).await;

    // What refuses attackers lets Backstop work: a real finding is contained, and people hear of it.
    let leaked = scene.leak(true).await;
    let (incident, contained) = scene.answer(&leaked).await;
    assert_eq!(contained.status(), Status::Contained);
    until_nothing_more_is_written(&scene, &incident).await;

    let mut tried: Vec<Tried> = Vec::new();
    tried.extend(table::attacks(&scene, &incident).await);
    tried.extend(queue::attacks(&scene).await);
    tried.extend(dead_letters::attacks(&scene).await);
    tried.extend(rules::attacks(&scene, &people).await);
    tried.extend(topic::attacks(&scene, &people).await);
    tried.extend(evidence::attacks(&scene, &incident).await);
    tried.extend(power::attacks(&scene).await);
    tried.extend(functions::attacks(&scene).await);
    scene.end().await;
    tried::print(&tried);
}

/// Evidence is the last that is written of an incident, after it is closed.
async fn until_nothing_more_is_written(scene: &Scene, incident: &IncidentId) {
    let ledger = scene.environment.ledger();
    let until = Instant::now() + Duration::from_secs(60);
    while ledger
        .log(incident)
        .await
        .unwrap()
        .incident()
        .unwrap()
        .evidence
        .entries
        .is_empty()
    {
        assert!(Instant::now() < until, "its evidence isn't kept");
        sleep(Duration::from_millis(100)).await;
    }
}

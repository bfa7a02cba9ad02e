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
mod dead_mans_switch;
mod document;
mod evidence;
mod findings;
mod functions;
mod guards;
mod hostile_text;
mod isolation_group;
mod locks;
mod maximum_mode;
mod names;
mod noise;
mod orders;
mod outside;
mod persons;
mod policy_text;
mod power;
mod powers;
mod queue;
mod receipts;
mod rewritten_log;
mod rules;
mod session_names;
mod table;
mod thief;
mod topic;
mod tried;

use std::time::Duration;

use backstop_core::{IncidentId, Mode, incident::Status};
use backstop_tests::{Notice, People, Scene};
use tokio::time::{Instant, sleep};

use attacker::BREAK_GLASS;
use tried::Tried;

/// Contained unasked in an hour: more than the other attacks need, few enough to be used up by noise.
const LIMIT: usize = 20;
const FORENSIC_ACCOUNT: &str = "111122223333";
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_attack_is_refused_noticed_or_harmless() {
    let break_glass = format!("arn:aws:iam::*:user/{BREAK_GLASS}");
    let limit = LIMIT.to_string();
    let parameters = [
        ("BreakGlassArns", break_glass.as_str()),
        ("ContainmentsPerHour", &limit),
        // Brings the statement by which snapshots are shared.
        ("ForensicAccountId", FORENSIC_ACCOUNT),
    ];
    let scene = Scene::start(Mode::Auto, &parameters).await;
    let people = People::of(&scene.environment).await;

    // What refuses attackers lets Backstop work: a real finding is contained, and people hear of it.
    let leaked = scene.leak(true).await;
    let (incident, contained) = scene.answer(&leaked).await;
    assert_eq!(contained.status(), Status::Contained);
    until_nothing_more_is_written(&scene, &incident).await;

    let (rewritten, _) = scene.answer(&scene.leak(true).await).await;
    until_nothing_more_is_written(&scene, &rewritten).await;

    let mut tried: Vec<Tried> = Vec::new();
    tried.extend(table::attacks(&scene, &incident).await);
    tried.extend(queue::attacks(&scene).await);
    tried.extend(dead_letters::attacks(&scene).await);
    tried.extend(rules::attacks(&scene, &people).await);
    tried.extend(topic::attacks(&scene, &people).await);
    tried.extend(evidence::attacks(&scene, &incident).await);
    tried.extend(power::attacks(&scene).await);
    tried.extend(functions::attacks(&scene).await);
    let mut named: Vec<Tried> = Vec::new();
    named.extend(findings::attacks(&scene).await);
    named.extend(names::attacks(&scene).await);
    named.extend(session_names::attacks(&scene).await);
    named.extend(isolation_group::attacks(&scene).await);
    named.extend(hostile_text::attacks(&scene, &people).await);
    named.extend(receipts::attacks(&scene).await);
    named.extend(persons::attacks(&scene).await);
    named.extend(orders::attacks(&scene, &people).await);
    named.extend(outside::attacks(&scene).await);
    named.extend(locks::attacks(&scene, &people).await);
    guards::are_met(&scene).await;
    // From here on nothing more is contained unasked.
    named.extend(noise::attacks(&scene).await);
    named.extend(guards::attacks(&scene, &people).await);
    named.push(orders::nobody_was_asked(&scene, &people).await);
    named.extend(dead_mans_switch::attacks(&scene, &people).await);
    named.extend(rewritten_log::attacks(&scene, &people, &rewritten).await);
    // From here on the deployment isn't `auto` any more.
    named.extend(maximum_mode::attacks(&scene).await);
    scene.end().await;
    document::agrees_with(&tried, &named);
    tried.extend(named);
    tried::print(&tried);
}

/// The first notice that holds this text, once it is there.
async fn told(people: &People, text: &str) -> Notice {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(notice) = people.told_of(text).await.into_iter().next() {
            return notice;
        }
        assert!(Instant::now() < until, "nobody was told of {text}");
        sleep(Duration::from_millis(200)).await;
    }
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

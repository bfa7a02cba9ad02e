//! A burst: a thousand findings, half of them copies. None is lost, and each target has one incident.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    reason = "tests; the figures are its result"
)]

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use backstop_core::{Mode, incident::Status};
use backstop_drill::Environment;
use backstop_tests::Scene;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::{sync::Mutex, task::JoinSet, time::sleep};

const TARGETS: usize = 500;
const COPIES: usize = 2;
/// Those who send at the same time, through EventBridge as findings come.
const SENDERS: usize = 20;
const PATIENCE: Duration = Duration::from_secs(600);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes of both cores: cargo test --workspace --test burst -- --ignored --nocapture"]
async fn a_thousand_findings_become_five_hundred_incidents() {
    let scene = Scene::start(Mode::Observe, &[]).await;
    let findings: Vec<Value> = (0..TARGETS).map(finding).collect();
    // Each copy says the same as the first.
    let findings: Vec<Value> = findings.iter().cycle().take(TARGETS * COPIES).cloned().collect();
    let began = Instant::now();
    let Scene { environment } = scene;
    let environment = Arc::new(environment);
    let sent = send(&environment, findings).await;
    let scene = Scene {
        environment: Arc::into_inner(environment).unwrap(),
    };
    let sending = began.elapsed();
    scene.drained(PATIENCE).await;
    let drained = began.elapsed();

    let rows = scene
        .environment
        .ledger()
        .incidents(2 * TARGETS * COPIES)
        .await
        .unwrap();
    assert_eq!(rows.len(), TARGETS, "one incident for each target");
    let mut ages: Vec<i64> = rows
        .iter()
        .map(|row| {
            let sent = sent
                .iter()
                .find(|(instance, _)| row.target.contains(instance.as_str()))
                .unwrap();
            row.opened_at.duration_since(*sent.1).as_millis() as i64
        })
        .collect();
    ages.sort_unstable();
    assert!(
        scene.environment.dead_letters().await.unwrap().is_empty(),
        "none lost"
    );

    while scene.statuses().await.get(&Status::Reported) != Some(&TARGETS) {
        assert!(began.elapsed() < PATIENCE, "{:?}", scene.statuses().await);
        sleep(Duration::from_secs(1)).await;
    }
    println!(
        "burst: {} findings, {TARGETS} incidents; sent in {:.1} s, queue empty after {:.1} s, every incident closed \
         after {:.1} s; age of a message when its incident was opened: median {} ms, oldest {} ms",
        TARGETS * COPIES,
        sending.as_secs_f64(),
        drained.as_secs_f64(),
        began.elapsed().as_secs_f64(),
        ages[TARGETS / 2],
        ages[TARGETS - 1],
    );
    scene.end().await;
}

/// Sends all; gives when the first copy about each instance was sent.
async fn send(environment: &Arc<Environment>, findings: Vec<Value>) -> BTreeMap<String, Timestamp> {
    let waiting = Arc::new(Mutex::new(findings.into_iter()));
    let sent = Arc::new(Mutex::new(BTreeMap::new()));
    let mut senders = JoinSet::new();
    for _ in 0..SENDERS {
        let (environment, waiting, sent) = (Arc::clone(environment), Arc::clone(&waiting), Arc::clone(&sent));
        senders.spawn(async move {
            loop {
                let next = waiting.lock().await.next();
                let Some(detail) = next else { break };
                let instance = detail["resource"]["instanceDetails"]["instanceId"]
                    .as_str()
                    .unwrap();
                sent.lock()
                    .await
                    .entry(instance.to_owned())
                    .or_insert_with(Timestamp::now);
                environment.put_event("GuardDuty Finding", &detail).await.unwrap();
            }
        });
    }
    senders.join_all().await;
    Arc::into_inner(sent).unwrap().into_inner()
}

/// A finding that only tells people, so that executions cost little and intake is what is measured.
fn finding(number: usize) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/core/tests/events/triage.json");
    let mut event: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let detail = &mut event["detail"];
    detail["id"] = json!(format!("{number:032x}"));
    detail["resource"]["instanceDetails"]["instanceId"] = json!(format!("i-{number:017x}"));
    detail["updatedAt"] = json!(Timestamp::now().to_string());
    detail.take()
}

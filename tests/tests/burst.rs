//! A burst: a thousand findings, half of them copies. None is lost, and each target has one incident.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests; the figures are its result"
)]

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use backstop_core::{Mode, incident::Status};
use backstop_sandbox::drill::Stage;
use backstop_tests::Scene;
use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::sleep;

const TARGETS: usize = 500;
const COPIES: usize = 2;
const PATIENCE: Duration = Duration::from_secs(600);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_findings_become_five_hundred_incidents() {
    let scene = Scene::start(Mode::Observe, &[]).await;
    let findings: Vec<Value> = (0..TARGETS).map(finding).collect();
    // Each copy says the same as the first, as it does on another route or in another Region.
    let findings = findings.repeat(COPIES);
    let began = Instant::now();
    let sent = send(&scene.stage, &findings).await;
    let sending = began.elapsed();
    scene.drained(PATIENCE).await;
    let drained = began.elapsed();

    let rows = scene
        .stage
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
    assert!(scene.stage.dead_letters().await.unwrap().is_empty(), "none lost");

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

/// Sends all, ten at once as EventBridge would; gives when the first copy about each instance was sent.
async fn send(stage: &Stage, findings: &[Value]) -> BTreeMap<String, Timestamp> {
    let account = stage.account();
    let sqs = aws_sdk_sqs::Client::new(&account.sdk_config(account.root()));
    let queue = stage.stack().intake_queue_url().unwrap();
    let mut sent = BTreeMap::new();
    let mut calls = Vec::new();
    for ten in findings.chunks(10) {
        let mut call = sqs.send_message_batch().queue_url(queue);
        for (number, detail) in ten.iter().enumerate() {
            let instance = detail["resource"]["instanceDetails"]["instanceId"]
                .as_str()
                .unwrap();
            sent.entry(instance.to_owned()).or_insert_with(Timestamp::now);
            let event =
                json!({ "source": "aws.guardduty", "detail-type": "GuardDuty Finding", "detail": detail });
            let entry = SendMessageBatchRequestEntry::builder()
                .id(number.to_string())
                .message_body(event.to_string());
            call = call.entries(entry.build().unwrap());
        }
        calls.push(call.send());
    }
    for answer in join_all(calls).await {
        assert!(answer.unwrap().failed().is_empty());
    }
    sent
}

/// A finding that only tells people, so that executions cost little and intake is what is measured.
fn finding(number: usize) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../playbooks/triage/finding.json");
    let mut event: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let detail = &mut event["detail"];
    detail["id"] = json!(format!("{number:032x}"));
    detail["resource"]["instanceDetails"]["instanceId"] = json!(format!("i-{number:017x}"));
    detail["updatedAt"] = json!(Timestamp::now().to_string());
    detail.take()
}

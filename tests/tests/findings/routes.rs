//! One finding by five routes, ten copies each, all at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

use backstop_core::{finding::Route, incident::Status, log::Event};
use backstop_tests::{Leaked, Scene, Sender};
use serde_json::{Value, json};

/// The id that the fixtures have for their one finding.
const FINDING: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const COPIES: usize = 10;

pub(crate) async fn five_routes_and_ten_copies_open_one_incident(scene: &Scene) {
    let leaked = scene.leak(false).await;
    let (incidents, executions) = (count(scene).await, executions(scene).await);
    let there = about(&leaked, "guardduty-access-key");
    scene
        .environment
        .let_service_have("GuardDuty Finding", &there["detail"]);
    let messages: Vec<String> = (0..COPIES)
        .flat_map(|copy| by_five_routes(&leaked, copy))
        .collect();
    assert_eq!(messages.len(), 5 * COPIES);
    let sender = Sender::of(&scene.environment).await;
    futures_util::future::join_all(messages.iter().map(|body| sender.put(body))).await;

    let (id, incident) = scene.until(FINDING, |incident| incident.closed.is_some()).await;
    scene.drained(Duration::from_secs(60)).await;
    assert_eq!(incident.status(), Status::Contained, "{incident:#?}");
    assert_eq!(scene.state(&leaked).await, (false, true));
    assert_eq!(count(scene).await, incidents + 1, "one incident");
    assert_eq!(self::executions(scene).await, executions + 1, "one execution");
    let log = scene.environment.ledger().log(&id).await.unwrap();
    let mut by_route: BTreeMap<Route, usize> = BTreeMap::new();
    for record in log.records() {
        match &record.event {
            Event::Opened(opened) => *by_route.entry(opened.finding.route).or_default() += 1,
            Event::FindingJoined(finding) => *by_route.entry(finding.route).or_default() += 1,
            _ => {}
        }
    }
    let routes: BTreeSet<Route> = by_route.keys().copied().collect();
    let expected = BTreeSet::from([
        Route::GuardDutyEvent,
        Route::GuardDutyApi,
        Route::SecurityHubImported,
        Route::SecurityHubCustomAction,
        Route::SecurityHubV2,
    ]);
    assert_eq!(routes, expected, "five routes in its log: {by_route:?}");
    assert!(
        scene.environment.dead_letters().await.unwrap().is_empty(),
        "none lost"
    );
}

/// Half of the copies of an event come through an administrator's account.
fn by_five_routes(leaked: &Leaked, copy: usize) -> [String; 5] {
    let event = if copy.is_multiple_of(2) {
        "guardduty-access-key"
    } else {
        "guardduty-envelope-of-admin-account"
    };
    let imported = about(leaked, "asff-guardduty");
    let mut chosen = imported.clone();
    chosen["detail-type"] = json!("Security Hub Findings - Custom Action");
    chosen["detail"]["actionName"] = json!("Answer this");
    [
        about(leaked, event),
        imported,
        chosen,
        about(leaked, "ocsf-guardduty-access-key"),
        swept(about(leaked, "guardduty-api-one")),
    ]
    .map(|message| message.to_string())
}

/// As the sweep sends it; not by the sweep, so that its word isn't taken for it.
fn swept(detail: Value) -> Value {
    json!({ "source": "backstop.sweep", "detail-type": "GuardDuty Finding", "detail": detail })
}

fn about(leaked: &Leaked, fixture: &str) -> Value {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/core/tests/fixtures");
    let text = fs::read_to_string(fixtures.join(format!("{fixture}.json"))).unwrap();
    let text = text
        .replace("AKIAIOSFODNN7EXAMPLE", &leaked.key_id)
        .replace("alice", &leaked.user);
    serde_json::from_str(&text).unwrap()
}

async fn count(scene: &Scene) -> usize {
    scene.environment.ledger().incidents(1000).await.unwrap().len()
}

async fn executions(scene: &Scene) -> usize {
    let machine = scene
        .environment
        .stack()
        .machine_arn("leaked-access-key")
        .unwrap();
    let all = scene
        .sfn()
        .list_executions()
        .state_machine_arn(machine)
        .into_paginator()
        .items()
        .send();
    all.collect::<Result<Vec<_>, _>>().await.unwrap().len()
}

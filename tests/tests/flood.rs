//! A flood of findings: as many are contained as the hour's limit allows, the rest waits, one notice says so.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use backstop_core::{
    Mode,
    about::About,
    incident::{Incident, Status},
};
use backstop_tests::Scene;
use tokio::time::{Instant, sleep};

const KEYS: usize = 24;
const LIMIT: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_the_limit_people_decide() {
    let scene = Scene::start(Mode::Auto, &[("ContainmentsPerHour", "10")]).await;
    let mut leaked = Vec::new();
    for _ in 0..KEYS {
        leaked.push(scene.leak(true).await);
    }
    for leak in &leaked {
        scene.send_leak(leak).await;
    }
    let until = Instant::now() + Duration::from_secs(240);
    loop {
        let counts = scene.statuses().await;
        let settled = [Status::Contained, Status::AwaitingApproval]
            .iter()
            .filter_map(|status| counts.get(status))
            .sum::<usize>();
        if settled == KEYS {
            assert_eq!(counts.get(&Status::Contained), Some(&LIMIT), "{counts:?}");
            break;
        }
        assert!(Instant::now() < until, "not settled: {counts:?}");
        sleep(Duration::from_millis(500)).await;
    }
    let mut off = 0;
    for leak in &leaked {
        match scene.state(leak).await {
            (false, true) => off += 1,
            other => assert_eq!(other, (true, false), "{} is half contained", leak.user),
        }
    }
    assert_eq!(off, LIMIT);
    // Whatever is to be told is written down before the status is shown, or on its way.
    let ledger = scene.environment.ledger();
    while scene.published("NotifyRole") < LIMIT + 1 || !ledger.undelivered(1).await.unwrap().is_empty() {
        assert!(
            Instant::now() < until,
            "not delivered: {:?}",
            ledger.undelivered(100).await
        );
        sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(
        scene.published("NotifyRole"),
        LIMIT + 1,
        "one notice for each that is contained, and one for all the questions"
    );
    assert_eq!(scene.published("ApproveRole"), 0, "only `notify` delivers");
    what_is_grave_is_asked_by_itself(&scene).await;
    the_rest_is_listed_once(&scene).await;
    assert!(
        scene.environment.dead_letters().await.unwrap().is_empty(),
        "none lost"
    );
    scene.end().await;
}

/// Decoys have used up the hour, and its one notice: of a critical finding people hear all the same.
async fn what_is_grave_is_asked_by_itself(scene: &Scene) {
    let leaked = scene.leak(true).await;
    let mut event = scene.finding_of_leak(&leaked, "0000000000000000000000000c417ca1");
    event.detail["severity"] = 9.5.into();
    scene
        .environment
        .put_event(&event.detail_type, &event.detail)
        .await
        .unwrap();
    let is_asked = |incident: &Incident| incident.notices.is_known(About::Question);
    let (_, incident) = scene.until(&event.finding_id, is_asked).await;
    assert!(
        incident.limit().is_some(),
        "it is beyond the limit: {incident:#?}"
    );
    assert_eq!(incident.status(), Status::AwaitingApproval);
}

async fn the_rest_is_listed_once(scene: &Scene) {
    let told = scene.published("NotifyRole");
    let first = scene.sweep().await;
    assert_eq!(first["beyond_limit"], KEYS - LIMIT, "{first:#}");
    let until = Instant::now() + Duration::from_secs(60);
    while scene.published("NotifyRole") == told {
        assert!(Instant::now() < until, "nobody got the list");
        sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(scene.sweep().await["beyond_limit"], KEYS - LIMIT);
    let ledger = scene.environment.ledger();
    while !ledger.undelivered(1).await.unwrap().is_empty() {
        assert!(Instant::now() < until, "what is to be told isn't delivered");
        sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(
        scene.published("NotifyRole"),
        told + 1,
        "and nobody gets it again"
    );
}

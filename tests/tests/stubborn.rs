//! AWS is down for minutes: people hear of it within the first, it is contained once AWS is back, and there is one
//! incident. State machines wait a tenth of what they would, so that ten minutes are one. Two are tried with every change, ten
//! by night.
#![expect(clippy::panic, clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use backstop_core::{Mode, about::About, incident::Status};
use backstop_emulator::{Effect, Matcher};
use backstop_tests::{People, Scene};
use tokio::time::{Instant, sleep};

/// A tenth of a minute, of two and of ten; calls and functions take as long as they take, so the minute gets some seconds more.
const FIRST_MINUTE: Duration = Duration::from_secs(6 + 9);
const TWO_MINUTES: Duration = Duration::from_secs(12);
const TEN_MINUTES: Duration = Duration::from_secs(60);
/// How long the table answers intake nothing. Queues know no scale: it is as long as it says.
const BROWN_OUT: Duration = Duration::from_secs(120);
/// What comes meanwhile: more than a batch.
const FINDINGS: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn what_aws_refuses_for_two_minutes_is_told_at_once_and_contained_after() {
    let scene = Scene::start(Mode::Auto, &[]).await;
    let people = People::of(&scene.environment).await;
    iam_is_down(&scene, &people, TWO_MINUTES).await;
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes: cargo test --workspace --test stubborn -- --ignored --nocapture"]
async fn so_is_what_it_refuses_for_ten() {
    let scene = Scene::start(Mode::Auto, &[]).await;
    let people = People::of(&scene.environment).await;
    iam_is_down(&scene, &people, TEN_MINUTES).await;
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes: cargo test --workspace --test stubborn -- --ignored --nocapture"]
async fn nothing_is_lost_that_comes_while_the_table_is_down() {
    let scene = Scene::start(Mode::Auto, &[]).await;
    the_table_is_down(&scene).await;
    scene.end().await;
}

async fn iam_is_down(scene: &Scene, people: &People, down_for: Duration) {
    let leaked = scene.leak(true).await;
    let faults = scene.environment.account().faults();
    let down = faults.add(
        Matcher::new("iam", "*").by("role/*RespondIam*"),
        Effect::InternalError,
    );
    let began = Instant::now();
    let finding = scene.send_leak(&leaked).await;
    let is_told =
        |incident: &backstop_core::incident::Incident| incident.notices.is_known(About::NotContainedYet);
    let (id, incident) = scene.until(&finding, is_told).await;
    let told_after = began.elapsed();
    assert!(told_after < FIRST_MINUTE, "told after {told_after:?}");
    assert_eq!(incident.closed, None);
    let told = people.told_of(id.as_str()).await;
    let [notice] = told.as_slice() else {
        panic!("one notice: {told:#?}");
    };
    assert!(notice.subject.contains("NOT CONTAINED YET"), "{notice:?}");
    let by_hand = format!("--access-key-id {} --status Inactive", leaked.key_id);
    assert!(notice.body.contains(&by_hand), "{notice:?}");

    sleep(down_for.saturating_sub(began.elapsed())).await;
    assert_eq!(scene.state(&leaked).await, (true, false), "IAM is down");
    assert!(faults.remove(down) > 0);
    let (_, ended) = scene.until(&finding, |incident| incident.closed.is_some()).await;
    assert_eq!(ended.status(), Status::Contained);
    assert_eq!(scene.state(&leaked).await, (false, true));
    assert_eq!(scene.logs_of(&finding).await.len(), 1, "one incident");
    let subjects: Vec<String> = people
        .told_of(id.as_str())
        .await
        .into_iter()
        .map(|notice| notice.subject)
        .collect();
    let of = |word: &str| subjects.iter().filter(|subject| subject.contains(word)).count();
    assert_eq!(
        (of("NOT CONTAINED YET"), of("DRILL CONTAINED")),
        (1, 1),
        "{subjects:?}"
    );
}

/// Every message of a batch comes back by itself within seconds once the table is back; none is lost, and none is put aside.
async fn the_table_is_down(scene: &Scene) {
    let before: usize = scene.statuses().await.values().sum();
    let faults = scene.environment.account().faults();
    let down = faults.add(
        Matcher::new("dynamodb", "*").by("role/*Intake*"),
        Effect::InternalError,
    );
    let began = Instant::now();
    let mut sent = Vec::new();
    for _ in 0..FINDINGS {
        let leaked = scene.leak(true).await;
        sent.push((scene.send_leak(&leaked).await, leaked));
    }
    sleep(BROWN_OUT.saturating_sub(began.elapsed())).await;
    assert_eq!(
        scene.statuses().await.values().sum::<usize>(),
        before,
        "the table is down"
    );
    assert!(faults.remove(down) > 0);
    let back = Instant::now();
    for (finding, leaked) in &sent {
        let (_, ended) = scene.until(finding, |incident| incident.closed.is_some()).await;
        assert_eq!(ended.status(), Status::Contained);
        assert_eq!(scene.state(leaked).await, (false, true));
        assert_eq!(scene.logs_of(finding).await.len(), 1, "one incident");
    }
    let letters = scene.environment.dead_letters().await.unwrap();
    assert!(letters.is_empty(), "{letters:#?}");
    // Not after the queue's visibility timeout of three minutes.
    assert!(back.elapsed() < Duration::from_secs(150), "{:?}", back.elapsed());
}

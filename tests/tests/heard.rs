//! Nobody is subscribed to the alerts topic: the first incident's log, the sweep and the api's health say so, and nothing
//! counts as delivered. Once somebody is, what nobody got arrives.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use backstop_core::{
    Mode,
    api::{CheckHealth, HealthAnswer, Right},
    incident::{Incident, Status},
};
use backstop_drill::oncall::Person;
use backstop_tests::{People, Scene};
use tokio::time::{Instant, sleep};

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_heard_is_said_everywhere_and_arrives_once_somebody_is_there() {
    let scene = Scene::start(Mode::Approve, &[("AlertEmail", "")]).await;
    let leaked = scene.leak(true).await;
    let finding = scene.send_leak(&leaked).await;

    // The incident: its question reached nobody, and that is what its log says.
    let unheard = |incident: &Incident| !incident.notices.failing().is_empty();
    let (id, incident) = scene.until(&finding, unheard).await;
    assert_eq!(incident.status(), Status::AwaitingApproval);
    let failure = incident.notices.failing()[0].failure.clone().unwrap();
    assert!(failure.contains("no confirmed subscription"), "{failure}");
    assert!(incident.notices.deliveries.iter().all(|it| it.failure.is_some()));

    // The sweep: its run fails.
    let error = scene.sweep().await;
    let message = error["errorMessage"].as_str().unwrap();
    assert!(message.contains("NOBODY HEARS"), "{message}");

    // The api, which `backstop doctor` asks.
    let viewer = Person::new(&scene.environment, "viewer".to_owned(), Right::Viewer);
    let api = scene
        .environment
        .api_as(viewer.credentials().await.unwrap())
        .unwrap();
    let health: HealthAnswer = api.get(&["health"], &[]).await.unwrap();
    assert_eq!(
        standing(&health, "who is told"),
        CheckHealth::Problem,
        "{health:#?}"
    );
    assert_eq!(standing(&health, "notices"), CheckHealth::Problem, "{health:#?}");
    assert_eq!(standing(&health, "sweep"), CheckHealth::Problem, "{health:#?}");
    assert_eq!(standing(&health, "rules"), CheckHealth::Ok, "{health:#?}");

    // Somebody is subscribed: the next sweep has the question delivered.
    let people = People::of(&scene.environment).await;
    let question = incident.question.unwrap().notice;
    scene.let_be_old(&id, &question).await;
    let swept = scene.sweep().await;
    assert_eq!(swept["notices_again"], 1, "{swept}");
    let until = Instant::now() + PATIENCE;
    while people.told_of(id.as_str()).await.is_empty() {
        assert!(Instant::now() < until, "the question never arrived");
        sleep(Duration::from_millis(200)).await;
    }
    scene
        .until_of(&id, |incident| incident.notices.failing().is_empty())
        .await;
    let health: HealthAnswer = api.get(&["health"], &[]).await.unwrap();
    assert_eq!(standing(&health, "who is told"), CheckHealth::Ok, "{health:#?}");
    assert_eq!(standing(&health, "sweep"), CheckHealth::Ok, "{health:#?}");
    scene.end().await;
}

fn standing(health: &HealthAnswer, name: &str) -> CheckHealth {
    let check = health.checks.iter().find(|check| check.name == name);
    check.unwrap_or_else(|| unreachable!("{health:#?}")).standing
}

//! What is contained is looked after: the sweep finds what another identity changed back, the log has who it was, it is
//! contained again once by itself, and then people are asked. What a person has released is left alone.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use backstop_core::{
    IncidentId, Mode,
    incident::{Incident, Status, Verdict},
    log::Event,
};
use backstop_tests::{People, Scene, change_back, refusals};
use serde_json::json;

/// Long before a sweep of this test runs.
const CONFIRM_AFTER: (&str, &str) = ("ConfirmAfterSeconds", "2");

fn is_confirmed(incident: &Incident) -> bool {
    incident.status() == Status::Confirmed
}

async fn follows(scene: &Scene, finding: &str, before: &IncidentId) -> (IncidentId, Incident) {
    let is_next = |incident: &Incident| {
        incident.opened.linked.as_ref() == Some(before)
            && (is_confirmed(incident) || incident.status() == Status::AwaitingApproval)
    };
    scene.until(finding, is_next).await
}

/// The one notice that pages of it, and what the log has.
async fn is_reopened_by(scene: &Scene, people: &People, id: &IncidentId, user: &str) {
    let incident = scene
        .environment
        .ledger()
        .log(id)
        .await
        .unwrap()
        .incident()
        .unwrap();
    assert_eq!(incident.status(), Status::Reopened, "{incident:#?}");
    let Some(Verdict::Reopened { found }) = incident.confirmation.map(|it| it.verdict) else {
        unreachable!("it says what was found")
    };
    let gone = found.iter().filter(|one| one.contains("doesn't hold any more"));
    assert!(gone.count() >= 1, "{found:?}");
    let touched = incident.aftermath.unwrap().touched;
    let suffix = format!("user/{user}");
    // The emulated CloudTrail has no paths of roles, and by their path Backstop knows its own, which contained it again by then.
    let mut by_others = touched
        .iter()
        .filter(|touch| !touch.by.contains("role/backstop-"))
        .peekable();
    assert!(
        by_others.peek().is_some() && by_others.all(|touch| touch.by.ends_with(&suffix)),
        "{touched:?}"
    );
    let mut told = people.told_of(id.as_str()).await;
    told.retain(|notice| notice.subject.contains("REOPENED"));
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].body.contains(user), "{}", told[0].body);
}

async fn until_told(scene: &Scene, id: &IncidentId) {
    let is_told = |incident: &Incident| {
        let record = incident.confirmation.as_ref().map(|it| it.record);
        record.is_some_and(|record| {
            incident
                .notices
                .is_notified(&backstop_core::NoticeKey::confirmation(record))
        })
    };
    scene.until_of(id, is_told).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_changed_back_is_found_contained_once_more_and_then_asked_about() {
    let scene = Scene::start(Mode::Auto, &[CONFIRM_AFTER]).await;
    let people = People::of(&scene.environment).await;
    let attacker = scene.second_identity("mallory").await;
    let (left_alone, attacked) = (scene.leak(true).await, scene.leak(true).await);
    let (quiet, finding) = tokio::join!(scene.send_leak(&left_alone), scene.send_leak(&attacked));
    let (quiet, _) = scene.until(&quiet, is_confirmed).await;
    let (first, _) = scene.until(&finding, is_confirmed).await;

    // Its machine may still be telling people, and keeping evidence.
    let readings = |log: &backstop_runtime::IncidentLog| {
        let records = log.records().iter();
        records
            .filter(|record| matches!(record.event, Event::Verified { .. }))
            .count()
    };
    let before = readings(&scene.environment.ledger().log(&quiet).await.unwrap());
    let swept = scene.sweep().await;
    assert_eq!(
        (&swept["watched"], &swept["reverted"]),
        (&json!(2), &json!(0)),
        "{swept}"
    );
    let after = readings(&scene.environment.ledger().log(&quiet).await.unwrap());
    assert_eq!(before, after, "what holds isn't written down each time");

    change_back(&attacker, &attacked).await;
    let swept = scene.sweep().await;
    assert_eq!(
        (&swept["watched"], &swept["reverted"]),
        (&json!(2), &json!(1)),
        "{swept}"
    );
    until_told(&scene, &first).await;
    is_reopened_by(&scene, &people, &first, "mallory").await;
    let (second, again) = follows(&scene, &finding, &first).await;
    assert_eq!(
        (again.opened.mode, again.status()),
        (Mode::Auto, Status::Confirmed)
    );
    assert_eq!(scene.state(&attacked).await, (false, true));

    change_back(&attacker, &attacked).await;
    let swept = scene.sweep().await;
    assert_eq!(swept["reverted"], json!(1), "{swept}");
    let (_, asked) = follows(&scene, &finding, &second).await;
    assert_eq!(
        (asked.opened.mode, asked.status()),
        (Mode::Approve, Status::AwaitingApproval)
    );
    assert!(
        refusals(&asked).contains(&"reopened-before".to_owned()),
        "{asked:#?}"
    );
    assert_eq!(scene.state(&attacked).await, (true, false), "nobody decided yet");
    until_told(&scene, &second).await;
    is_reopened_by(&scene, &people, &second, "mallory").await;

    // What a person released is left alone, whoever changes it.
    let released = Event::Released {
        by: "arn:aws:iam::123456789012:user/alice".to_owned(),
        person: backstop_core::PersonId::new("alice"),
        reason: "the key was rotated".to_owned(),
    };
    let ledger = scene.environment.ledger();
    let mut log = ledger.log(&quiet).await.unwrap();
    log.append(&ledger, released).await.unwrap();
    change_back(&attacker, &left_alone).await;
    let swept = scene.sweep().await;
    assert_eq!(swept["reverted"], json!(0), "{swept}");
    let log = ledger.log(&quiet).await.unwrap();
    assert_eq!(log.incident().unwrap().status(), Status::Released);
    let row = ledger.row(&quiet).await.unwrap().unwrap();
    assert_eq!(row.status, Status::Released, "the list has it, too");
    assert_eq!(scene.state(&left_alone).await, (true, false));
    scene.end().await;
}

//! Notices that nobody got: whoever wrote one couldn't hand it over, or the channel refused it. Each says so in the log,
//! holds nothing up, and reaches people by the sweep, whatever became of its incident.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use backstop_core::{
    IncidentId, Mode, NoticeKey,
    incident::{Incident, Status},
    log::Event,
};
use backstop_emulator::{Effect, Matcher};
use backstop_runtime::decision;
use backstop_tests::{Notice, People, Scene, person};
use tokio::time::{Instant, sleep};

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_that_nobody_got_reaches_people_by_the_sweep() {
    let scene = Scene::start(Mode::Approve, &[]).await;
    let people = People::of(&scene.environment).await;

    // `approve` writes the question down and can't hand it over.
    let id = asked_in_vain(&scene).await;
    let question = failure(&scene, &id, "notify").await;
    assert!(people.told_of(id.as_str()).await.is_empty());
    sweep_when_old(&scene, &id, &question).await;
    let asked = told(&people, &id, 1).await;
    assert!(
        asked.iter().all(|notice| notice.subject.contains("DECIDE")),
        "{asked:#?}"
    );

    // The topic refuses the outcome; the incident is closed all the same.
    let outcome = NoticeKey::outcome();
    ended_in_vain(&scene, &id).await;
    let failed = failure(&scene, &id, "arn:").await;
    assert_eq!(failed, outcome);
    sweep_when_old(&scene, &id, &outcome).await;
    let all = told(&people, &id, 2).await;
    assert!(
        all.iter().any(|notice| notice.subject.contains("denied")),
        "{all:#?}"
    );
    let known = |incident: &Incident| incident.notices.ending_is_known();
    scene.until_of(&id, known).await;

    // Once it is delivered, no sweep has anything left to deliver.
    let until = Instant::now() + PATIENCE;
    while !scene
        .environment
        .ledger()
        .undelivered(1)
        .await
        .unwrap()
        .is_empty()
    {
        assert!(Instant::now() < until, "it isn't settled");
        sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(scene.sweep().await["notices_again"], 0);
    assert_eq!(people.told_of(id.as_str()).await.len(), 2);
    a_dead_execution_is_told_by_its_event(&scene, &people).await;
    scene.end().await;
}

/// Its machine can't tell anybody any more: EventBridge has `notify` do so, and `close` conclude the incident.
async fn a_dead_execution_is_told_by_its_event(scene: &Scene, people: &People) {
    let leaked = scene.leak(true).await;
    let finding = scene.send_leak(&leaked).await;
    let is_asked = |incident: &Incident| incident.status() == Status::AwaitingApproval;
    let (id, _) = scene.until(&finding, is_asked).await;
    let machine = scene
        .environment
        .stack()
        .machine_arn("leaked-access-key")
        .unwrap();
    let execution = format!("{}:{id}", machine.replace(":stateMachine:", ":execution:"));
    let stop = scene.sfn().stop_execution().execution_arn(execution);
    stop.send().await.unwrap();
    let closed = scene.until_of(&id, |incident| incident.closed.is_some()).await;
    assert_eq!(scene.state(&leaked).await, (true, false), "{closed:#?}");
    let until = Instant::now() + PATIENCE;
    loop {
        let all = people.told_of(id.as_str()).await;
        let died = all.iter().find(|notice| notice.subject.contains("died"));
        if let Some(notice) = died {
            let show = format!("backstop incidents show {id}");
            assert!(notice.body.contains(&show), "{notice:#?}");
            assert!(notice.body.contains("ABORTED"), "{notice:#?}");
            return;
        }
        assert!(Instant::now() < until, "{all:#?}");
        sleep(Duration::from_millis(200)).await;
    }
}

async fn asked_in_vain(scene: &Scene) -> IncidentId {
    let faults = scene.environment.account().faults();
    let fault = faults.add(
        Matcher::new("lambda", "Invoke").by("role/*ApproveRole*"),
        denied(),
    );
    let leaked = scene.leak(true).await;
    let finding = scene.send_leak(&leaked).await;
    let refused = |incident: &Incident| incident.notices.deliveries.iter().any(|it| it.failure.is_some());
    let (id, incident) = scene.until(&finding, refused).await;
    assert_eq!(incident.status(), Status::AwaitingApproval);
    assert!(faults.remove(fault) > 0, "the fault was never met");
    id
}

async fn ended_in_vain(scene: &Scene, id: &IncidentId) {
    let faults = scene.environment.account().faults();
    let fault = faults.add(Matcher::new("sns", "Publish").by("role/*NotifyRole*"), denied());
    let (ledger, sfn) = (scene.environment.ledger(), scene.sfn());
    decision::deny(&ledger, &sfn, id, &person("bob"), None)
        .await
        .unwrap();
    let incident = scene.until_of(id, |incident| incident.closed.is_some()).await;
    assert!(faults.remove(fault) > 0, "the fault was never met");
    assert_eq!(incident.status(), Status::Denied);
    assert!(!incident.notices.ending_is_known());
}

fn denied() -> Effect {
    Effect::AccessDenied {
        message: "not authorized by this test".into(),
    }
}

/// The notice that this channel didn't take last.
async fn failure(scene: &Scene, id: &IncidentId, channel: &str) -> NoticeKey {
    let log = scene.environment.ledger().log(id).await.unwrap();
    let failed = log.records().iter().rev().find_map(|record| match &record.event {
        Event::NotNotified {
            channel: of, notice, ..
        } if of.starts_with(channel) => Some(notice.clone()),
        _ => None,
    });
    failed.unwrap_or_else(|| unreachable!("{:#?}", log.records()))
}

/// Lets the notice be older than what may still be on its way, and sweeps.
async fn sweep_when_old(scene: &Scene, id: &IncidentId, notice: &NoticeKey) {
    scene.let_be_old(id, notice).await;
    assert_eq!(scene.sweep().await["notices_again"], 1);
}

async fn told(people: &People, id: &IncidentId, count: usize) -> Vec<Notice> {
    let until = Instant::now() + PATIENCE;
    loop {
        let all = people.told_of(id.as_str()).await;
        if all.len() >= count || Instant::now() >= until {
            assert_eq!(all.len(), count, "{all:#?}");
            return all;
        }
        sleep(Duration::from_millis(200)).await;
    }
}

//! A target whose incident has ended is heard of again: each ending with what is new, against a real deployment, as
//! `docs/activity-after-the-end.md` has it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod ended;
mod heard;
mod table;

use std::time::Duration;

use backstop_core::{IncidentId, Mode, Outcome, incident::Status, log::Event};
use backstop_tests::{Leaked, People, Scene, refusals};
use serde_json::json;

use ended::Ended;
use heard::Heard;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_ending_is_the_end() {
    let scene = Scene::start(Mode::Auto, &[("ContainmentsPerHour", "1000")]).await;
    let people = People::of(&scene.environment).await;
    what_ended_without_containment_is_contained(&scene).await;
    a_raised_mode_is_enough(&scene).await;
    a_finding_that_security_hub_has_open_again_is_answered(&scene).await;
    a_persons_no_is_told_of_once_and_asked_about_when_it_gets_worse(&scene, &people).await;
    what_was_undone_is_never_done_unasked(&scene).await;
    what_nobody_confirms_asks(&scene).await;
    what_is_contained_is_read_back(&scene, &people).await;
    // Last: it feeds what else GuardDuty was given here.
    a_raised_mode_is_found_by_the_sweep(&scene).await;
    scene.end().await;
}

async fn what_ended_without_containment_is_contained(scene: &Scene) {
    for status in [
        Status::Expired,
        Status::Unreached,
        Status::Failed,
        Status::Refused,
        Status::PartiallyContained,
    ] {
        let leaked = scene.leak(true).await;
        let finding = Heard::of(scene, &leaked);
        let before = Ended::as_status(status).of(scene, &finding).await;
        finding.goes_on().send(scene).await;
        is_contained_by_next(scene, &leaked, &finding, &before).await;
    }
}

/// Nothing is new but what the deployment would do about it.
async fn a_raised_mode_is_enough(scene: &Scene) {
    let leaked = scene.leak(true).await;
    let finding = Heard::of(scene, &leaked);
    let before = Ended::as_status(Status::Observed).of(scene, &finding).await;
    finding.send(scene).await;
    is_contained_by_next(scene, &leaked, &finding, &before).await;
}

/// No event tells of it: the finding is as it was when the deployment only observed. It is fed once.
async fn a_raised_mode_is_found_by_the_sweep(scene: &Scene) {
    let account = scene.environment.account();
    let guardduty = aws_sdk_guardduty::Client::new(&account.sdk_config(account.root()));
    guardduty.create_detector().enable(true).send().await.unwrap();
    let leaked = scene.leak(false).await;
    let finding = Heard::of(scene, &leaked);
    let before = Ended::as_status(Status::Observed).in_earnest();
    let before = before.of(scene, &finding).await;
    finding.plant(scene);
    let first = scene.sweep().await;
    assert!(first["fed"].as_u64().is_some_and(|fed| fed > 0), "{first:#}");
    is_contained_by_next(scene, &leaked, &finding, &before).await;
    scene.drained(Duration::from_secs(60)).await;
    let records = scene.logs_of(finding.id()).await.len();
    scene.sweep().await;
    scene.drained(Duration::from_secs(60)).await;
    assert_eq!((records, scene.logs_of(finding.id()).await.len()), (2, 2));
}

/// The control, or the product, says only that it is open again; nothing was seen since.
async fn a_finding_that_security_hub_has_open_again_is_answered(scene: &Scene) {
    let leaked = scene.leak(true).await;
    let finding = Heard::of(scene, &leaked).imported_by_security_hub(scene, &leaked);
    let before = Ended::as_status(Status::Failed)
        .told_as_resolved()
        .of(scene, &finding)
        .await;
    finding.updated().send(scene).await;
    is_contained_by_next(scene, &leaked, &finding, &before).await;
}

async fn is_contained_by_next(scene: &Scene, leaked: &Leaked, finding: &Heard, before: &IncidentId) {
    let (id, next) = scene
        .until(finding.id(), |incident| {
            incident.opened.linked.as_ref() == Some(before) && incident.closed.is_some()
        })
        .await;
    assert_ne!(&id, before);
    assert_eq!(next.status(), Status::Contained, "{next:#?}");
    assert_eq!(next.opened.mode, Mode::Auto);
    assert_eq!(scene.state(leaked).await, (false, true));
}

async fn a_persons_no_is_told_of_once_and_asked_about_when_it_gets_worse(scene: &Scene, people: &People) {
    let leaked = scene.leak(true).await;
    let finding = Heard::of(scene, &leaked);
    let before = Ended::as_status(Status::Denied).of(scene, &finding).await;
    for times in 1..=2 {
        let goes_on = finding.goes_on();
        goes_on.send(scene).await;
        heard::joined(scene, &before, times).await;
    }
    let told = heard::told(scene, people, &before, "GOES ON").await;
    assert_eq!(told.len(), 1, "once a day: {told:#?}");
    assert!(told[0].body.contains("has ended as denied"), "{}", told[0].body);
    assert_eq!(scene.state(&leaked).await, (true, false));

    finding.graver().send(scene).await;
    let (id, asked) = scene
        .until(finding.id(), |incident| {
            incident.status() == Status::AwaitingApproval
        })
        .await;
    assert_eq!(asked.opened.linked, Some(before));
    assert!(
        refusals(&asked).contains(&"denied-before".to_owned()),
        "{asked:#?}"
    );
    assert_eq!(scene.state(&leaked).await, (true, false));

    // While that waits, another finding of the same key is news.
    let another = Heard::of(scene, &leaked);
    another.send(scene).await;
    heard::joined(scene, &id, 1).await;
    another.send(scene).await;
    let told = heard::told(scene, people, &id, "ANOTHER FINDING").await;
    assert_eq!(told.len(), 1, "{told:#?}");
}

async fn what_was_undone_is_never_done_unasked(scene: &Scene) {
    let leaked = scene.leak(true).await;
    let finding = Heard::of(scene, &leaked);
    let before = Ended::as_status(Status::Contained)
        .undone()
        .of(scene, &finding)
        .await;
    finding.graver().send(scene).await;
    let (_, asked) = scene
        .until(finding.id(), |incident| {
            incident.status() == Status::AwaitingApproval
        })
        .await;
    assert_eq!(
        (asked.opened.linked.as_ref(), asked.opened.mode),
        (Some(&before), Mode::Approve)
    );
    assert!(
        refusals(&asked).contains(&"undone-before".to_owned()),
        "{asked:#?}"
    );
    assert_eq!(scene.state(&leaked).await, (true, false));
}

/// A forger gets an incident that asks, and nothing more.
async fn what_nobody_confirms_asks(scene: &Scene) {
    let leaked = scene.leak(true).await;
    let finding = Heard::of(scene, &leaked);
    let before = Ended::as_status(Status::Failed).of(scene, &finding).await;
    let forged = Heard::of(scene, &leaked).goes_on();
    forged.send_as_nobody(scene).await;
    let (_, asked) = scene
        .until(forged.id(), |incident| {
            incident.status() == Status::AwaitingApproval
        })
        .await;
    assert_eq!(asked.opened.linked, Some(before));
    assert!(
        refusals(&asked).contains(&"unconfirmed-source".to_owned()),
        "{asked:#?}"
    );
    assert_eq!(scene.state(&leaked).await, (true, false));
}

/// First it holds: people are told once. Then somebody brings the key back: what goes on is answered anew, and the third
/// time people are asked.
async fn what_is_contained_is_read_back(scene: &Scene, people: &People) {
    let leaked = scene.leak(true).await;
    let finding = Heard::of(scene, &leaked);
    finding.send(scene).await;
    let is_over = |incident: &backstop_core::incident::Incident| {
        incident.closed.is_some() && incident.notices.ending_is_known()
    };
    let (before, contained) = scene.until(finding.id(), is_over).await;
    assert_eq!(contained.status(), Status::Contained);
    let read = readings(scene, &before).await;

    for times in 1..=2 {
        finding.goes_on().send(scene).await;
        heard::joined(scene, &before, times).await;
    }
    let told = heard::told(scene, people, &before, "STILL TRIED").await;
    assert_eq!(told.len(), 1, "once a day: {told:#?}");
    assert!(
        readings(scene, &before).await >= read + 2,
        "each time it is read back"
    );

    reactivate(scene, &leaked).await;
    finding.goes_on().send(scene).await;
    is_contained_by_next(scene, &leaked, &finding, &before).await;

    reactivate(scene, &leaked).await;
    finding.goes_on().send(scene).await;
    let (_, asked) = scene
        .until(finding.id(), |incident| {
            incident.status() == Status::AwaitingApproval
        })
        .await;
    assert!(
        refusals(&asked).contains(&"reopened-before".to_owned()),
        "{asked:#?}"
    );
}

async fn reactivate(scene: &Scene, leaked: &Leaked) {
    let update = scene.iam().update_access_key().user_name(&leaked.user);
    let active = aws_sdk_iam::types::StatusType::Active;
    update
        .access_key_id(&leaked.key_id)
        .status(active)
        .send()
        .await
        .unwrap();
}

/// How often containing steps were read back.
async fn readings(scene: &Scene, id: &IncidentId) -> usize {
    let log = scene.environment.ledger().log(id).await.unwrap();
    let done = log.incident().unwrap();
    assert!(
        done.contain_steps()
            .any(|state| state.outcome == Some(Outcome::Done)),
        "{}",
        json!(done)
    );
    let records = log.records().iter();
    records
        .filter(|record| matches!(record.event, Event::Verified { .. }))
        .count()
}

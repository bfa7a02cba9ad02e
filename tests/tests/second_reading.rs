//! What contained a user is read a second time: it is confirmed if it holds, and opened again if somebody took it away in
//! between, with who it was.
#![expect(clippy::unwrap_used, reason = "tests")]

use backstop_core::{
    Mode,
    about::About,
    incident::{Incident, Status, Verdict},
    log::Event,
};
use backstop_tests::{Leaked, Scene};

/// So long that an attacker can act between the readings, and a test can wait for it.
const CONFIRM_AFTER: (&str, &str) = ("ConfirmAfterSeconds", "15");

/// Deletes Backstop's deny of the user.
async fn delete_deny(attacker: &aws_sdk_iam::Client, leaked: &Leaked) {
    let policies = attacker.list_user_policies().user_name(&leaked.user).send().await;
    let policies = policies.unwrap();
    let deny = policies
        .policy_names()
        .iter()
        .find(|name| name.starts_with("BackstopDeny-"));
    attacker
        .delete_user_policy()
        .user_name(&leaked.user)
        .policy_name(deny.unwrap())
        .send()
        .await
        .unwrap();
}

fn is_told(incident: &Incident) -> bool {
    incident.confirmation.is_some() && incident.notices.is_known(About::Confirmation)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deny_that_is_deleted_in_between_opens_it_again_and_what_holds_is_confirmed() {
    let scene = Scene::start(Mode::Auto, &[CONFIRM_AFTER]).await;
    let attacker = scene.second_identity("mallory").await;
    let (left_alone, attacked) = (scene.leak(true).await, scene.leak(true).await);
    let (quiet, reverted) = tokio::join!(scene.send_leak(&left_alone), scene.send_leak(&attacked));

    let closed = |incident: &Incident| incident.closed.is_some();
    let (_, first) = scene.until(&reverted, closed).await;
    assert_eq!(first.status(), Status::Contained, "it was read once");
    assert_eq!(scene.state(&attacked).await, (false, true));
    delete_deny(&attacker, &attacked).await;

    let (id, reopened) = scene.until(&reverted, is_told).await;
    assert_eq!(reopened.status(), Status::Reopened);
    let Some(Verdict::Reopened { found }) = reopened.confirmation.map(|it| it.verdict) else {
        unreachable!("it says what was found");
    };
    assert!(
        found.iter().any(|one| one.contains("doesn't hold any more")),
        "{found:?}"
    );
    let aftermath = reopened.aftermath.unwrap();
    let by: Vec<&str> = aftermath.touched.iter().map(|touch| touch.by.as_str()).collect();
    assert!(by.iter().all(|by| by.ends_with("user/mallory")), "{by:?}");
    let calls: Vec<&str> = aftermath
        .touched
        .iter()
        .map(|touch| touch.call.name.as_str())
        .collect();
    assert_eq!(calls, ["DeleteUserPolicy"]);

    let (_, confirmed) = scene.until(&quiet, is_told).await;
    assert_eq!(confirmed.status(), Status::Confirmed, "{confirmed:#?}");
    let aftermath = confirmed.aftermath.unwrap();
    assert!(aftermath.touched.is_empty(), "{aftermath:#?}");
    assert!(!aftermath.regions.is_empty());

    let log = scene.environment.ledger().log(&id).await.unwrap();
    let bodies: Vec<&str> = log
        .records()
        .iter()
        .filter_map(|record| match &record.event {
            Event::Notified { body: Some(body), .. } => Some(body.as_str()),
            _ => None,
        })
        .collect();
    assert!(
        bodies
            .iter()
            .any(|body| body.contains("it is looked at again at")),
        "{bodies:?}"
    );
    assert!(
        bodies
            .iter()
            .any(|body| body.contains("mallory") && body.contains("DeleteUserPolicy")),
        "{bodies:?}"
    );
    let counts = scene.statuses().await;
    assert_eq!(counts, [(Status::Confirmed, 1), (Status::Reopened, 1)].into());
    scene.end().await;
}

//! Bad input: each ends as a named error on the dead-letter queue or in its incident, and holds up nobody else.

use std::{sync::Arc, time::Duration};

use backstop_core::{Outcome, incident::Status, log::Phase};
use backstop_drill::{
    Drill, Environment, Fixtures, environment::DeadLetter, finding::Event, follow, oncall::OnCall,
    run::finding_about,
};
use backstop_emulator::Silent;
use backstop_tests::{Sender, drill};
use serde_json::{Value, json};

const KEY_ID: &str = "/resource/accessKeyDetails/accessKeyId";

/// All at once, so that they come in batches: each ends on its own.
pub(crate) async fn what_cannot_be_read_is_parked_with_its_reason(environment: Arc<Environment>) {
    let (drill, fixtures) = planted(&environment, "unread").await;
    let event = || finding_about(&environment, &drill, &fixtures).unwrap();
    let with = |pointer: &str, value: Value| {
        let mut event = event();
        *event.detail.pointer_mut(pointer).unwrap() = value;
        envelope("GuardDuty Finding", &event.detail)
    };
    let good = event();
    let cases = [
        ("{\"detail-type\": \"GuardDuty Fin".to_owned(), "NotJson"),
        (envelope("Something Else", &event().detail), "UnknownDetailType"),
        (with(KEY_ID, "drill-not-a-key".into()), "NotAKeyId"),
        (with("/resource", Value::Null), "MissingField"),
        (envelope("GuardDuty Finding", &json!("text")), "WrongShape"),
        (event().detail.to_string(), "NoEnvelope"),
    ];
    let sender = Sender::of(&environment).await;
    for (body, _) in &cases {
        sender.put(body).await;
    }
    environment.let_service_have("GuardDuty Finding", &good.detail);
    sender.put(&envelope("GuardDuty Finding", &good.detail)).await;

    let letters = letters(&environment, cases.len()).await;
    for (body, error) in &cases {
        let letter = letters.iter().find(|letter| &letter.body == body);
        let letter = letter.unwrap_or_else(|| panic!("nothing parked as {error}: {letters:#?}"));
        assert_eq!(letter.error, *error, "{}", letter.reason);
        assert!(!letter.reason.is_empty());
    }
    let (_, status) = answered(&environment, &good).await;
    assert_eq!(status, Status::Confirmed, "a good finding among bad ones");
}

/// Nothing to contain is never called contained.
pub(crate) async fn a_target_that_is_gone_is_said_to_be(environment: Arc<Environment>) {
    let (drill, fixtures) = planted(&environment, "gone").await;
    let mut nobodys = finding_about(&environment, &drill, &fixtures).unwrap();
    *nobodys.detail.pointer_mut(KEY_ID).unwrap() = "AKIANOBODYSKEY000001".into();
    environment
        .put_event(&nobodys.detail_type, &nobodys.detail)
        .await
        .unwrap();
    all_steps_say_gone(&environment, &nobodys).await;

    let gone = finding_about(&environment, &drill, &fixtures).unwrap();
    delete_user(&environment, &fixtures).await;
    environment
        .put_event(&gone.detail_type, &gone.detail)
        .await
        .unwrap();
    all_steps_say_gone(&environment, &gone).await;
}

async fn all_steps_say_gone(environment: &Environment, event: &Event) {
    let (outcomes, status) = answered(environment, event).await;
    assert_eq!(status, Status::Failed, "{outcomes:?}");
    let gone = |outcome: &Outcome| matches!(outcome, Outcome::Failed { error, .. } if error == "Backstop.TargetGone");
    assert!(!outcomes.is_empty() && outcomes.iter().all(gone), "{outcomes:?}");
}

async fn planted(environment: &Environment, ending: &str) -> (Drill, Fixtures) {
    let drill = drill("leaked-access-key").unwrap();
    let fixtures = Fixtures::plant(environment.account(), &drill, ending)
        .await
        .unwrap();
    (drill, fixtures)
}

async fn answered(environment: &Environment, event: &Event) -> (Vec<Outcome>, Status) {
    let opened = follow::incident(environment, "leaked-access-key", &event.finding_id)
        .await
        .unwrap();
    follow::execution(environment, &opened, &OnCall::new(environment, "nobody"), &Silent)
        .await
        .unwrap();
    let incident = environment
        .ledger()
        .log(opened.id())
        .await
        .unwrap()
        .incident()
        .unwrap();
    // What reads afterwards doesn't need the target.
    let outcomes = incident
        .steps
        .iter()
        .filter(|step| step.step.phase == Phase::Contain)
        .filter_map(|step| step.outcome.clone())
        .collect();
    (outcomes, incident.status())
}

fn envelope(detail_type: &str, detail: &Value) -> String {
    json!({
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": detail_type,
        "source": "backstop.drill",
        "account": "123456789012",
        "time": "2026-05-01T00:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": detail,
    })
    .to_string()
}

async fn letters(environment: &Environment, wanted: usize) -> Vec<DeadLetter> {
    for _ in 0..60 {
        let letters = environment.dead_letters().await.unwrap();
        if letters.len() >= wanted {
            return letters;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    environment.dead_letters().await.unwrap()
}

/// IAM deletes a user only once nothing hangs on it.
async fn delete_user(environment: &Environment, fixtures: &Fixtures) {
    let iam = aws_sdk_iam::Client::new(&environment.account().sdk_config(environment.account().root()));
    let user = fixtures.user("build-server").unwrap();
    let keys = iam.list_access_keys().user_name(user).send().await.unwrap();
    for key in keys.access_key_metadata() {
        let delete = iam
            .delete_access_key()
            .user_name(user)
            .access_key_id(key.access_key_id().unwrap());
        delete.send().await.unwrap();
    }
    let policies = iam.list_user_policies().user_name(user).send().await.unwrap();
    for policy in policies.policy_names() {
        iam.delete_user_policy()
            .user_name(user)
            .policy_name(policy)
            .send()
            .await
            .unwrap();
    }
    iam.delete_user().user_name(user).send().await.unwrap();
}

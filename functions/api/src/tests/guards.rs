//! Pauses and exemptions: caps hold here, whoever asks.

use serde_json::json;

use super::scene::{ALICE, NOBODY, Scene, body, code, identity_center, opened, opened_about};

#[tokio::test]
async fn a_guard_names_whom_api_gateway_proved() {
    let scene = Scene::of(Vec::new());
    let pause = json!({ "scope": { "scope": "everything" }, "seconds": 7200, "reason": "move" });
    let answer = scene
        .ask("POST /pauses", ALICE, json!({ "body": pause.to_string() }))
        .await;
    assert_eq!(
        (answer.status_code, &body(&answer)["by"]),
        (201, &json!(ALICE.0)),
        "{}",
        answer.body
    );
    let exemption = json!({ "scope": { "scope": "arn", "pattern": "arn:aws:iam::*:user/ci-*" }, "owner": "ci",
        "reason": "legacy", "expires_at": "2026-01-01T00:00:00Z" });
    let past = scene
        .ask(
            "POST /exemptions",
            ALICE,
            json!({ "body": exemption.to_string() }),
        )
        .await;
    assert_eq!((past.status_code, code(&past).as_str()), (422, "wrong-guard"));
    let written: Vec<String> = scene
        .written
        .lock()
        .unwrap()
        .iter()
        .map(|(pk, _)| pk.clone())
        .collect();
    assert_eq!(written.len(), 2, "{written:?}");
    assert_eq!(written[0], "GUARD");
    assert!(written[1].starts_with("NOTICE#guards-"), "{written:?}");
    assert_eq!(scene.handed_over.num_calls(), 1, "people are told at once");
}

#[tokio::test]
async fn what_would_switch_everything_off_is_refused() {
    let scene = Scene::of(Vec::new());
    let until = "9999-01-01T00:00:00Z";
    for (route, asked) in [
        (
            "POST /exemptions",
            json!({ "scope": { "scope": "arn", "pattern": "*" }, "owner": "a", "reason": "b", "expires_at": until }),
        ),
        (
            "POST /exemptions",
            json!({ "scope": { "scope": "arn", "pattern": "arn:aws:iam::1:user/x" }, "owner": "a", "reason": "b", "expires_at": until }),
        ),
        (
            "POST /exemptions",
            json!({ "scope": { "scope": "account", "account": "*" }, "owner": "a", "reason": "b", "expires_at": until }),
        ),
        (
            "POST /pauses",
            json!({ "scope": { "scope": "everything" }, "seconds": i64::MAX, "reason": "b" }),
        ),
        (
            "POST /pauses",
            json!({ "scope": { "scope": "account", "of": "12" }, "seconds": 60, "reason": "b" }),
        ),
        (
            "POST /pauses",
            json!({ "scope": { "scope": "playbook", "of": "no-such-playbook" }, "seconds": 60, "reason": "b" }),
        ),
    ] {
        let answer = scene
            .ask(route, ALICE, json!({ "body": asked.to_string() }))
            .await;
        assert!(
            (400..500).contains(&answer.status_code),
            "{asked}: {}",
            answer.body
        );
    }
    assert!(scene.written.lock().unwrap().is_empty());
}

/// Each way to begin or end a guard is refused with this code, and nothing is written.
async fn changes_nothing(scene: &Scene, by: (&str, &str), expected: &str) {
    let pause = json!({ "scope": { "scope": "everything" }, "seconds": 7200, "reason": "move" });
    let exemption = json!({ "scope": { "scope": "arn", "pattern": "arn:aws:iam::*:role/build" }, "owner": "ci",
        "reason": "legacy", "expires_at": "9999-01-01T00:00:00Z" });
    let id = json!({ "exemption": "01JDXQ6T8R7M5V9N2K4H3G1FZB" });
    for (route, more) in [
        ("POST /pauses", json!({ "body": pause.to_string() })),
        ("DELETE /pauses", json!({})),
        ("POST /exemptions", json!({ "body": exemption.to_string() })),
        ("DELETE /exemptions/{exemption}", json!({ "pathParameters": id })),
    ] {
        let answer = scene.ask(route, by, more).await;
        let refused = (answer.status_code, code(&answer));
        assert_eq!(refused, (403, expected.to_owned()), "{route}: {}", answer.body);
    }
    assert!(scene.written.lock().unwrap().is_empty());
    assert_eq!(scene.removed.num_calls(), 0);
}

/// A federated session says nothing of who made it: whoever it is could be anybody.
#[tokio::test]
async fn who_cant_be_named_begins_and_ends_nothing() {
    changes_nothing(&Scene::of(Vec::new()), NOBODY, "unknown-person").await;
}

/// Whoever Backstop contains doesn't switch it off, however they have the right to.
#[tokio::test]
async fn whom_an_open_incident_is_about_begins_and_ends_nothing() {
    const BUILD: (&str, &str) = (
        "arn:aws:sts::123456789012:assumed-role/build/anybody",
        "AROABUILD00000001:anybody",
    );
    let scene = Scene::of(vec![opened()]);
    changes_nothing(&scene, BUILD, "compromised-principal").await;
    let pause = json!({ "scope": { "scope": "everything" }, "seconds": 7200, "reason": "move" });
    let other = scene
        .ask("POST /pauses", ALICE, json!({ "body": pause.to_string() }))
        .await;
    assert_eq!(other.status_code, 201, "{}", other.body);
}

/// One stolen session of a permission set doesn't keep everybody who has it from ending a pause.
#[tokio::test]
async fn whose_session_an_open_incident_is_about_begins_and_ends_nothing_and_others_of_the_role_do() {
    let scene = Scene::of(opened_about("mallory"));
    let (arn, id) = identity_center("mallory");
    changes_nothing(&scene, (&arn, &id), "compromised-principal").await;
    let (arn, id) = identity_center("alice");
    let pause = json!({ "scope": { "scope": "everything" }, "seconds": 7200, "reason": "move" });
    let other = scene
        .ask("POST /pauses", (&arn, &id), json!({ "body": pause.to_string() }))
        .await;
    assert_eq!(other.status_code, 201, "{}", other.body);
}

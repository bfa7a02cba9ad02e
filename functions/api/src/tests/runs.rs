//! A playbook that a person starts.

use serde_json::{Value, json};

use super::scene::{ALICE, Scene, body, code};

fn run(target: &str, mode: Option<&str>) -> Value {
    let asked = json!({ "playbook": "compromised-role", "target": target, "mode": mode, "reason": "seen" });
    json!({ "body": asked.to_string(), "headers": { "idempotency-key": "k-1" } })
}

#[tokio::test]
async fn what_is_started_is_the_callers_and_in_its_account() {
    let scene = Scene::of(Vec::new());
    let answer = scene.ask("POST /incidents", ALICE, run("role/build", None)).await;
    let started = body(&answer);
    assert_eq!(answer.status_code, 201, "{started}");
    assert_eq!(
        (&started["run"], &started["by"], &started["mode"]),
        (&json!("started"), &json!(ALICE.0), &json!("approve"))
    );
    assert_eq!(started["target"]["account"], "123456789012");
    assert_eq!(scene.machine.num_calls(), 1);
}

#[tokio::test]
async fn nobody_gets_more_than_the_playbook_and_the_deployment_allow() {
    let scene = Scene::of(Vec::new());
    for (asked, expected) in [
        (run("role/build", Some("auto")), "beyond-deployment"),
        (run("bucket/logs", None), "wrong-kind"),
        (run("build; rm -rf /", None), "unreadable-target"),
        (
            json!({ "body": json!({ "playbook": "../x", "target": "role/build" }).to_string() }),
            "no-such-playbook",
        ),
    ] {
        let answer = scene.ask("POST /incidents", ALICE, asked).await;
        assert_eq!(code(&answer), expected, "{}", answer.body);
    }
    let slip =
        json!({ "body": json!({ "playbook": "compromised-rloe", "target": "role/build" }).to_string() });
    let answer = scene.ask("POST /incidents", ALICE, slip).await;
    assert_eq!(code(&answer), "no-such-playbook", "{}", answer.body);
    assert!(
        answer.body.contains("did you mean `compromised-role`?"),
        "{}",
        answer.body
    );
    let target = json!({ "account": "123456789012", "region": "eu-west-1", "partition": "aws",
        "resource": { "kind": "role", "role_name": "x\"; evil", "role_id": null } });
    let plan = json!({ "playbook": "compromised-role", "wanted": "auto", "target": target });
    let answer = scene
        .ask("POST /plans", ALICE, json!({ "body": plan.to_string() }))
        .await;
    assert_eq!(code(&answer), "unreadable-target", "{}", answer.body);
    assert_eq!((scene.records(), scene.machine.num_calls()), (0, 0));
}

//! Errors as programs read them, and hostile input: a clear 4xx, whatever it is.

use serde_json::{Value, json};

use super::scene::{ALICE, Scene, asked, body, code, opened};

#[tokio::test]
async fn error_bodies_stay_as_they_are() {
    let scene = Scene::of(vec![opened(), asked(1)]);
    let approve = "POST /incidents/{incident}/approve";
    let plan = |plan: &str| json!({ "body": json!({ "plan": plan }).to_string() });
    let cases = [
        ("no-such-route", "GET /secrets", json!({})),
        (
            "no-such-incident",
            "GET /incidents/{incident}",
            json!({ "pathParameters": { "incident": "nobody" } }),
        ),
        ("plan-required", approve, json!({})),
        ("plan-too-short", approve, plan("0123")),
        ("plan-changed", approve, plan("0123456789ab")),
        ("not-closed", "GET /incidents/{incident}/undo", json!({})),
        ("no-evidence", "GET /evidence/{incident}", json!({})),
        ("no-such-pause", "DELETE /pauses", json!({})),
        (
            "bad-request",
            "GET /incidents",
            json!({ "queryStringParameters": { "limit": "0" } }),
        ),
    ];
    let mut found = Vec::new();
    for (expected, route, more) in cases {
        let answer = scene.ask(route, ALICE, more).await;
        assert_eq!(code(&answer), expected, "{route}: {}", answer.body);
        found.push(json!({ "asked": route, "status": answer.status_code, "body": body(&answer) }));
    }
    insta::assert_json_snapshot!(found);
}

#[tokio::test]
async fn hostile_input_ends_in_a_clear_refusal() {
    let scene = Scene::of(vec![opened(), asked(1)]);
    let deep = "[".repeat(100_000);
    let bodies = [
        json!("x".repeat(1_000_000)),
        json!(deep.get(..60_000)),
        json!("{"),
        json!("null"),
        json!("[]"),
        json!("\"text\""),
        json!("{\"plan\": 7}"),
        json!("{\"plan\": {\"a\": []}}"),
        json!("{\"plan\": \"\\u0000\\ud800\"}"),
        json!("\u{0}\u{1b}[2J<script>"),
        json!(format!("{{\"reason\": \"{}\"}}", "r".repeat(2_000))),
    ];
    let routes = [
        "POST /incidents",
        "POST /incidents/{incident}/approve",
        "POST /incidents/{incident}/deny",
        "POST /incidents/{incident}/undo",
        "POST /plans",
        "POST /pauses",
        "POST /exemptions",
    ];
    for route in routes {
        for body in &bodies {
            for is_base64 in [false, true] {
                let more = json!({ "body": body, "isBase64Encoded": is_base64 });
                is_refused(&scene, route, more).await;
            }
        }
    }
    let ids = [
        "",
        "..",
        "../META",
        "%2e%2e%2f",
        "01JDXQ6T8R7M5V9N2K4H3G1FZB#LOG",
        "GUARD",
        "é",
        "\u{0}",
        &"9".repeat(9_999),
    ];
    for id in ids {
        for route in [
            "GET /incidents/{incident}",
            "GET /incidents/{incident}/report",
            "GET /evidence/{incident}",
        ] {
            is_refused(&scene, route, json!({ "pathParameters": { "incident": id } })).await;
        }
        is_refused(
            &scene,
            "DELETE /exemptions/{exemption}",
            json!({ "pathParameters": { "exemption": id } }),
        )
        .await;
        is_refused(
            &scene,
            "GET /playbooks/{playbook}",
            json!({ "pathParameters": { "playbook": id } }),
        )
        .await;
    }
    for (name, value) in [
        ("limit", "-1"),
        ("limit", "1e9"),
        ("limit", "99999999999999999999"),
        ("after", "x"),
        ("after", "'; --"),
        ("status", "\u{0}"),
    ] {
        let query = json!({ "queryStringParameters": { name: value } });
        is_refused(&scene, "GET /incidents", query).await;
    }
    for key in ["", "a b", "é", &"k".repeat(65)] {
        let more = json!({ "headers": { "Idempotency-Key": key }, "body": "{}" });
        is_refused(&scene, "POST /incidents", more).await;
    }
    for route in [
        "",
        "$default",
        "POST /incidents/",
        "get /incidents",
        "GET /incidents/01JDXQ6T8R7M5V9N2K4H3G1FZB",
    ] {
        is_refused(&scene, route, json!({})).await;
    }
    assert_eq!(
        (scene.records(), scene.told.num_calls(), scene.machine.num_calls()),
        (2, 0, 0)
    );
    assert!(scene.written.lock().unwrap().is_empty());
    for event in [
        Value::Null,
        json!([]),
        json!({}),
        json!({ "routeKey": 7 }),
        json!("text"),
    ] {
        let answer = scene.api.answer(event).await;
        assert_eq!(answer.status_code, 400);
    }
}

async fn is_refused(scene: &Scene, route: &str, more: Value) {
    let shown: String = format!("{route} {more}").chars().take(300).collect();
    let answer = scene.ask(route, ALICE, more).await;
    assert!(
        (400..500).contains(&answer.status_code),
        "{shown}: {} {}",
        answer.status_code,
        answer.body
    );
    assert!(!code(&answer).is_empty(), "{shown}: {}", answer.body);
    let harmless = answer.body.chars().all(|c| !c.is_control());
    assert!(harmless && answer.body.len() < 4_000, "{shown}: {}", answer.body);
}

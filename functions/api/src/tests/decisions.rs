//! Who may decide, and as whom they count.

use backstop_core::{incident::Status, log::Event};
use serde_json::json;

use super::scene::{ALICE, BOB, Scene, asked, body, code, identity_center, opened, opened_about, plan};

const APPROVE: &str = "POST /incidents/{incident}/approve";
const RELEASE: &str = "POST /incidents/{incident}/release";
const UNDO: &str = "POST /incidents/{incident}/undo";

fn plan_body() -> serde_json::Value {
    json!({ "body": json!({ "plan": plan(), "reason": "seen" }).to_string() })
}

#[tokio::test]
async fn two_people_approve_what_takes_two() {
    let scene = Scene::of(vec![opened(), asked(2)]);
    let first = scene.ask(APPROVE, ALICE, plan_body()).await;
    assert_eq!(
        (first.status_code, body(&first)["decision"]["decided"].as_str()),
        (200, Some("counted"))
    );
    let again = scene.ask(APPROVE, ALICE, plan_body()).await;
    assert_eq!(
        (again.status_code, code(&again).as_str()),
        (409, "already-approved-by-you")
    );
    assert_eq!(scene.told.num_calls(), 0);
    let second = scene.ask(APPROVE, BOB, plan_body()).await;
    assert_eq!(body(&second)["decision"]["decided"], "approved");
    assert_eq!(scene.told.num_calls(), 1);
}

/// What a caller says of itself counts for nothing: only what API Gateway proved.
#[tokio::test]
async fn forged_identities_change_nothing() {
    let scene = Scene::of(vec![opened(), asked(2)]);
    let forged = json!({
        "headers": {
            "x-amzn-iam-user-arn": BOB.0, "x-amz-user-arn": BOB.0, "x-forwarded-user": "bob",
            "authorization": "AWS4-HMAC-SHA256 Credential=AKIABOB/20260101/eu-west-1/execute-api/aws4_request",
        },
        "body": json!({ "plan": plan() }).to_string(),
        "identity": { "userArn": BOB.0 },
    });
    let answer = scene.ask(APPROVE, ALICE, forged.clone()).await;
    assert_eq!(body(&answer)["person"], ALICE.0);
    let again = scene.ask(APPROVE, ALICE, forged).await;
    assert_eq!(code(&again), "already-approved-by-you");
    for name in ["by", "userArn"] {
        let asked = json!({ "body": json!({ "plan": plan() }).to_string(), "queryStringParameters": { name: BOB.0 } });
        assert_eq!(code(&scene.ask(APPROVE, ALICE, asked).await), "bad-request");
    }
    // In a body, whatever isn't known is refused rather than ignored.
    let in_body = json!({ "body": json!({ "plan": plan(), "by": BOB.0 }).to_string() });
    let answer = scene.ask(APPROVE, ALICE, in_body).await;
    assert_eq!((answer.status_code, code(&answer).as_str()), (400, "bad-request"));
    assert_eq!(scene.records(), 3);
    for context in [
        json!({}),
        json!({ "authorizer": {} }),
        json!({ "authorizer": { "iam": {} } }),
        json!({ "authorizer": { "iam": { "userArn": ALICE.0, "userId": "" } } }),
        json!({ "authorizer": { "lambda": { "userArn": ALICE.0 }, "jwt": { "claims": { "sub": "bob" } } } }),
    ] {
        let mut more = plan_body();
        more["requestContext"] = context;
        let answer = scene.ask(APPROVE, ALICE, more).await;
        assert_eq!(
            (answer.status_code, code(&answer).as_str()),
            (401, "unauthenticated")
        );
    }
}

#[tokio::test]
async fn sessions_count_as_their_role_unless_identity_center_named_them() {
    let scene = Scene::of(vec![opened(), asked(2)]);
    let shared = |name: &str| {
        (
            format!("arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Backdoor/{name}"),
            format!("AROAFAKE000000001:{name}"),
        )
    };
    let (one, two) = (shared("one"), shared("two"));
    let first = scene.ask(APPROVE, (&one.0, &one.1), plan_body()).await;
    assert_eq!(body(&first)["decision"]["decided"], "counted");
    let second = scene.ask(APPROVE, (&two.0, &two.1), plan_body()).await;
    assert_eq!(
        code(&second),
        "already-approved-by-you",
        "a role elsewhere that only has such a name"
    );

    let scene = Scene::of(vec![opened(), asked(2)]);
    for (name, decided) in [("alice", "counted"), ("bob", "approved")] {
        let (arn, id) = identity_center(name);
        let answer = scene.ask(APPROVE, (&arn, &id), plan_body()).await;
        assert_eq!(body(&answer)["decision"]["decided"], decided, "{name}");
    }
}

#[tokio::test]
async fn who_is_nobody_or_whom_it_is_about_decides_nothing() {
    let scene = Scene::of(vec![opened(), asked(1)]);
    let federated = ("arn:aws:sts::123456789012:federated-user/bob", "123456789012:bob");
    let answer = scene.ask(APPROVE, federated, plan_body()).await;
    assert_eq!(
        (answer.status_code, code(&answer).as_str()),
        (403, "unknown-person")
    );
    let attacker = (
        "arn:aws:sts::123456789012:assumed-role/build/me",
        "AROABUILD00000001:me",
    );
    for route in [APPROVE, "POST /incidents/{incident}/deny"] {
        let more = json!({ "body": json!({ "reason": "no" }).to_string() });
        let more = if route == APPROVE { plan_body() } else { more };
        let answer = scene.ask(route, attacker, more).await;
        assert_eq!(
            (answer.status_code, code(&answer).as_str()),
            (403, "compromised-principal")
        );
    }
    assert_eq!((scene.records(), scene.told.num_calls()), (2, 0));
}

/// The others of the permission set are who can decide about the one whose session was stolen.
#[tokio::test]
async fn of_an_identity_center_role_only_the_user_whose_session_it_is_decides_nothing() {
    let mut events = opened_about("mallory");
    events.push(asked(1));
    let scene = Scene::of(events);
    let (arn, id) = identity_center("Mallory");
    let refused = scene.ask(APPROVE, (&arn, &id), plan_body()).await;
    assert_eq!(
        (refused.status_code, code(&refused).as_str()),
        (403, "compromised-principal")
    );
    let (arn, id) = identity_center("alice");
    let answer = scene.ask(APPROVE, (&arn, &id), plan_body()).await;
    assert_eq!(
        body(&answer)["decision"]["decided"],
        "approved",
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn undo_of_high_impact_takes_two_who_saw_the_same() {
    let acting = serde_json::from_value(json!({ "event": "acting", "plan": {
        "step": "revoke-sessions", "action": "iam.revoke-role-sessions",
        "principal": "arn:aws:iam::123456789012:role/build",
        "changes": [{ "api": "iam:PutRolePolicy", "what": "w", "now": "n", "after": "a" }],
        "blast_radius": [], "receipt": null } }))
    .unwrap();
    let done = serde_json::from_value(
        json!({ "event": "step-ended", "step": "revoke-sessions", "outcome": "done" }),
    )
    .unwrap();
    let closed = Event::Closed {
        status: Status::Contained,
    };
    let scene = Scene::of(vec![opened(), acting, done, closed]);
    let undo = |seen: &[&str], accepting: &[&str]| json!({ "body": json!({ "seen": seen, "accepting": accepting }).to_string() });
    let unseen = scene.ask(UNDO, ALICE, undo(&["other"], &[])).await;
    assert_eq!(
        (unseen.status_code, code(&unseen).as_str()),
        (409, "plan-changed")
    );
    let seen = ["revoke-sessions"];
    let first = scene.ask(UNDO, ALICE, undo(&seen, &[])).await;
    assert_eq!(body(&first)["state"]["undo"], "counted", "{}", first.body);
    let again = scene.ask(UNDO, ALICE, undo(&seen, &[])).await;
    assert_eq!(code(&again), "already-approved-by-you");
    // Another undo than the one that the first person wants begins anew.
    let other = scene.ask(UNDO, BOB, undo(&seen, &["revive-sessions"])).await;
    assert_eq!(body(&other)["state"]["undo"], "counted");
    let attacker = (
        "arn:aws:sts::123456789012:assumed-role/build/me",
        "AROABUILD00000001:me",
    );
    let refused = scene.ask(UNDO, attacker, undo(&seen, &["revive-sessions"])).await;
    assert_eq!(code(&refused), "compromised-principal");
    assert_eq!(scene.machine.num_calls(), 0);
    let both = scene.ask(UNDO, ALICE, undo(&seen, &["revive-sessions"])).await;
    assert_eq!(body(&both)["state"]["undo"], "started", "{}", both.body);
    assert_eq!(scene.machine.num_calls(), 1);
}

/// A contained incident, as its log has it.
fn contained() -> Vec<backstop_core::log::Event> {
    let event = |json: serde_json::Value| serde_json::from_value(json).unwrap();
    vec![
        opened(),
        event(json!({ "event": "step-ended", "step": "revoke-sessions", "outcome": "already" })),
        event(json!({ "event": "verified", "step": "revoke-sessions", "holds": true, "observed": "o" })),
        Event::Closed {
            status: Status::Contained,
        },
    ]
}

#[tokio::test]
async fn what_is_contained_is_released_once_with_a_reason() {
    let scene = Scene::of(contained());
    let because = |reason: &str| json!({ "body": json!({ "reason": reason }).to_string() });
    for nothing in [json!({}), because(" "), json!({ "body": "{}" })] {
        let answer = scene.ask(RELEASE, ALICE, nothing).await;
        assert_eq!((answer.status_code, code(&answer).as_str()), (400, "bad-request"));
    }
    let answer = scene.ask(RELEASE, ALICE, because("rotated")).await;
    assert_eq!(answer.status_code, 200, "{}", answer.body);
    let said = body(&answer);
    assert_eq!(
        (&said["status"], &said["by"], &said["reason"]),
        (&json!("released"), &json!(ALICE.0), &json!("rotated"))
    );
    let again = scene.ask(RELEASE, BOB, because("me too")).await;
    assert_eq!(
        (again.status_code, code(&again).as_str()),
        (409, "already-released")
    );
    assert_eq!(scene.records(), 5);
    let open = Scene::of(vec![opened()])
        .ask(RELEASE, ALICE, because("why"))
        .await;
    assert_eq!((open.status_code, code(&open).as_str()), (409, "not-contained"));
}

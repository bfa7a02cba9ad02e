//! One person who counts as two, and the compromised principal as its own judge.

use aws_credential_types::Credentials;
use backstop_client::ClientError;
use backstop_core::{
    IncidentId, Resource, Target,
    api::{
        ApproveRequest, Decided, DecisionAnswer, DenyRequest, NewPause, Right, RunAnswer, RunRequest,
        UndoAnswer, UndoRequest, UndoState,
    },
    guardrail::{Pause, PauseScope},
    incident::{Incident, Question, Status},
    kind,
};
use backstop_drill::oncall::Person;
use backstop_tests::{Scene, policy_by_meaning};
use serde_json::json;
use tokio::time::{Duration, sleep};

use crate::{
    attacker,
    tried::{Ended, Tried},
};

const SHARED: &str = "on-call";

pub(crate) async fn attacks(scene: &Scene) -> Vec<Tried> {
    let mut tried = two_sessions(scene).await;
    tried.extend(own_judge(scene).await);
    tried
}

/// A step that takes two people, asked for by somebody else.
async fn two_sessions(scene: &Scene) -> Vec<Tried> {
    let responder = scene.environment.stack().policy(Right::Responder).unwrap();
    shared_role(scene, responder).await;
    let starter = scene.leak(true).await;
    let iam = scene.iam();
    let attach = iam
        .attach_user_policy()
        .user_name(&starter.user)
        .policy_arn(responder);
    attach.send().await.unwrap();
    let starter = api(scene, starter.credentials());
    let account = scene.environment.account();
    let target = Target {
        account: account.account_id().into(),
        region: account.region().into(),
        partition: "aws".to_owned(),
        resource: Resource::Role(kind::Role {
            role_name: "OrgAdmin".to_owned(),
            role_id: None,
        }),
    };
    let request = RunRequest {
        playbook: "narrow-role-trust".to_owned(),
        target: target.as_typed().unwrap(),
        mode: None,
        reason: Some("an attack".to_owned()),
    };
    let RunAnswer::Started(started) = starter.begin(&["incidents"], &request).await.unwrap() else {
        panic!("it wasn't started");
    };
    let question = question(scene, &started.incident).await;
    assert_eq!(question.needed, 2);
    let mut answers = Vec::new();
    for session in ["alice", "bob"] {
        let session = session_of(scene, session).await;
        answers.push(approve(scene, session, &started.incident, &question).await);
    }
    let [Ok(Decided::Counted { .. }), Err(seen)] = answers.as_slice() else {
        panic!("one person approved as two: {answers:?}");
    };
    let approved = Tried::new(
        "one person who approves under two sessions",
        "the responder policy",
        Ended::Refused,
        seen.clone(),
    );
    let other = Person::responder(&scene.environment, "another-person".to_owned());
    let decided = other
        .approve(&started.incident, question.plan_hash.as_str())
        .await;
    assert!(matches!(decided, Ok(Decided::Approved { .. })), "{decided:?}");
    vec![approved, one_undoes(scene, &started.incident).await]
}

/// What two people approved, one wants undone.
async fn one_undoes(scene: &Scene, id: &IncidentId) -> Tried {
    let contained = |incident: &Incident| incident.status() == Status::Contained;
    scene.until_of(id, contained).await;
    let trust = async || {
        let role = scene.iam().get_role().role_name("OrgAdmin").send().await.unwrap();
        let document = role.role().and_then(|role| role.assume_role_policy_document());
        policy_by_meaning(document.unwrap())
    };
    let narrowed = trust().await;
    let path = ["incidents", id.as_str(), "undo"];
    let mut answers = Vec::new();
    for session in ["alice", "bob"] {
        let api = api(scene, session_of(scene, session).await);
        let seen: UndoAnswer = api.get(&path, &[]).await.unwrap();
        assert_eq!(seen.needed, 2, "{seen:?}");
        let request = UndoRequest {
            seen: seen.steps.iter().map(|step| step.step.clone()).collect(),
            ..UndoRequest::default()
        };
        let answer = api.post::<UndoAnswer>(&path, &request).await;
        answers.push(answer.map(|answer| answer.state).map_err(code));
    }
    let [Ok(UndoState::Counted { .. }), Err(seen)] = answers.as_slice() else {
        panic!("one person had it undone: {answers:?}");
    };
    assert_eq!(trust().await, narrowed);
    Tried::new(
        "one person who has a step of high impact undone, under two sessions",
        "the responder policy",
        Ended::Refused,
        seen.clone(),
    )
}

/// Whose key is said to be stolen has the responder's rights.
async fn own_judge(scene: &Scene) -> Vec<Tried> {
    let leaked = scene.leak(true).await;
    let responder = scene.environment.stack().policy(Right::Responder).unwrap();
    let attach = scene
        .iam()
        .attach_user_policy()
        .user_name(&leaked.user)
        .policy_arn(responder);
    attach.send().await.unwrap();
    // Sent past its service, so that it waits for people.
    let event = scene.finding_of_leak(&leaked, "0000000000000000000000000000be1f");
    scene
        .environment
        .put_event_of_nobody(&event.detail_type, &event.detail)
        .await
        .unwrap();
    let is_asked = |incident: &Incident| incident.status() == Status::AwaitingApproval;
    let (id, _) = scene.until(&event.finding_id, is_asked).await;
    let question = question(scene, &id).await;
    let seen = approve(scene, leaked.credentials(), &id, &question)
        .await
        .unwrap_err();
    let deny = api(scene, leaked.credentials());
    let no = DenyRequest {
        reason: Some("it is mine".to_owned()),
    };
    let denied = deny
        .post::<DecisionAnswer>(&["incidents", id.as_str(), "deny"], &no)
        .await;
    assert_eq!(code(denied.unwrap_err()), seen, "it denied its own containment");

    let pause = NewPause {
        scope: PauseScope::Everything,
        seconds: 3600,
        reason: "a migration".to_owned(),
    };
    let paused = deny.post::<Pause>(&["pauses"], &pause).await;
    assert_eq!(code(paused.unwrap_err()), seen, "it paused everything");
    let guards = scene.environment.ledger().guardrails().await.unwrap();
    assert!(guards.pauses.is_empty(), "{guards:?}");

    let (other, _) = scene.answer(&leaked).await;
    let undo = api(scene, leaked.credentials());
    let undone = undo
        .get::<UndoAnswer>(&["incidents", other.as_str(), "undo"], &[])
        .await;
    assert!(undone.is_err(), "it looked at its own undo: {undone:?}");
    assert_eq!(scene.state(&leaked).await, (false, true));
    let refused = |attack| Tried::new(attack, "the responder policy", Ended::Refused, seen.clone());
    vec![
        refused("the compromised principal that decides on its own incident"),
        refused("a pause by somebody whom an open incident is about"),
    ]
}

fn api(scene: &Scene, credentials: Credentials) -> backstop_client::Client {
    scene.environment.api_as(credentials).unwrap()
}

async fn approve(
    scene: &Scene,
    credentials: Credentials,
    id: &IncidentId,
    question: &Question,
) -> Result<Decided, String> {
    let request = ApproveRequest {
        plan: Some(question.plan_hash.to_string()),
        reason: None,
    };
    let path = ["incidents", id.as_str(), "approve"];
    let answer = api(scene, credentials)
        .post::<DecisionAnswer>(&path, &request)
        .await;
    answer.map(|answer| answer.decision).map_err(code)
}

/// The name under which the api refuses.
fn code(error: ClientError) -> String {
    let refusal = error.refusal().unwrap_or_else(|| panic!("{error:?}"));
    refusal.code.as_str().to_owned()
}

/// The question, once its token is kept.
async fn question(scene: &Scene, id: &IncidentId) -> Question {
    let ledger = scene.environment.ledger();
    for _ in 0..300 {
        let question = ledger.log(id).await.unwrap().incident().unwrap().question;
        let pending = ledger.approval(id).await.unwrap();
        if let (Some(question), Some(pending)) = (question, pending)
            && question.plan_hash == pending.plan_hash
        {
            return question;
        }
        sleep(Duration::from_millis(200)).await;
    }
    panic!("nobody is asked about incident {id}");
}

async fn shared_role(scene: &Scene, policy: &str) {
    let account = scene.environment.account().account_id();
    let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": { "AWS": format!("arn:aws:iam::{account}:root") } }] });
    let create = scene.iam().create_role().role_name(SHARED);
    create
        .assume_role_policy_document(trust.to_string())
        .send()
        .await
        .unwrap();
    let attach = scene
        .iam()
        .attach_role_policy()
        .role_name(SHARED)
        .policy_arn(policy);
    attach.send().await.unwrap();
}

async fn session_of(scene: &Scene, session: &str) -> Credentials {
    let account = scene.environment.account();
    let one = attacker::with(scene, &["sts:AssumeRole"]).await;
    let assume = aws_sdk_sts::Client::new(&account.sdk_config(one)).assume_role();
    let assume = assume
        .role_arn(format!("arn:aws:iam::{}:role/{SHARED}", account.account_id()))
        .role_session_name(session);
    let held = assume.send().await.unwrap().credentials.unwrap();
    Credentials::new(
        held.access_key_id,
        held.secret_access_key,
        Some(held.session_token),
        None,
        "attacks",
    )
}

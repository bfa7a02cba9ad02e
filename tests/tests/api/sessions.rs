//! Who counts as whom: sessions of roles, whoever names them.

use std::collections::BTreeSet;

use aws_credential_types::Credentials;
use backstop_core::api::{
    ApproveRequest, CallerAnswer, Decided, DecisionAnswer, Right, UndoAnswer, UndoRequest, UndoState,
};
use backstop_tests::Scene;
use serde_json::json;

use crate::{terminal::Terminal, two_people::Asked};

/// Named like a role of IAM Identity Center, and elsewhere.
const SSO: &str = "AWSReservedSSO_OnCall_0123456789abcdef";

/// One role with two names of sessions is one person; a role that is named for it tells its people apart.
pub(crate) async fn sessions_count_as_their_role(scene: &Scene, starter: &Terminal) {
    let environment = &scene.environment;
    let mut persons = Vec::new();
    for (role, session) in [
        ("Shared", "alice"),
        ("Shared", "bob"),
        (SSO, "alice"),
        (SSO, "bob"),
        ("Named", "alice"),
        ("Named", "bob"),
    ] {
        let credentials = session_of(scene, role, session).await;
        let api = environment.api_as(credentials).unwrap();
        let caller: CallerAnswer = api.get(&["caller"], &[]).await.unwrap();
        assert!(
            caller.arn.ends_with(&format!("assumed-role/{role}/{session}")),
            "{}",
            caller.arn
        );
        persons.push(caller.person.unwrap());
    }
    let different: BTreeSet<_> = persons.iter().collect();
    let [one, two, fake, forged, alice, bob] = persons.as_slice() else {
        panic!("six were asked")
    };
    assert_eq!(one, two, "whoever assumes the role names its session");
    assert_eq!(
        fake, forged,
        "a role elsewhere that is named like one of IAM Identity Center's"
    );
    assert_ne!(alice, bob);
    assert_eq!(different.len(), 4);

    let asked = Asked::about(scene, "assumed-by-sessions", starter).await;
    let request = ApproveRequest {
        plan: Some(asked.plan.to_string()),
        reason: None,
    };
    let path = ["incidents", asked.id.as_str(), "approve"];
    let approve = async |role, session| {
        let api = environment
            .api_as(session_of(scene, role, session).await)
            .unwrap();
        let answer = api.post::<DecisionAnswer>(&path, &request).await;
        answer.map(|answer| answer.decision)
    };
    let first = approve("Shared", "alice").await;
    assert!(matches!(first, Ok(Decided::Counted { .. })), "{first:?}");
    let again = approve("Shared", "bob").await.unwrap_err();
    assert_eq!(again.refusal().unwrap().code.as_str(), "already-approved-by-you");
    assert!(asked.is_as_before(scene).await, "one person decided");
    let second = approve("Named", "alice").await;
    assert!(matches!(second, Ok(Decided::Approved { .. })), "{second:?}");
    asked.contained(scene).await;
    undone_by_two(scene, &asked).await;
}

async fn undone_by_two(scene: &Scene, asked: &Asked) {
    let environment = &scene.environment;
    let path = ["incidents", asked.id.as_str(), "undo"];
    let narrowed = asked.trust(scene).await;
    let undo = async |role, session| {
        let api = environment
            .api_as(session_of(scene, role, session).await)
            .unwrap();
        let planned: UndoAnswer = api.get(&path, &[]).await.unwrap();
        let request = UndoRequest {
            seen: planned.steps.iter().map(|step| step.step.clone()).collect(),
            ..UndoRequest::default()
        };
        let answer = api.post::<UndoAnswer>(&path, &request).await;
        answer.map(|answer| answer.state)
    };
    let first = undo("Shared", "alice").await;
    assert!(matches!(first, Ok(UndoState::Counted { .. })), "{first:?}");
    let again = undo("Shared", "bob").await.unwrap_err().to_string();
    assert!(again.contains("another person"), "{again}");
    assert_eq!(asked.trust(scene).await, narrowed, "one person had it undone");
    let second = undo("Named", "bob").await;
    assert!(matches!(second, Ok(UndoState::Started)), "{second:?}");
    asked.undone(scene).await;
}

async fn session_of(scene: &Scene, role: &str, session: &str) -> Credentials {
    let (iam, account) = (scene.iam(), scene.environment.account());
    let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": { "AWS": format!("arn:aws:iam::{}:root", account.account_id()) } }] });
    let create = iam
        .create_role()
        .role_name(role)
        .assume_role_policy_document(trust.to_string());
    // Made by whoever comes first.
    if create.send().await.is_ok() {
        let policy = scene.environment.stack().policy(Right::Responder).unwrap();
        let attach = iam.attach_role_policy().role_name(role).policy_arn(policy);
        attach.send().await.unwrap();
    }
    if iam.get_user().user_name("assumes").send().await.is_err() {
        iam.create_user().user_name("assumes").send().await.unwrap();
        let may = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*" }] });
        let put = iam.put_user_policy().user_name("assumes").policy_name("assume");
        put.policy_document(may.to_string()).send().await.unwrap();
    }
    let key = iam.create_access_key().user_name("assumes").send().await.unwrap();
    let key = key.access_key().unwrap();
    let user = Credentials::new(key.access_key_id(), key.secret_access_key(), None, None, "tests");
    let sts = aws_sdk_sts::Client::new(&account.sdk_config(user));
    let arn = format!("arn:aws:iam::{}:role/{role}", account.account_id());
    let assumed = sts
        .assume_role()
        .role_arn(arn)
        .role_session_name(session)
        .send()
        .await
        .unwrap();
    let temporary = assumed.credentials().unwrap();
    let delete = iam
        .delete_access_key()
        .user_name("assumes")
        .access_key_id(key.access_key_id());
    delete.send().await.unwrap();
    Credentials::new(
        temporary.access_key_id(),
        temporary.secret_access_key(),
        Some(temporary.session_token().to_owned()),
        None,
        "tests",
    )
}

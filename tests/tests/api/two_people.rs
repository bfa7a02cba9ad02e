//! What takes two people: a step of high impact and its undo. One person is one person, however often they ask and
//! whatever their requests say of who they are.

use backstop_core::{Hash, IncidentId, incident::Status};
use backstop_tests::{Scene, policy_by_meaning};
use serde_json::{Value, json};

use crate::{forged_headers, terminal::Terminal};

/// An incident of `narrow-role-trust`, which waits for two people, and the role that it is about.
pub(crate) struct Asked {
    pub(crate) id: IncidentId,
    pub(crate) plan: Hash,
    role: String,
    before: Value,
}

impl Asked {
    pub(crate) async fn about(scene: &Scene, role: &str, starter: &Terminal) -> Self {
        let account = scene.environment.account();
        let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": { "AWS": format!("arn:aws:iam::{}:root", account.account_id()) } }] });
        let create = scene.iam().create_role().role_name(role);
        let create = create.assume_role_policy_document(trust.to_string());
        create.send().await.unwrap();
        let words = [
            "run",
            "narrow-role-trust",
            "--target",
            &format!("role/{role}"),
            "--reason",
            "two people are to decide",
            "--yes",
            "--output",
            "json",
        ];
        let started = starter.does(&words).await.json();
        assert_eq!(started["run"], "started", "{started}");
        let id: IncidentId = started["incident"].as_str().unwrap().into();
        let asked = scene
            .until_of(&id, |incident| incident.status() == Status::AwaitingApproval)
            .await;
        let question = asked.question.unwrap();
        assert_eq!(question.needed, 2, "the step is of high impact");
        scene.until_token(&id, &question.plan_hash).await;
        Self {
            id,
            plan: question.plan_hash,
            role: role.to_owned(),
            before: trust,
        }
    }

    /// Who may assume the role now.
    pub(crate) async fn trust(&self, scene: &Scene) -> Value {
        let role = scene.iam().get_role().role_name(&self.role).send().await.unwrap();
        let role = role.role().unwrap();
        policy_by_meaning(role.assume_role_policy_document().unwrap())
    }

    pub(crate) async fn is_as_before(&self, scene: &Scene) -> bool {
        self.trust(scene).await == self.before
    }

    /// It is contained, and the trust says so.
    pub(crate) async fn contained(&self, scene: &Scene) {
        let closed = scene
            .until_of(&self.id, |incident| incident.evidence.log.is_some())
            .await;
        assert_eq!(closed.status(), Status::Contained);
        let trust = self.trust(scene).await.to_string();
        assert!(trust.contains("Deny"), "{trust}");
    }

    /// It is undone, and the trust is what it was.
    pub(crate) async fn undone(&self, scene: &Scene) {
        scene
            .until_of(&self.id, |incident| incident.status() == Status::Undone)
            .await;
        assert!(self.is_as_before(scene).await, "{}", self.trust(scene).await);
    }
}

pub(crate) async fn decide_and_undo_together(scene: &Scene, one: &Terminal, another: &Terminal) {
    let asked = Asked::about(scene, "assumed-again", one).await;
    let incident = asked.id.as_str();
    let words = [
        "approve",
        incident,
        "--plan",
        asked.plan.short(),
        "--yes",
        "--output",
        "json",
    ];
    assert_eq!(one.does(&words).await.json()["decided"], "counted");
    is_refused(one, &words).await;
    let body = json!({ "plan": asked.plan.as_str() });
    let path = ["incidents", incident, "approve"];
    let (status, said) = forged_headers::post(scene, one, another, &path, &body).await;
    assert_eq!(status, 409, "{said}");
    assert_eq!(said["error"]["code"], "already-approved-by-you", "{said}");
    let state = scene
        .until_of(&asked.id, |incident| !incident.approvals.is_empty())
        .await;
    assert_eq!(
        (state.status(), state.approvals.len()),
        (Status::AwaitingApproval, 1)
    );
    assert!(asked.is_as_before(scene).await, "one person decided");
    assert_eq!(another.does(&words).await.json()["decided"], "approved");
    asked.contained(scene).await;

    let narrowed = asked.trust(scene).await;
    let words = ["undo", incident, "--yes", "--output", "json"];
    assert_eq!(one.does(&words).await.json()["started"], false);
    is_refused(one, &words).await;
    let body = json!({ "seen": ["narrow-trust"] });
    let (status, said) =
        forged_headers::post(scene, one, another, &["incidents", incident, "undo"], &body).await;
    assert_eq!(status, 409, "{said}");
    assert_eq!(said["error"]["code"], "already-approved-by-you", "{said}");
    assert_eq!(asked.trust(scene).await, narrowed, "one person had it undone");
    assert_eq!(another.does(&words).await.json()["started"], true);
    asked.undone(scene).await;
}

/// One person is one person.
async fn is_refused(person: &Terminal, words: &[&str]) {
    let again = person.types(words).await;
    assert_eq!(again.code, 4, "{}{}", again.out, again.err);
    assert!(again.err.contains("another person"), "{}", again.err);
}

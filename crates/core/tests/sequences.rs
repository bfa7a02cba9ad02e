//! GuardDuty attack sequences: who is contained, what is only told, and by which route they came.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod fixture;

use backstop_core::target::IamUser;
use fixture::{finding, ids};

#[test]
fn an_actor_of_another_account_is_no_user_of_this_one() {
    let finding = finding("guardduty-attack-sequence-actor-of-another-account");
    assert_eq!(ids(&finding.targets), ["bucket open-data"]);
    assert_eq!(
        ids(&finding.related),
        ["other AWS::IAM::User/arn:aws:iam::111122223333:user/deploy"]
    );
}

#[test]
fn an_actor_without_a_key_is_known_by_the_unique_id() {
    let finding = finding("guardduty-attack-sequence-actor-without-key");
    assert_eq!(ids(&finding.targets), ["user alice", "bucket open-data"]);
    let user = finding.targets[0].resource.iam_user();
    assert!(
        matches!(
            user,
            Some(IamUser::Identified {
                user_id: "AIDACKCEVSQ6C2EXAMPLE",
                ..
            })
        ),
        "compared before acting: {user:?}"
    );
}

#[test]
fn hundreds_of_objects_are_one_bucket_after_the_key() {
    let mut event: serde_json::Value =
        serde_json::from_slice(&fixture::bytes("guardduty-attack-sequence")).unwrap();
    let sequence = event.pointer_mut("/detail/service/detection/sequence").unwrap();
    let key = sequence["resources"][2].clone();
    let object = |number| {
        serde_json::json!({
            "uid": format!("arn:aws:s3:::open-data/in/{number}.csv"), "resourceType": "S3_OBJECT",
            "accountId": "123456789012", "region": "eu-west-1",
        })
    };
    sequence["resources"] = (0..150).map(object).chain([key]).collect();
    sequence["actors"].as_array_mut().unwrap().truncate(1);
    let finding = backstop_core::finding::parse(&serde_json::to_vec(&event).unwrap())
        .unwrap()
        .findings
        .remove(0);
    assert_eq!(
        ids(&finding.targets),
        ["access-key AKIAIOSFODNN7EXAMPLE", "bucket open-data"]
    );
    assert_eq!(finding.related, []);
    assert!(
        finding
            .facts
            .contains(&"resources it names: 150 S3_OBJECT, 1 ACCESS_KEY".to_owned()),
        "{:?}",
        finding.facts
    );
}

#[test]
fn processes_signals_and_indicators_are_told() {
    let finding = finding("guardduty-attack-sequence-with-process");
    for fact in [
        "process: /tmp/.x/kworker",
        "signal: Execution:Runtime/NewBinaryExecuted (3 times)",
        "signal: RunInstances",
        "ATTACK_TACTIC: Execution, Impact",
        "MALICIOUS_DOMAIN: pool.example.com",
        "from: 203.0.113.66 (Iceland, Example Hosting)",
    ] {
        assert!(
            finding.facts.iter().any(|it| it == fact),
            "{fact}: {:?}",
            finding.facts
        );
    }
    assert_eq!(ids(&finding.targets), ["instance i-0abc1234def567890"]);
}

#[test]
fn security_hubs_new_format_names_the_same_actors() {
    let finding = finding("ocsf-guardduty-attack-sequence");
    assert_eq!(
        ids(&finding.targets),
        [
            "access-key AKIAIOSFODNN7EXAMPLE",
            "role-session deployer/ASIAIOSFODNN7EXAMPLE",
            "bucket open-data",
        ]
    );
    assert_eq!(
        ids(&finding.related),
        [
            "instance i-0abc1234def567890",
            "other AWS::IAM::User/arn:aws:iam::111122223333:user/deploy",
        ]
    );
}

#[test]
fn one_unreadable_actor_or_resource_doesnt_lose_the_others() {
    let mut event: serde_json::Value =
        serde_json::from_slice(&fixture::bytes("guardduty-attack-sequence")).unwrap();
    let sequence = event.pointer_mut("/detail/service/detection/sequence").unwrap();
    sequence["actors"][0]["user"]["name"] = "alice; reboot".into();
    sequence["resources"][0]["uid"] = "arn:aws:s3:::$(reboot)".into();
    sequence["resources"][1]["uid"] = "i-0abc`reboot`".into();
    let parsed = backstop_core::finding::parse(&serde_json::to_vec(&event).unwrap()).unwrap();
    let targets = ids(&parsed.findings[0].targets);
    // The key is named once more, as a resource, without the bad name.
    assert_eq!(
        targets[..2],
        [
            "role-session deployer/ASIAIOSFODNN7EXAMPLE",
            "access-key AKIAIOSFODNN7EXAMPLE"
        ]
    );
    assert!(
        targets[2..].iter().all(|it| it.starts_with("other ")),
        "{targets:?}"
    );
}

/// A user's session is known by its user, and its key, named once more as a resource, is still its key.
#[test]
fn a_users_session_that_is_named_by_its_key_too_is_one_target() {
    let mut event: serde_json::Value =
        serde_json::from_slice(&fixture::bytes("guardduty-attack-sequence")).unwrap();
    let sequence = event.pointer_mut("/detail/service/detection/sequence").unwrap();
    sequence["actors"][0]["user"]["credentialUid"] = "ASIAI44QH8DHBEXAMPLE".into();
    sequence["resources"][2]["uid"] = "ASIAI44QH8DHBEXAMPLE".into();
    sequence["resources"][2]["data"] = serde_json::Value::Null;
    let parsed = backstop_core::finding::parse(&serde_json::to_vec(&event).unwrap()).unwrap();
    let finding = &parsed.findings[0];
    let all = [ids(&finding.targets), ids(&finding.related)].concat();
    assert!(
        all.contains(&"user-session AIDACKCEVSQ6C2EXAMPLE".to_owned()),
        "{all:?}"
    );
    assert!(
        !all.iter().any(|it| it.contains("ASIAI44QH8DHBEXAMPLE")),
        "{all:?}"
    );
}

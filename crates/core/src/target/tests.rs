#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
use serde_json::{Value, json};

use super::{kind::Named, *};

fn at(region: &str) -> Location {
    Location {
        account: "123456789012".into(),
        region: region.into(),
        partition: "aws".into(),
    }
}

fn here(resource: impl Into<Resource>) -> Target {
    at("eu-west-1").target(resource)
}

fn examples() -> impl Iterator<Item = Target> {
    TargetKind::ALL.iter().map(|kind| here(kind.example()))
}

/// Logs and locks of earlier versions hold these texts.
#[test]
fn the_json_of_old_logs_is_read_and_written_as_it_was() {
    for old in [
        json!({ "kind": "access-key", "key_id": "AKIA1", "user_name": "ci" }),
        json!({ "kind": "access-key", "key_id": "AKIA1", "user_name": null }),
        json!({ "kind": "user-session", "key_id": "ASIA1", "user_name": "ci", "user_id": "AIDA1" }),
        json!({ "kind": "user", "user_name": "ci" }),
        json!({ "kind": "role-session", "key_id": "ASIA1", "role_name": "r", "role_id": "AROA1", "session_name": "s" }),
        json!({ "kind": "role", "role_name": "r" }),
        json!({ "kind": "root", "key_id": null }),
        json!({ "kind": "federated-user", "key_id": "ASIA1", "name": "f" }),
        json!({ "kind": "bucket", "name": "logs" }),
        json!({ "kind": "instance", "instance_id": "i-01234567" }),
        json!({ "kind": "account" }),
        json!({ "kind": "other", "resource_type": "AWS::EKS::Cluster", "id": "c" }),
    ] {
        let resource: Resource = serde_json::from_value(old.clone()).unwrap();
        assert_eq!(serde_json::to_value(&resource).unwrap(), old);
        let mut more = old.clone();
        more["of_a_later_version"] = json!("is left alone");
        assert_eq!(serde_json::from_value::<Resource>(more).unwrap(), resource);
        let target = json!({ "account": "1", "region": "r", "partition": "aws", "resource": old });
        let read: Target = serde_json::from_value(target.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), target);
    }
}

#[test]
fn every_kind_has_one_name_everywhere() {
    let schema = Value::from(schemars::schema_for!(TargetKind)).to_string();
    for target in examples() {
        let kind = target.resource.kind();
        let json = serde_json::to_value(&target.resource).unwrap();
        assert_eq!(json["kind"], kind.as_str());
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        assert_eq!(TargetKind::named(kind.as_str()), Some(kind));
        assert!(schema.contains(&format!("\"{kind}\"")), "{kind}: {schema}");
        assert_eq!(
            serde_json::from_value::<Target>(serde_json::to_value(&target).unwrap()).unwrap(),
            target
        );
    }
    assert_eq!(TargetKind::named("nothing"), None);
}

#[test]
fn the_region_tells_two_apart_where_it_does_at_aws() {
    for target in examples() {
        let elsewhere = Target {
            region: "us-east-1".into(),
            ..target.clone()
        };
        let same = target.key() == elsewhere.key();
        match target.resource.scope() {
            Scope::Global | Scope::Account | Scope::Zonal(_) => assert!(same, "{target}"),
            Scope::Regional => assert!(!same, "{target}"),
        }
    }
    let key = |resource: Resource| here(resource).key();
    assert_eq!(
        key(kind::Bucket { name: "logs".into() }.into()),
        "123456789012/global/bucket/logs"
    );
    assert_eq!(
        key(kind::Instance {
            instance_id: "i-01234567".into()
        }
        .into()),
        "123456789012/eu-west-1/instance/i-01234567"
    );
    assert_eq!(
        key(kind::Account {}.into()),
        "123456789012/global/account/account"
    );
}

/// The ARN of what no kind takes says itself whether there is a Region.
#[test]
fn what_is_unknown_is_regional_unless_its_arn_says_otherwise() {
    let other = |id: &str| {
        here(kind::Other {
            resource_type: "T".into(),
            id: id.into(),
        })
    };
    for (id, place) in [
        ("arn:aws:cloudfront::123456789012:distribution/E1", "global"),
        ("arn:aws:eks:us-east-1:123456789012:cluster/c", "eu-west-1"),
        ("i-gone", "eu-west-1"),
        ("arn:", "eu-west-1"),
    ] {
        let key = other(id).key();
        assert!(key.starts_with(&format!("123456789012/{place}/other/")), "{key}");
    }
}

#[test]
fn a_kind_is_known_by_its_file_and_its_line_in_the_list_alone() {
    let made_up = here(TargetKind::MadeUp.example());
    assert_eq!(
        made_up.key(),
        "123456789012/eu-west-1a/made-up/m-0123456789abcdef0"
    );
    assert_eq!(
        made_up.to_string(),
        "made-up volume m-0123456789abcdef0 in account 123456789012"
    );
    let arn = "arn:aws:made:eu-west-1:123456789012:volume/m-0123456789abcdef0";
    assert_eq!(made_up.arn().as_deref(), Some(arn));
    assert_eq!(read_typed(arn, &at("eu-west-1")), Ok(made_up.clone()));
    assert_eq!(
        read_typed("m-0123456789abcdef0", &at("eu-west-1")),
        Ok(made_up.clone())
    );
    assert!(
        Mistyped::Unreadable("x".into())
            .to_string()
            .contains("a made-up volume's id")
    );
    let named = Named {
        resource_type: "AWS::Made::Volume",
        ids: [Some(arn), None],
        name: "m-0123456789abcdef0",
    };
    assert_eq!(Resource::named(&named), Some(Ok(made_up.resource.clone())));
}

/// What people are told about a kind is there and reads as a line of a list.
#[test]
fn every_kind_says_what_to_do() {
    for target in examples() {
        let resource = &target.resource;
        assert!(resource.how_it_began().ends_with('?'), "{target}");
        assert!(!resource.once_contained().is_empty(), "{target}");
        for line in resource.once_contained().iter().chain(resource.once_refused()) {
            assert!(!line.ends_with('.') && line.len() <= 200, "{line}");
        }
        let words = resource.to_string();
        assert!(
            !words.is_empty() && target.with_account().contains("123456789012"),
            "{words}"
        );
        if let Some(refusal) = resource.never_contained() {
            assert!(
                !refusal.guardrail.is_empty() && !refusal.reason.is_empty(),
                "{target}"
            );
        }
    }
}

/// A deny holds the whole user: were each session a target of its own, twenty of them would leave no room for it.
#[test]
fn the_sessions_of_one_user_are_one_target_and_those_of_a_user_made_anew_another() {
    let session = |key: &str, user: (&str, &str)| {
        here(kind::UserSession {
            key_id: key.into(),
            user_name: user.0.into(),
            user_id: user.1.into(),
        })
        .key()
    };
    let first = session("ASIAIOSFODNN7EXAMPLE", ("alice", "AIDAALICE00000001"));
    assert_eq!(
        first,
        session("ASIAI44QH8DHBEXAMPLE", ("alice", "AIDAALICE00000001"))
    );
    assert_ne!(
        first,
        session("ASIAIOSFODNN7EXAMPLE", ("alice", "AIDAALICE00000002"))
    );
}

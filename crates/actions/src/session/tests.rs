#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use backstop_core::TargetKind;
use serde_json::json;

use super::*;
use crate::{actions, find};

/// A target of the kind, its names at least as long as AWS allows any of them to be (IAM and AWS STS quotas: 64 characters).
/// Ids have one length, that of the kind's example.
fn target(kind: TargetKind) -> Target {
    let mut resource = serde_json::to_value(kind.example()).unwrap();
    for (field, value) in resource.as_object_mut().unwrap() {
        if field == "name" || field.ends_with("_name") {
            *value = "n".repeat(64).into();
        }
    }
    serde_json::from_value(json!({
        "account": "123456789012",
        "region": "ap-southeast-4",
        "partition": "aws-us-gov",
        "resource": resource,
    }))
    .unwrap()
}

#[test]
fn every_action_fits_into_a_session_policy_on_every_kind_of_target() {
    let mut longest = (0, "");
    for action in actions() {
        for kind in action.targets {
            let policy = session_policy(action, &target(*kind), &Part::ALL).unwrap();
            longest = longest.max((policy.chars().count(), action.id));
            let policy: Value = serde_json::from_str(&policy).unwrap();
            assert!(
                !policy["Statement"].as_array().unwrap().is_empty(),
                "{}",
                action.id
            );
        }
    }
    assert!(longest.0 > 1000, "{longest:?}");
}

#[test]
fn a_policy_longer_than_sts_takes_is_refused() {
    static MUCH: [Grant; 1] = [Grant::on(&LONG, "iam:PutUserPolicy")];
    static LONG: Scope = Scope::of("Long", &["{user_name}"; 40]);
    let mut action = *find("iam.deny-user").unwrap();
    action.grants.act = &MUCH;
    let refused = session_policy(&action, &target(TargetKind::User), &[Part::Act]).unwrap_err();
    assert!(
        matches!(refused, SessionPolicyError::TooLong { action: "iam.deny-user", length } if length > LONGEST_SESSION_POLICY)
    );
}

#[test]
fn a_session_reaches_its_target_only() {
    let policy = |id: &str, kind: TargetKind, parts: &[Part]| -> Value {
        let policy = session_policy(find(id).unwrap(), &target(kind), parts).unwrap();
        serde_json::from_str(&policy).unwrap()
    };
    let name = "n".repeat(64);
    let users = [
        format!("arn:aws-us-gov:iam::123456789012:user/{name}"),
        format!("arn:aws-us-gov:iam::123456789012:user/*/{name}"),
    ];
    let act = policy("iam.deny-user", TargetKind::User, &[Part::Act]);
    assert_eq!(
        act["Statement"],
        json!([
            {
                "Effect": "Allow",
                "Action": ["iam:PutUserPermissionsBoundary"],
                "Resource": users,
                "Condition": {
                    "ArnEquals": { "iam:PermissionsBoundary": ["arn:aws-us-gov:iam::aws:policy/AWSDenyAll"] },
                },
            },
            {
                "Effect": "Allow",
                "Action": ["iam:AttachUserPolicy"],
                "Resource": users,
                "Condition": { "ArnEquals": { "iam:PolicyARN": ["arn:aws-us-gov:iam::aws:policy/AWSDenyAll"] } },
            },
            { "Effect": "Allow", "Action": ["iam:GetUser", "iam:PutUserPolicy"], "Resource": users },
        ])
    );
    let verify = policy("iam.deny-user", TargetKind::User, &[Part::Verify]).to_string();
    assert!(!verify.contains("Put"), "{verify}");
    let tag = policy("ec2.tag-instance", TargetKind::Instance, &[Part::Act]);
    // In which order its statements stand depends on the features that serde_json is built with.
    let instance = json!(["arn:aws-us-gov:ec2:ap-southeast-4:123456789012:instance/i-0123456789abcdef0"]);
    let writing: Vec<&Value> = tag["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|statement| statement["Action"].to_string().contains("Tags"))
        .collect();
    assert!(
        !writing.is_empty() && writing.iter().all(|statement| statement["Resource"] == instance),
        "{tag}"
    );
    let bucket = policy("s3.block-public-access", TargetKind::Bucket, &[Part::Act]);
    assert_eq!(
        bucket["Statement"][0]["Condition"],
        json!({ "StringEquals": { "aws:ResourceAccount": ["123456789012"] } })
    );
}

#[test]
fn what_the_stack_says_is_left_to_the_role() {
    let act = session_policy(
        find("ec2.secure-snapshots").unwrap(),
        &target(TargetKind::Instance),
        &[Part::Act],
    )
    .unwrap();
    assert!(
        act.contains("ec2:LockSnapshot") && act.contains("backstop:incident"),
        "{act}"
    );
    assert!(!act.contains("SnapshotLockDuration") && !act.contains('{'.to_string().repeat(2).as_str()));
}

#[test]
fn a_name_that_means_more_is_refused() {
    for name in ["*", "a*", "${aws:username}", "a/b", "", "?"] {
        let mut target = target(TargetKind::User);
        target.resource = serde_json::from_value(json!({ "kind": "user", "user_name": name })).unwrap();
        let refused = session_policy(find("iam.deny-user").unwrap(), &target, &[Part::Act]).unwrap_err();
        assert!(matches!(refused, SessionPolicyError::Name { value } if value == name));
    }
}

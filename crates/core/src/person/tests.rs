//! Who counts as whom, tried as somebody would who wants to be two, or not to be the one who is contained.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::{kind, target::Location};

const SSO: &str = "AWSReservedSSO_OnCall_0123456789abcdef";

fn caller(arn: &str, user_id: &str) -> Caller {
    Caller {
        arn: arn.to_owned(),
        user_id: user_id.to_owned(),
        access_key: Some("ASIAIOSFODNN7EXAMPLE".to_owned()),
    }
}

fn session(role: &str, name: &str) -> Caller {
    caller(
        &format!("arn:aws:sts::123456789012:assumed-role/{role}/{name}"),
        &format!("AROAEXAMPLE123456:{name}"),
    )
}

fn id(caller: Caller, role_arn: Option<&str>) -> Result<String, NoPerson> {
    let roles = ["Federated".to_owned()];
    caller
        .person(role_arn, &roles)
        .map(|person| person.id.to_string())
}

#[test]
fn a_user_is_known_by_its_id_whatever_its_name_becomes() {
    let before = caller("arn:aws:iam::123456789012:user/staff/bob", "AIDAEXAMPLE123456");
    let after = caller("arn:aws:iam::123456789012:user/bob-2", "AIDAEXAMPLE123456");
    assert_eq!(id(before, None), id(after, None));
    let other = caller("arn:aws:iam::123456789012:user/staff/bob", "AIDAOTHER12345678");
    assert_eq!(id(other, None).unwrap(), "user/AIDAOTHER12345678");
}

#[test]
fn a_role_is_one_person_whatever_its_sessions_are_called() {
    assert_eq!(
        id(session("OnCall", "alice"), None),
        id(session("OnCall", "bob"), None)
    );
    assert_eq!(
        id(session("OnCall", "alice"), None).unwrap(),
        "role/AROAEXAMPLE123456"
    );
}

#[test]
fn identity_center_and_named_roles_tell_people_apart_and_know_them_again() {
    let arn = format!("arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/eu-west-1/{SSO}");
    let alice = id(session(SSO, "alice@example.com"), Some(&arn));
    assert_eq!(alice, Ok("session/alice@example.com".into()));
    assert_eq!(id(session(SSO, "Alice@example.com"), Some(&arn)), alice);
    assert_eq!(
        id(session("Federated", "alice@example.com"), None),
        alice,
        "the same name, the same person"
    );
    assert_ne!(id(session(SSO, "bob@example.com"), Some(&arn)), alice);
}

#[test]
fn a_role_that_only_looks_reserved_is_one_person() {
    let elsewhere = [
        format!("arn:aws:iam::123456789012:role/{SSO}"),
        format!("arn:aws:iam::123456789012:role/x:role/aws-reserved/sso.amazonaws.com/{SSO}"),
        format!("arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com.evil/{SSO}"),
        "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Other".to_owned(),
    ];
    for arn in elsewhere {
        assert_eq!(
            id(session(SSO, "alice"), Some(&arn)).unwrap(),
            "role/AROAEXAMPLE123456",
            "{arn}"
        );
    }
    assert_eq!(id(session(SSO, "alice"), None).unwrap(), "role/AROAEXAMPLE123456");
}

#[test]
fn who_cannot_be_told_is_nobody() {
    let federated = caller("arn:aws:sts::123456789012:federated-user/bob", "123456789012:bob");
    assert_eq!(id(federated, None), Err(NoPerson::Federated));
    for (arn, user_id) in [
        ("", ""),
        ("arn:aws:iam::123456789012:user/bob", ""),
        ("arn:aws:iam::123456789012:user/bob", "AIDA"),
        ("arn:aws:iam::123456789012:user/", "AIDAEXAMPLE123456"),
        ("arn:aws:iam::12:user/bob", "AIDAEXAMPLE123456"),
        (
            "arn:aws:sts::123456789012:assumed-role/OnCall/bob",
            "AROAEXAMPLE123456:alice",
        ),
        (
            "arn:aws:sts::123456789012:assumed-role/OnCall",
            "AROAEXAMPLE123456:alice",
        ),
        (
            "arn:aws:sts::123456789012:assumed-role/OnCall/a/b",
            "AROAEXAMPLE123456:a/b",
        ),
        ("arn:aws:iam::123456789012:group/ops", "AGPAEXAMPLE123456"),
    ] {
        assert_eq!(
            id(caller(arn, user_id), None),
            Err(NoPerson::Unknown),
            "{arn} {user_id}"
        );
    }
}

#[test]
fn whoever_is_contained_is_known_again() {
    let at = Location {
        account: "123456789012".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
    };
    let bob = caller("arn:aws:iam::123456789012:user/staff/bob", "AIDAEXAMPLE123456");
    let user = |name: &str, id: Option<&str>| {
        at.target(kind::User {
            user_name: name.into(),
            user_id: id.map(str::to_owned),
        })
    };
    assert!(bob.is(&user("Bob", None)));
    assert!(bob.is(&user("was-bob", Some("AIDAEXAMPLE123456"))));
    assert!(!bob.is(&user("alice", Some("AIDAOTHER12345678"))));
    assert!(bob.is_of("arn:aws:iam::123456789012:user/other/path/bob"));
    assert!(!bob.is_of("arn:aws:iam::210987654321:user/bob"));
    assert!(!bob.is_of("arn:aws:iam::123456789012:role/bob"));
    let key = |key_id: &str| {
        at.target(kind::AccessKey {
            key_id: key_id.into(),
            user_name: None,
            user_id: None,
        })
    };
    let with_key = Caller {
        access_key: Some("AKIAIOSFODNN7EXAMPLE".into()),
        ..bob.clone()
    };
    assert!(with_key.is(&key("AKIAIOSFODNN7EXAMPLE")));
    assert!(!with_key.is(&key("AKIAI44QH8DHBEXAMPLE")));

    let role = |name: &str, id: Option<&str>| {
        at.target(kind::Role {
            role_name: name.into(),
            role_id: id.map(str::to_owned),
        })
    };
    let session_of_build = session("build", "alice");
    assert!(session_of_build.is(&role("build", None)));
    assert!(session_of_build.is(&role("renamed", Some("AROAEXAMPLE123456"))));
    assert!(!session_of_build.is(&role("deploy", None)));
    assert!(session_of_build.is_of("arn:aws:iam::123456789012:role/ci/build"));

    let instance = at.target(kind::Instance {
        instance_id: "i-0123456789abcdef0".into(),
    });
    assert!(session("app", "i-0123456789abcdef0").is(&instance));
    assert!(!session("app", "i-0123456789abcdef1").is(&instance));
    let root = caller("arn:aws:iam::123456789012:root", "123456789012");
    assert!(root.is(&at.target(kind::Root { key_id: None })));
}

/// In a role of IAM Identity Center each user has sessions of their own: one that is stolen says nothing of the others.
#[test]
fn an_identity_center_users_session_is_that_user_and_nobody_else() {
    const MALLORY: &str = "Mallory@example.com";
    let at = |account: &str| Location {
        account: account.into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
    };
    let stolen = |account: &str, role: &str, name: &str| {
        at(account).target(kind::RoleSession {
            key_id: "ASIAI44QH8DHBEXAMPLE".into(),
            role_name: role.into(),
            role_id: if role == SSO {
                "AROAEXAMPLE123456"
            } else {
                "AROAOTHER12345678"
            }
            .into(),
            session_name: name.into(),
        })
    };
    let arn = format!("arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/eu-west-1/{SSO}");
    let user = |name: &str, role_arn: Option<&str>| session(SSO, name).person(role_arn, &[]).unwrap();
    let (mallory, alice) = (
        user("mallory@example.com", Some(&arn)),
        user("alice@example.com", Some(&arn)),
    );
    let own = "123456789012";
    assert!(mallory.is(&stolen(own, SSO, MALLORY)));
    assert!(!alice.is(&stolen(own, SSO, MALLORY)));
    // The same user by another permission set, and in another account.
    let elsewhere = stolen("210987654321", "AWSReservedSSO_Admin_0123456789abcdef", MALLORY);
    assert!(mallory.is(&elsewhere));
    assert!(!alice.is(&elsewhere));
    // Signed with the key that is reported.
    let mut thief = alice.clone();
    thief.caller.access_key = Some("ASIAI44QH8DHBEXAMPLE".into());
    assert!(thief.is(&stolen(own, SSO, MALLORY)));
    // The role as a whole, and a session that has no name, are all of its sessions.
    let role = at(own).target(kind::Role {
        role_name: SSO.into(),
        role_id: None,
    });
    assert!(alice.is(&role));
    assert!(alice.is(&stolen(own, SSO, "")));
    // Elsewhere whoever assumes the role names its sessions.
    let shared = session("OnCall", "alice").person(None, &[]).unwrap();
    assert!(shared.is(&stolen(own, "OnCall", "mallory")));
    assert!(user("alice@example.com", None).is(&stolen(own, SSO, MALLORY)));
    let named = session("Federated", "alice").person(None, &["Federated".to_owned()]);
    assert!(named.unwrap().is(&stolen(own, "Federated", "mallory")));
    // Nobody is kept from deciding by a name that anybody may choose.
    assert!(!mallory.is(&stolen(own, "build", MALLORY)));
}

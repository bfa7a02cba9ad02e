#![expect(clippy::unwrap_used, reason = "tests")]
use super::*;
use crate::target::{Resource, kind};

fn at() -> Location {
    Location {
        account: "123456789012".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
    }
}

fn read(text: &str) -> Result<Target, Mistyped> {
    read_typed(text, &at())
}

fn here(resource: impl Into<Resource>) -> Result<Target, Mistyped> {
    Ok(at().target(resource))
}

#[test]
fn every_kind_is_read() {
    let key = kind::AccessKey {
        key_id: "AKIAIOSFODNN7EXAMPLE".into(),
        user_name: None,
        user_id: None,
    };
    assert_eq!(read("AKIAIOSFODNN7EXAMPLE"), here(key));
    let user = || kind::User {
        user_name: "ci".into(),
        user_id: None,
    };
    assert_eq!(read("user/ci"), here(user()));
    assert_eq!(read("arn:aws:iam::123456789012:user/build/ci"), here(user()));
    let role = || kind::Role {
        role_name: "deploy".into(),
        role_id: None,
    };
    assert_eq!(read("role/deploy"), here(role()));
    assert_eq!(read(" arn:aws:iam::123456789012:role/deploy "), here(role()));
    assert_eq!(
        read("arn:aws:iam::123456789012:root"),
        here(kind::Root { key_id: None })
    );
    let bucket = || kind::Bucket {
        name: "logs-2026".into(),
    };
    assert_eq!(read("arn:aws:s3:::logs-2026"), here(bucket()));
    assert_eq!(read("bucket/logs-2026"), here(bucket()));
    let instance = || kind::Instance {
        instance_id: "i-0123456789abcdef0".into(),
    };
    assert_eq!(read("i-0123456789abcdef0"), here(instance()));
    assert_eq!(read("instance/i-0123456789abcdef0"), here(instance()));
    assert_eq!(
        read("arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0"),
        here(instance())
    );
    assert_eq!(read("123456789012"), here(kind::Account {}));
}

#[test]
fn what_is_typed_brings_its_own_account_region_and_partition() {
    let typed = read("arn:aws-us-gov:ec2:us-gov-west-1:111122223333:instance/i-01234567").unwrap();
    let there = Location {
        account: "111122223333".into(),
        region: "us-gov-west-1".into(),
        partition: "aws-us-gov".into(),
    };
    let instance = kind::Instance {
        instance_id: "i-01234567".into(),
    };
    assert_eq!(typed, there.target(instance));
    let account = read("111122223333").unwrap();
    assert_eq!(account.account.as_str(), "111122223333");
}

/// A kind that tells people how to type it takes what it tells them, and no other kind takes it for its own.
#[test]
fn what_is_named_to_people_can_be_typed() {
    for kind in TargetKind::ALL {
        let target = at().target(kind.example());
        let typed = target.as_typed();
        assert_eq!(typed.is_some(), kind.typed_form().is_some(), "{kind}");
        if let Some(typed) = typed {
            let read = read(&typed).unwrap();
            assert_eq!(
                (read.resource.kind(), read.key()),
                (*kind, target.key()),
                "{typed}"
            );
            let takers = TargetKind::ALL.iter().filter(|other| {
                Arn::read(&typed).is_some_and(|arn| other.read_arn(&arn).is_some())
                    || other.read_typed(&typed, &at()).is_some()
            });
            assert_eq!(takers.count(), 1, "{typed}");
        }
    }
}

#[test]
fn sessions_are_refused_with_what_to_type_instead() {
    let error = read("arn:aws:sts::123456789012:assumed-role/deploy/alice").unwrap_err();
    assert_eq!(
        error.to_string(),
        "`arn:aws:sts::123456789012:assumed-role/deploy/alice` is one session of a role, and a role's sessions can \
         only be contained together: type `arn:aws:iam::123456789012:role/deploy`"
    );
    let error = read("ASIAIOSFODNN7EXAMPLE").unwrap_err();
    assert_eq!(
        error.to_string(),
        "`ASIAIOSFODNN7EXAMPLE` is a temporary key, which doesn't tell whose it is: type the ARN of its role or user, \
         or the id of the incident that has it"
    );
}

#[test]
fn what_names_nothing_is_refused() {
    for text in [
        "",
        "alice",
        "AKIA",
        "akiaiosfodnn7example",
        "i-",
        "i-xyz",
        "user/",
        "role/a b",
        "bucket/UPPER",
        "12345",
        "arn:",
        "arn:aws:iam",
        "arn:aws:iam::12:user/ci",
        "arn:aws:s3:::a",
        "false",
        "*",
    ] {
        assert!(
            matches!(read(text), Err(Mistyped::Unreadable(_))),
            "{text}: {:?}",
            read(text)
        );
    }
    for text in [
        "arn:aws:lambda:eu-west-1:123456789012:function:f",
        "arn:aws:iam::123456789012:policy/p",
        "arn:aws:s3:::bucket/key",
        "arn:aws:sts::123456789012:federated-user/f",
    ] {
        assert!(
            matches!(read(text), Err(Mistyped::OtherArn(_))),
            "{text}: {:?}",
            read(text)
        );
    }
}

//! A name that AWS would never give is refused with a reason and never becomes a target that is acted on.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod fixture;

use backstop_core::{
    TargetKind,
    finding::{ParseError, parse},
};
use serde_json::Value;

const BAD: [&str; 6] = [
    "x y z",
    "x; reboot",
    "$(reboot)",
    "`id`",
    "../../etc",
    "al\u{202e}ice",
];

fn changed(name: &str, pointer: &str, text: &str) -> Result<backstop_core::finding::Parsed, ParseError> {
    let mut event: Value = serde_json::from_slice(&fixture::bytes(name)).unwrap();
    *event.pointer_mut(pointer).unwrap() = text.into();
    parse(&serde_json::to_vec(&event).unwrap())
}

#[test]
fn guarddutys_findings_are_refused_and_name_the_field_only() {
    for (name, pointer, expected) in [
        (
            "guardduty-access-key",
            "/detail/resource/accessKeyDetails/userName",
            "a user's name",
        ),
        (
            "guardduty-console-login-without-key",
            "/detail/resource/accessKeyDetails/userName",
            "a user's name",
        ),
        (
            "guardduty-role-session",
            "/detail/resource/accessKeyDetails/userName",
            "a role's name",
        ),
        (
            "guardduty-user-session",
            "/detail/resource/accessKeyDetails/principalId",
            "a principal's unique id",
        ),
        (
            "guardduty-federated-user",
            "/detail/resource/accessKeyDetails/userName",
            "a federated user's name",
        ),
        (
            "guardduty-instance",
            "/detail/resource/instanceDetails/instanceId",
            "an instance's id",
        ),
        (
            "guardduty-s3-all-private",
            "/detail/resource/s3BucketDetails/0/name",
            "a bucket's name",
        ),
        ("guardduty-access-key", "/detail/region", "a Region's code"),
        ("asff-guardduty", "/detail/findings/0/Region", "a Region's code"),
        (
            "ocsf-guardduty-access-key",
            "/detail/findings/0/cloud/region",
            "a Region's code",
        ),
        (
            "ocsf-guardduty-actor",
            "/detail/findings/0/resources/0/uid",
            "an instance's id",
        ),
    ] {
        for text in BAD {
            let error = changed(name, pointer, text).unwrap_err();
            assert_eq!(error.name(), "NotAllowed", "{name} {pointer} {text}: {error}");
            let message = error.to_string();
            assert!(message.contains(expected), "{name} {pointer}: {message}");
            assert!(!message.contains(text), "{name} {pointer}: {message}");
        }
    }
}

#[test]
fn a_sessions_name_is_what_sts_allows() {
    let pointer = "/detail/resource/accessKeyDetails/principalId";
    for session in ["x y", "a;b", "$(id)", "x"] {
        let error = changed(
            "guardduty-role-session",
            pointer,
            &format!("AROACKCEVSQ6C2EXAMPLE:{session}"),
        );
        assert_eq!(error.unwrap_err().name(), "NotAllowed", "{session}");
    }
}

#[test]
fn names_that_other_products_write_are_left_to_people() {
    for (name, pointer) in [
        ("asff-control", "/detail/findings/0/Resources/0/Id"),
        ("ocsf-compliance-failed", "/detail/findings/0/resources/0/uid"),
        ("ocsf-vulnerability", "/detail/findings/0/resources/0/uid"),
    ] {
        for text in ["a b", "x; reboot", "$(reboot)"] {
            let mut event: Value = serde_json::from_slice(&fixture::bytes(name)).unwrap();
            *event.pointer_mut(pointer).unwrap() = text.into();
            if let Some(resource) = event.pointer_mut("/detail/findings/0/resources/0") {
                resource.as_object_mut().unwrap().remove("uid_alt");
            }
            let parsed = parse(&serde_json::to_vec(&event).unwrap()).unwrap();
            let kinds: Vec<TargetKind> = parsed.findings[0]
                .targets
                .iter()
                .map(|it| it.resource.kind())
                .collect();
            assert_eq!(kinds, [TargetKind::Other], "{name}: {text}");
        }
    }
}

//! Credentials, roles, samples and classes of Security Hub's new format, as recorded findings have them.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod fixture;

use backstop_core::{
    finding::{ParseError, ResourceRole, Standing},
    kind,
};
use fixture::{error, finding, ids, parsed, reason, target};

#[test]
fn a_role_session_stands_in_the_resources_data() {
    let v2 = finding("ocsf-guardduty-role-session-in-data");
    assert_eq!(v2.targets, finding("guardduty-role-session").targets);
    assert_eq!(v2.resource_role, Some(ResourceRole::Target));
}

#[test]
fn a_keys_user_is_named_by_the_resource_or_by_its_name() {
    let expected = finding("guardduty-access-key").targets[0].key();
    for name in [
        "ocsf-guardduty-key-with-resource-user",
        "ocsf-guardduty-key-named-by-its-owner",
    ] {
        let finding = finding(name);
        assert_eq!(finding.targets[0].key(), expected, "{name}");
        let key = kind::AccessKey::of(&finding.targets[0].resource).unwrap();
        assert_eq!(key.user_name.as_deref(), Some("alice"), "{name}");
    }
}

#[test]
fn root_is_root_here_too() {
    assert_eq!(
        target("ocsf-guardduty-root-in-data").id(),
        target("guardduty-root").id()
    );
    assert_eq!(
        target("ocsf-guardduty-root-in-data").kind(),
        target("guardduty-root").kind()
    );
}

#[test]
fn an_instance_that_was_robbed_is_a_target_whatever_the_session_is_called() {
    assert_eq!(
        ids(&finding("ocsf-guardduty-exfiltration").targets),
        [
            "role-session web-server/ASIAIOSFODNN7EXAMPLE",
            "instance i-0abc1234def567890"
        ]
    );
}

#[test]
fn an_attacking_resource_is_told_by_its_evidence() {
    for name in ["ocsf-guardduty-actor", "ocsf-guardduty-actor-in-json-text"] {
        let finding = finding(name);
        assert_eq!(finding.resource_role, Some(ResourceRole::Actor), "{name}");
        assert_eq!(ids(&finding.targets), ["instance i-0abc1234def567890"], "{name}");
    }
}

#[test]
fn samples_are_known_by_what_aws_writes_and_never_by_what_others_may() {
    for (name, expected) in [
        (
            "ocsf-guardduty-sample-by-title",
            "a sample finding ([SAMPLE] in its title)",
        ),
        (
            "ocsf-guardduty-sample-in-evidence",
            "a sample finding (additionalInfo.sample)",
        ),
        (
            "ocsf-guardduty-sample-by-key-id",
            "a sample finding (a resource id of samples)",
        ),
    ] {
        assert_eq!(reason(&finding(name)), expected, "{name}");
    }
    assert_eq!(
        finding("ocsf-guardduty-named-like-a-sample").standing,
        Standing::Active
    );
}

#[test]
fn a_sample_of_a_credential_says_what_it_would_be_about() {
    for name in [
        "guardduty-sample-flag",
        "guardduty-sample-only-by-key-id",
        "ocsf-guardduty-sample-by-key-id",
    ] {
        let finding = finding(name);
        assert!(reason(&finding).starts_with("a sample finding"), "{name}");
        assert_eq!(
            ids(&finding.targets),
            ["access-key GeneratedFindingAccessKeyId"],
            "{name}"
        );
    }
}

#[test]
fn macies_class_is_read_and_names_the_bucket_once() {
    for name in ["ocsf-macie-data-security", "ocsf-macie-bucket-only-apart"] {
        let finding = finding(name);
        assert_eq!(finding.product, "Macie", "{name}");
        assert_eq!(ids(&finding.targets), ["bucket payroll"], "{name}");
        assert_eq!(
            ids(&finding.related),
            ["other AWS::S3::Object/in/people.csv"],
            "{name}"
        );
    }
}

#[test]
fn other_classes_are_left_or_refused() {
    for (name, class) in [
        ("ocsf-class-of-an-incident", "class 2005"),
        ("ocsf-class-of-source-code", "class 2007"),
    ] {
        let parsed = parsed(name);
        assert_eq!((parsed.findings.len(), parsed.left.len()), (0, 1), "{name}");
        assert!(parsed.left[0].reason.contains(class), "{name}");
    }
    assert!(matches!(
        error("ocsf-class-of-an-api-call"),
        ParseError::UnknownClass { class_uid: 6003, .. }
    ));
}

//! GuardDuty findings of credentials: who is the target, by `userType` and never by anything else.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod fixture;

use backstop_core::{
    Resource, TargetKind,
    finding::{ParseError, ResourceRole, Route, SeverityLabel, Standing},
    kind,
};
use fixture::{error, finding, parsed, reason, target};

#[test]
fn a_users_long_term_key_is_an_access_key() {
    let finding = finding("guardduty-access-key");
    assert_eq!(
        finding.targets[0].resource,
        Resource::AccessKey(kind::AccessKey {
            key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            user_name: Some("alice".to_owned()),
            user_id: Some("AIDACKCEVSQ6C2EXAMPLE".to_owned())
        })
    );
    assert_eq!(finding.targets.len(), 1);
    assert_eq!(finding.related, []);
    assert_eq!(
        finding.key(),
        "123456789012/eu-west-1/0f1e2d3c4b5a69788796a5b4c3d2e1f0"
    );
    assert_eq!(finding.route, Route::GuardDutyEvent);
    assert_eq!(finding.severity.label, SeverityLabel::High);
    assert_eq!(finding.count, 3);
    assert_eq!(finding.resource_role, Some(ResourceRole::Target));
    assert_eq!(finding.standing, Standing::Active);
    assert_eq!(finding.updated_at.unwrap().to_string(), "2026-03-01T10:07:00Z");
}

#[test]
fn account_and_region_are_the_findings_not_the_envelopes() {
    let parsed = parsed("guardduty-envelope-of-admin-account");
    assert_eq!(parsed.envelope.account.as_ref().unwrap().as_str(), "111122223333");
    let finding = &parsed.findings[0];
    assert_eq!(
        (finding.account.as_str(), finding.region.as_str()),
        ("123456789012", "eu-west-1")
    );
    assert_eq!(finding.targets[0].account.as_str(), "123456789012");
}

#[test]
fn a_users_temporary_key_is_a_session_of_the_user() {
    assert_eq!(
        target("guardduty-user-session"),
        Resource::UserSession(kind::UserSession {
            key_id: "ASIAIOSFODNN7EXAMPLE".to_owned(),
            user_name: "alice".to_owned(),
            user_id: "AIDACKCEVSQ6C2EXAMPLE".to_owned(),
        })
    );
}

#[test]
fn an_assumed_role_is_a_session_of_the_role_in_user_name() {
    for name in ["guardduty-role-session", "guardduty-user-type-role"] {
        assert_eq!(
            target(name),
            Resource::RoleSession(kind::RoleSession {
                key_id: "ASIAIOSFODNN7EXAMPLE".to_owned(),
                role_name: "deployer".to_owned(),
                role_id: "AROACKCEVSQ6C2EXAMPLE".to_owned(),
                session_name: "deploy-42".to_owned(),
            }),
            "{name}"
        );
    }
}

#[test]
fn root_and_federated_users_are_named_as_such() {
    assert_eq!(target("guardduty-root").kind(), TargetKind::Root);
    assert_eq!(
        target("guardduty-federated-user"),
        Resource::FederatedUser(kind::FederatedUser {
            key_id: "ASIAIOSFODNN7EXAMPLE".to_owned(),
            name: "bob".to_owned(),
        })
    );
}

#[test]
fn other_principals_are_never_taken_for_a_user_or_role() {
    for name in [
        "guardduty-aws-service",
        "guardduty-aws-account",
        "guardduty-unknown-user-type",
    ] {
        assert_eq!(target(name).kind(), TargetKind::Other, "{name}");
    }
}

#[test]
fn a_console_sign_in_has_no_key_and_names_the_user() {
    assert_eq!(
        target("guardduty-console-login-without-key"),
        Resource::User(kind::User {
            user_name: "alice".to_owned(),
            user_id: Some("AIDACKCEVSQ6C2EXAMPLE".to_owned())
        })
    );
}

#[test]
fn credentials_stolen_from_an_instance_name_the_instance_too() {
    let finding = finding("guardduty-instance-credential-exfiltration");
    let kinds: Vec<_> = finding.targets.iter().map(|it| it.resource.kind()).collect();
    assert_eq!(kinds, [TargetKind::RoleSession, TargetKind::Instance]);
    assert_eq!(finding.targets[1].resource.id(), "i-0abc1234def567890");
}

#[test]
fn a_key_id_that_is_no_keys_is_refused_without_echoing_it() {
    let error = error("guardduty-not-a-key-id");
    assert!(matches!(error, ParseError::NotAKeyId { .. }));
    assert_eq!(
        error.to_string(),
        "`$.detail.resource.accessKeyDetails.accessKeyId` isn't an access key id (expected `AKIA…` or \
         `ASIA…`) in a finding of type `UnauthorizedAccess:IAMUser/TorIPCaller`"
    );
}

#[test]
fn what_the_type_promises_and_lacks_is_named() {
    for (name, path) in [
        (
            "guardduty-no-access-key-details",
            "$.detail.resource.accessKeyDetails",
        ),
        ("guardduty-no-resource", "$.detail.resource"),
    ] {
        match error(name) {
            ParseError::MissingField { path: found, .. } => assert_eq!(found, path),
            other => panic!("{name}: {other}"),
        }
    }
}

#[test]
fn samples_and_archived_findings_parse_and_say_why_nothing_is_done() {
    for (name, expected) in [
        (
            "guardduty-sample-flag",
            "a sample finding (additionalInfo.sample)",
        ),
        (
            "guardduty-sample-in-json-text",
            "a sample finding (additionalInfo.value)",
        ),
        (
            "guardduty-sample-only-by-key-id",
            "a sample finding (the access key id of samples)",
        ),
        ("guardduty-archived", "archived in GuardDuty (service.archived)"),
        ("guardduty-masked-account", "its account id isn't twelve digits"),
    ] {
        assert_eq!(reason(&finding(name)), expected, "{name}");
    }
}

#[test]
fn a_name_that_an_attacker_chose_makes_no_sample() {
    assert_eq!(
        finding("guardduty-bucket-named-like-a-sample").standing,
        Standing::Active
    );
}

#[test]
fn nulls_floats_and_every_form_of_time_are_read() {
    let finding = finding("guardduty-nulls-and-floats");
    assert_eq!(finding.severity.label, SeverityLabel::Medium);
    assert_eq!(finding.count, 12);
    for (time, expected) in [
        (finding.first_seen, "2026-03-01T10:00:00.25Z"),
        (finding.last_seen, "2026-03-01T10:00:00Z"),
        (finding.created_at, "2026-03-01T10:06:00Z"),
        (finding.updated_at, "2026-03-01T10:07:00Z"),
    ] {
        assert_eq!(time.unwrap().to_string(), expected);
    }
}

#[test]
fn unknown_types_are_kept() {
    assert_eq!(
        finding("guardduty-unknown-type").finding_type,
        "Sorcery:IAMUser/Tele&portation.C!DNS"
    );
}

#[test]
fn a_drill_is_the_same_finding_with_the_mark_on_its_envelope() {
    let drill = parsed("guardduty-drill");
    assert!(drill.envelope.is_drill);
    assert!(!parsed("guardduty-access-key").envelope.is_drill);
    assert_eq!(drill.findings, parsed("guardduty-access-key").findings);
}

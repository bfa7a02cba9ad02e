//! AWS Health's word that a key of the account was found in public.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod fixture;

use backstop_core::{
    finding::{Route, SeverityLabel, Standing},
    kind,
};
use fixture::{error, finding, ids, parsed, reason};

#[test]
fn an_exposed_key_is_an_access_key_of_the_affected_account() {
    let finding = finding("health-credentials-exposed");
    assert_eq!(ids(&finding.targets), ["access-key AKIAIOSFODNN7EXAMPLE"]);
    assert_eq!(finding.finding_type, "AWS_RISK_CREDENTIALS_EXPOSED");
    assert_eq!(finding.route, Route::HealthEvent);
    assert!(finding.is_health() && !finding.is_guardduty());
    assert_eq!(finding.severity.label, SeverityLabel::Critical);
    assert_eq!(finding.standing, Standing::Active);
    assert_eq!(finding.first_seen.unwrap().to_string(), "2026-03-01T10:05:00Z");
    assert_eq!(finding.updated_at.unwrap().to_string(), "2026-03-01T10:07:00Z");
    assert!(
        finding
            .description
            .contains("https://code.example.com/alice/tools")
    );
    assert!(
        finding.facts[0].contains("AWSCompromisedKeyQuarantine"),
        "{:?}",
        finding.facts
    );
    assert_eq!(
        finding.facts[1],
        "publicKeyUrl: https://code.example.com/alice/tools"
    );
}

#[test]
fn the_copy_in_the_backup_region_and_that_of_the_organization_are_the_same_finding() {
    let first = finding("health-credentials-exposed");
    for name in [
        "health-credentials-exposed-backup-copy",
        "health-credentials-exposed-in-organization",
    ] {
        let copy = finding(name);
        assert_eq!(copy.key(), first.key(), "{name}");
        assert_eq!(copy.targets, first.targets, "{name}");
    }
    assert_eq!(
        first.targets[0].key(),
        finding("guardduty-access-key").targets[0].key(),
        "GuardDuty's finding about the same key joins it"
    );
}

#[test]
fn each_key_is_answered_once_and_settled_ones_are_not() {
    assert_eq!(
        ids(&finding("health-credentials-exposed-several-keys").targets),
        [
            "access-key AKIAIOSFODNN7EXAMPLE",
            "access-key AKIAI44QH8DHBEXAMPLE",
            // Nothing tells whose session it is.
            "other AWS::IAM::AccessKey/ASIAIOSFODNN7EXAMPLE",
        ]
    );
}

#[test]
fn the_shape_of_before_2023_is_read_though_its_day_of_the_week_is_wrong() {
    let finding = finding("health-credentials-exposed-of-2016");
    assert_eq!(ids(&finding.targets), ["access-key AKIAIOSFODNN7EXAMPLE"]);
    assert_eq!(
        (finding.account.as_str(), finding.region.as_str()),
        ("123456789012", "us-east-1")
    );
    assert_eq!(finding.first_seen.unwrap().to_string(), "2026-03-01T10:05:00Z");
}

#[test]
fn what_is_closed_or_unnamed_or_no_key_has_its_own_end() {
    assert_eq!(
        reason(&finding("health-credentials-exposed-closed")),
        "closed at AWS Health (statusCode)"
    );
    let unnamed = finding("health-credentials-exposed-unnamed");
    let other = kind::Other::of(&unnamed.targets[0].resource);
    assert!(other.is_some_and(|other| other.id.starts_with("not named")));
    let error = error("health-credentials-exposed-no-key");
    assert_eq!(error.name(), "NotAKeyId");
    assert!(!error.to_string().contains("reboot"), "{error}");
}

#[test]
fn all_other_events_of_health_are_left() {
    let parsed = parsed("health-instance-stop-scheduled");
    assert_eq!((parsed.findings.len(), parsed.left.len()), (0, 1));
    assert_eq!(
        parsed.left[0].reason,
        "AWS Health event AWS_EC2_INSTANCE_STOP_SCHEDULED: not about a credential, not a finding"
    );
}

#[test]
fn a_drill_may_mimic_it() {
    let parsed = parsed("health-drill");
    assert!(parsed.envelope.is_drill);
    assert_eq!(
        parsed.findings[0].targets,
        finding("health-credentials-exposed").targets
    );
}

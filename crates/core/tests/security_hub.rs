//! Security Hub findings, ASFF and OCSF: standing, severity, targets.
#![expect(clippy::indexing_slicing, reason = "tests")]

mod fixture;

use backstop_core::{
    TargetKind,
    finding::{HubFormat, ParseError, Route, SeverityLabel, Standing, parse},
    log::FindingRef,
};
use fixture::{bytes, error, finding, ids, parsed, reason, target};

#[test]
fn a_failed_control_names_control_and_bucket_in_the_members_account() {
    let parsed = parsed("asff-control");
    let finding = &parsed.findings[0];
    assert_eq!(finding.control.as_deref(), Some("S3.2"));
    assert_eq!(finding.finding_type, "security-control/S3.2");
    assert_eq!(finding.product, "Security Hub");
    assert_eq!(finding.route, Route::SecurityHubImported);
    assert_eq!(finding.severity.label, SeverityLabel::Critical);
    assert_eq!(ids(&finding.targets), ["bucket open-data"]);
    assert_eq!(
        (finding.account.as_str(), finding.region.as_str()),
        ("123456789012", "eu-west-1")
    );
}

#[test]
fn what_is_settled_or_our_own_doing_isnt_acted_on() {
    for (name, expected) in [
        ("asff-record-archived", "archived in Security Hub (RecordState)"),
        (
            "asff-workflow-suppressed",
            "suppressed in Security Hub (Workflow.Status)",
        ),
        (
            "asff-suppressed-by-incident-response",
            "suppressed in Security Hub (Workflow.Status)",
        ),
        (
            "asff-workflow-resolved",
            "resolved in Security Hub (Workflow.Status)",
        ),
        (
            "asff-old-workflow-state-only",
            "resolved in Security Hub (Workflow.Status)",
        ),
        ("asff-control-passed", "the control passed (Compliance.Status)"),
        (
            "asff-control-warning",
            "the control couldn't be evaluated fully (Compliance.Status is WARNING)",
        ),
        (
            "asff-control-not-available",
            "the control couldn't be evaluated (Compliance.Status is NOT_AVAILABLE)",
        ),
        (
            "asff-own-update",
            "the echo of Backstop's own update (Note.UpdatedBy)",
        ),
        ("asff-sample-flag", "a sample finding (Sample)"),
        (
            "asff-guardduty-sample",
            "a sample finding (additionalInfo.sample)",
        ),
        (
            "asff-guardduty-sample-in-json-text",
            "a sample finding (additionalInfo.sample)",
        ),
        (
            "asff-guardduty-archived",
            "archived in GuardDuty (service/archived)",
        ),
        ("ocsf-compliance-passed", "the control passed (compliance.status)"),
        ("ocsf-resolved", "resolved in Security Hub (status)"),
        ("ocsf-suppressed", "suppressed in Security Hub (status)"),
        ("ocsf-closed", "closed by its product (activity Close)"),
    ] {
        assert_eq!(reason(&finding(name)), expected, "{name}");
    }
}

#[test]
fn open_findings_are_active_and_an_old_note_of_ours_hides_no_new_update() {
    for name in [
        "asff-workflow-notified",
        "asff-notified-by-incident-response",
        "asff-custom-action-after-own-note",
        "asff-product-update-after-own-note",
        "ocsf-compliance-failed",
    ] {
        assert_eq!(finding(name).standing, Standing::Active, "{name}");
    }
}

/// OCSF has no author of a comment: our own update is known by being the same state of a known finding.
#[test]
fn what_security_hub_says_again_after_our_update_is_the_finding_it_was() {
    let before = FindingRef::of(&finding("ocsf-guardduty-access-key"), None);
    let text = String::from_utf8_lossy(&bytes("ocsf-guardduty-access-key")).into_owned();
    for (status, id) in [("In Progress", "2"), ("Resolved", "4")] {
        let echo = text
            .replace(
                "\"status\": \"New\"",
                &format!("\"status\": \"{status}\", \"comment\": \"Backstop incident\""),
            )
            .replace("\"status_id\": 1", &format!("\"status_id\": {id}"));
        assert_ne!(echo, text);
        let parsed = parse(echo.as_bytes()).map(|parsed| parsed.findings);
        let echo = FindingRef::of(&parsed.unwrap_or_default()[0], None);
        assert_eq!(echo, before, "{status}");
    }
}

#[test]
fn only_what_came_by_security_hub_can_be_told_to_it_and_by_its_own_names() {
    for (name, format, id) in [
        (
            "asff-guardduty",
            HubFormat::Asff,
            "arn:aws:guardduty:eu-west-1:123456789012:detector/",
        ),
        ("ocsf-guardduty-access-key", HubFormat::Ocsf, "arn:aws:guardduty:"),
    ] {
        let hub = finding(name).hub.unwrap_or_else(|| unreachable!("{name}"));
        assert_eq!((hub.format, hub.region.as_str()), (format, "eu-west-1"), "{name}");
        assert!(
            hub.id.starts_with(id),
            "whole, not the part that all routes share: {}",
            hub.id
        );
        assert!(hub.product.ends_with("/aws/guardduty"), "{}", hub.product);
    }
    for name in ["guardduty-access-key", "malware-threats-found"] {
        assert_eq!(finding(name).hub, None, "{name}");
    }
}

#[test]
fn severity_is_the_products_or_the_labels_or_the_normalized_one() {
    for (name, label, score) in [
        ("asff-guardduty", SeverityLabel::High, 8.0),
        ("asff-severity-label-only", SeverityLabel::Medium, 4.0),
        ("asff-severity-normalized-only", SeverityLabel::High, 7.0),
        ("asff-severity-empty", SeverityLabel::Informational, 0.0),
        ("ocsf-guardduty-access-key", SeverityLabel::High, 7.0),
    ] {
        let severity = finding(name).severity;
        assert_eq!((severity.label, severity.score), (label, score), "{name}");
    }
}

#[test]
fn several_findings_of_one_event_each_get_their_answer() {
    let parsed = parsed("asff-two-findings-one-broken");
    assert_eq!((parsed.findings.len(), parsed.refused.len()), (2, 1));
    assert_eq!(
        parsed.refused[0].error.to_string(),
        "`$.detail.findings[1].Id` is missing in a finding of type `security-control/S3.2`"
    );
}

#[test]
fn a_custom_action_is_told_from_an_import() {
    let parsed = parsed("asff-custom-action");
    assert_eq!(parsed.envelope.route, Route::SecurityHubCustomAction);
    assert_eq!(parsed.envelope.custom_action.as_deref(), Some("Contain"));
    assert_eq!(parsed.findings[0].route, Route::SecurityHubCustomAction);
}

#[test]
fn counts_and_empty_lists_are_left() {
    for name in ["asff-insight-results", "asff-no-findings"] {
        let parsed = parsed(name);
        assert_eq!((parsed.findings.len(), parsed.left.len()), (0, 1), "{name}");
    }
}

#[test]
fn an_api_list_and_a_bare_finding_need_no_envelope() {
    let list = parsed("asff-api-list");
    assert_eq!(list.envelope.route, Route::SecurityHubApi);
    assert_eq!(list.findings.len(), 2);
    assert_eq!(finding("asff-bare").key(), finding("asff-control").key());
    assert_eq!(
        finding("ocsf-bare").key(),
        finding("ocsf-guardduty-access-key").key()
    );
}

#[test]
fn guarddutys_s3_finding_contains_the_buckets_and_names_the_actor() {
    let finding = finding("asff-guardduty-s3-with-actor");
    assert_eq!(finding.finding_type, "Exfiltration:S3/MaliciousIPCaller");
    assert_eq!(ids(&finding.targets), ["bucket open-data", "bucket payroll"]);
    assert_eq!(
        ids(&finding.related),
        ["access-key AKIAIOSFODNN7EXAMPLE", "instance i-0abc1234def567890"]
    );
}

#[test]
fn a_role_session_is_read_from_details_and_from_json_text() {
    for name in [
        "asff-guardduty-role-session",
        "ocsf-guardduty-details-as-json-text",
    ] {
        assert_eq!(
            ids(&finding(name).targets),
            ["role-session deployer/ASIAIOSFODNN7EXAMPLE"],
            "{name}"
        );
    }
}

#[test]
fn a_sign_in_without_a_key_names_the_user() {
    assert_eq!(
        ids(&finding("asff-guardduty-sign-in-without-key").targets),
        ["user alice"]
    );
}

#[test]
fn guarddutys_copy_must_name_a_key_and_others_are_left_to_people() {
    assert!(matches!(
        error("asff-guardduty-not-a-key-id"),
        ParseError::NotAKeyId { .. }
    ));
    assert_eq!(
        target("asff-third-party-key-that-is-none").kind(),
        TargetKind::Other
    );
}

#[test]
fn only_guarddutys_own_product_arn_makes_it_guardduty() {
    let faked = finding("asff-product-name-faked");
    assert_ne!(faked.finding_type, "UnauthorizedAccess:IAMUser/TorIPCaller");
    assert!(faked.id.starts_with("arn:"));
    assert_eq!(faked.product, "123456789012/default");
}

#[test]
fn iam_resources_are_known_by_the_name_in_their_arn() {
    let finding = finding("asff-iam-resources");
    assert_eq!(
        ids(&finding.targets),
        [
            "user alice",
            "role deployer",
            "root root",
            "other AWS::IAM::Role/V-1 not a name",
            "other AWS::EC2::SecurityGroup/arn:aws:ec2:eu-west-1:123456789012:security-group/sg-0a1b2c3d",
        ]
    );
    assert_eq!(
        ids(&fixture::finding("ocsf-iam-user-by-bare-id").targets),
        ["user alice"]
    );
}

#[test]
fn a_resource_of_another_account_is_left_to_people() {
    let finding = finding("asff-resource-of-another-account");
    assert!(
        finding
            .targets
            .iter()
            .all(|it| it.resource.kind() == TargetKind::Other)
    );
    assert_eq!(finding.targets.len(), 2);
}

#[test]
fn an_actors_resource_is_related_only() {
    let finding = finding("asff-actor-resource");
    assert_eq!(ids(&finding.targets), ["bucket open-data"]);
    assert_eq!(ids(&finding.related), ["access-key AKIAIOSFODNN7EXAMPLE"]);
}

#[test]
fn the_account_is_a_target_and_a_resource_keeps_its_region() {
    assert_eq!(target("asff-account-resource").kind(), TargetKind::Account);
    let finding = finding("asff-resource-in-another-region");
    assert_eq!(finding.region.as_str(), "eu-west-1");
    assert_eq!(finding.targets[0].region.as_str(), "eu-central-1");
}

#[test]
fn old_generators_tell_the_control_and_the_arn_tells_the_region() {
    assert_eq!(
        finding("asff-old-standard-generator").control.as_deref(),
        Some("S3.2")
    );
    assert_eq!(finding("asff-no-region").region.as_str(), "eu-west-1");
}

#[test]
fn vulnerabilities_are_read_and_incidents_are_left() {
    assert_eq!(
        ids(&finding("ocsf-vulnerability").targets),
        ["instance i-0abc1234def567890"]
    );
    assert_eq!(
        ids(&finding("ocsf-old-single-resource").targets),
        ["bucket open-data"]
    );
    let parsed = parsed("ocsf-class-of-an-incident");
    assert_eq!((parsed.findings.len(), parsed.left.len()), (0, 1));
    assert!(parsed.left[0].reason.contains("class 2005"), "{:?}", parsed.left);
}

#[test]
fn what_is_missing_is_named() {
    for (name, expected) in [
        ("asff-no-resources", "$.detail.findings[0].Resources"),
        ("asff-no-account", "$.detail.findings[0].AwsAccountId"),
        ("asff-findings-missing", "$.detail.findings"),
        ("ocsf-no-class", "$.detail.findings[0].class_uid"),
    ] {
        let message = error(name).to_string();
        assert!(
            message.starts_with(&format!("`{expected}` is missing")),
            "{name}: {message}"
        );
    }
    assert_eq!(
        error("asff-findings-not-a-list").to_string(),
        "`$.detail.findings` isn't a list"
    );
    assert!(matches!(error("asff-id-too-long"), ParseError::WrongShape { .. }));
}

#[test]
fn an_attack_sequences_actors_are_targets_here_too() {
    let finding = finding("asff-guardduty-attack-sequence");
    assert_eq!(finding.finding_type, "AttackSequence:S3/CompromisedData");
    assert_eq!(
        ids(&finding.targets),
        ["access-key AKIAIOSFODNN7EXAMPLE", "bucket open-data"]
    );
}

#[test]
fn the_new_formats_evidence_says_who_called_what_from_where() {
    assert_eq!(
        finding("ocsf-guardduty-access-key").facts,
        [
            "call: ListBuckets of s3.amazonaws.com",
            "its error: AccessDenied",
            "from: 203.0.113.66 (Iceland, Example Hosting)",
        ]
    );
}

//! GuardDuty findings of other resources, malware scans, the API's casing: what is the target and what is
//! only related.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod fixture;

use backstop_core::{
    Resource, TargetKind,
    finding::{ParseError, Route, Standing},
    kind,
};
use fixture::{error, finding, ids, parsed, target};

#[test]
fn only_public_buckets_are_targets_where_some_are_known_to_be() {
    let finding = finding("guardduty-s3-public-among-private");
    assert_eq!(ids(&finding.targets), ["bucket open-data", "bucket unknown-data"]);
    assert_eq!(
        ids(&finding.related),
        [
            "bucket payroll",
            "access-key AKIAIOSFODNN7EXAMPLE",
            "instance i-0abc1234def567890"
        ]
    );
}

#[test]
fn all_buckets_are_targets_where_none_is_known_to_be_public() {
    let finding = finding("guardduty-s3-all-private");
    assert_eq!(ids(&finding.targets), ["bucket payroll", "bucket ledger"]);
    assert_eq!(ids(&finding.related), ["access-key AKIAIOSFODNN7EXAMPLE"]);
}

#[test]
fn who_opened_a_bucket_is_related_even_under_resource_type_access_key() {
    let finding = finding("guardduty-s3-opened-bucket-with-resource-type-access-key");
    assert_eq!(ids(&finding.targets), ["bucket open-data"]);
    assert_eq!(ids(&finding.related), ["access-key AKIAIOSFODNN7EXAMPLE"]);
}

#[test]
fn the_accounts_block_public_access_is_about_the_account() {
    assert_eq!(
        target("guardduty-s3-account-block-public-access-disabled"),
        Resource::Account(kind::Account {})
    );
}

#[test]
fn a_directory_bucket_is_no_general_purpose_bucket() {
    assert_eq!(target("guardduty-s3-directory-bucket").kind(), TargetKind::Other);
}

#[test]
fn an_s3_finding_without_buckets_is_refused() {
    assert!(matches!(
        error("guardduty-s3-no-buckets"),
        ParseError::MissingField { .. }
    ));
}

#[test]
fn an_instance_that_is_gone_still_reaches_people() {
    assert_eq!(
        ids(&finding("guardduty-instance").targets),
        ["instance i-0abc1234def567890"]
    );
    assert_eq!(target("guardduty-instance-gone").kind(), TargetKind::Other);
}

#[test]
fn other_resources_carry_their_arn_and_leave_the_instance_related() {
    let finding = finding("guardduty-eks-with-instance");
    assert_eq!(
        ids(&finding.targets),
        ["other AWS::EKS::Cluster/arn:aws:eks:eu-west-1:123456789012:cluster/prod"]
    );
    assert_eq!(ids(&finding.related), ["instance i-0abc1234def567890"]);
    assert_eq!(
        target("guardduty-resource-type-of-tomorrow").kind(),
        TargetKind::Other
    );
}

#[test]
fn a_malware_scan_and_guarddutys_finding_of_it_name_the_same_target() {
    let scan = finding("malware-threats-found");
    let finding = finding("guardduty-s3-object-malware");
    assert_eq!(scan.route, Route::MalwareProtectionEvent);
    assert_eq!(scan.finding_type, finding.finding_type);
    assert_eq!(scan.targets[0].key(), finding.targets[0].key());
    assert_eq!(
        ids(&scan.targets),
        ["other AWS::S3::Object/arn:aws:s3:::uploads/in/a.bin"]
    );
}

#[test]
fn one_scan_has_one_id_however_often_it_is_delivered() {
    let id = finding("malware-threats-found").id;
    assert_eq!(id, finding("malware-threats-found").id);
    assert!(id.starts_with("s3-object-scan-") && id.len() == 47, "{id}");
}

#[test]
fn notices_are_left_with_a_reason() {
    for name in [
        "malware-no-threats",
        "malware-access-denied",
        "malware-result-of-tomorrow",
        "malware-resource-status-warning",
        "malware-post-scan-action-failed",
        "guardduty-runtime-protection-unhealthy",
    ] {
        let parsed = parsed(name);
        assert_eq!((parsed.findings.len(), parsed.left.len()), (0, 1), "{name}");
        assert!(
            parsed.left[0].reason.contains("not a finding"),
            "{name}: {}",
            parsed.left[0].reason
        );
    }
}

#[test]
fn threats_without_the_bucket_are_refused_by_name() {
    let message = error("malware-threats-without-bucket").to_string();
    assert_eq!(
        message,
        "`$.detail.s3ObjectDetails.bucketName` is missing in a finding of type `Object:S3/MaliciousFile`"
    );
}

#[test]
fn an_attack_sequences_credentials_come_first_and_what_it_merely_names_is_one() {
    let finding = finding("guardduty-attack-sequence");
    assert_eq!(
        ids(&finding.targets),
        [
            "access-key AKIAIOSFODNN7EXAMPLE",
            "role-session deployer/ASIAIOSFODNN7EXAMPLE",
            "bucket open-data",
        ]
    );
    assert_eq!(
        ids(&finding.related),
        [
            "instance i-0abc1234def567890",
            "other AWS::IAM::User/arn:aws:iam::123456789012:user/mallory",
            "other AWS::EKS::Cluster/arn:aws:eks:eu-west-1:123456789012:cluster/prod",
        ]
    );
    assert_eq!(finding.related[0].region.as_str(), "eu-central-1");
    assert_eq!(finding.related[2].account.as_str(), "111122223333");
}

#[test]
fn an_attack_sequence_without_its_sequence_still_reaches_people() {
    assert_eq!(
        target("guardduty-attack-sequence-without-sequence").kind(),
        TargetKind::Other
    );
}

#[test]
fn the_apis_casing_is_the_same_finding() {
    let event = finding("guardduty-access-key");
    let api = finding("guardduty-api-one");
    assert_eq!(api.route, Route::GuardDutyApi);
    assert_eq!(
        (api.key(), &api.targets, api.severity),
        (event.key(), &event.targets, event.severity)
    );
    assert_eq!(finding("guardduty-api-casing-in-an-event").targets, event.targets);
}

#[test]
fn one_broken_finding_of_a_list_doesnt_lose_the_others() {
    let parsed = parsed("guardduty-api-list-with-one-broken");
    assert_eq!(parsed.findings.len(), 2);
    assert_eq!(parsed.refused.len(), 1);
    assert_eq!(parsed.refused[0].index, 1);
    assert_eq!(parsed.refused[0].error.name(), "NotAKeyId");
    assert!(
        parsed.refused[0]
            .error
            .to_string()
            .starts_with("`$.Findings[1].Resource")
    );
}

#[test]
fn partition_account_and_region_may_stand_only_in_the_arn() {
    let china = finding("guardduty-china");
    assert_eq!(china.targets[0].partition, "aws-cn");
    let bare = finding("guardduty-account-and-region-only-in-arn");
    assert_eq!(bare.key(), finding("guardduty-access-key").key());
    assert_eq!(bare.standing, Standing::Active);
    assert_eq!(bare.targets[0].partition, "aws");
    assert_eq!(
        bare.created_at.unwrap(),
        finding("guardduty-access-key").created_at.unwrap()
    );
}

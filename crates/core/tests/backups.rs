//! Malware scans of backups: clean ones come every night, infected ones name what must not be restored.
#![expect(clippy::indexing_slicing, reason = "tests")]

mod fixture;

use backstop_core::finding::{ParseError, Route, SeverityLabel, Standing};
use fixture::{error, finding, ids, parsed};

#[test]
fn a_clean_or_undone_scan_is_left_with_a_reason() {
    for (name, expected) in [
        (
            "backup-scan-clean-ami",
            "malware scan of an AMI found no threats: not a finding",
        ),
        (
            "backup-scan-clean-s3-recovery-point",
            "malware scan of an S3 recovery point found no threats: not a finding",
        ),
        (
            "backup-scan-skipped-ami",
            "malware scan of an AMI wasn't done: not a finding, and it isn't known to be clean",
        ),
    ] {
        let parsed = parsed(name);
        assert_eq!((parsed.findings.len(), parsed.left.len()), (0, 1), "{name}");
        assert_eq!(parsed.left[0].reason, expected, "{name}");
    }
}

#[test]
fn an_infected_backup_is_named_whatever_kind_it_is() {
    let ami = "other AWS::EC2::Image/arn:aws:ec2:eu-west-1:123456789012:image/ami-0abc1234def567890";
    let recovery_point = |number| {
        format!(
            "other AWS::Backup::RecoveryPoint/arn:aws:backup:eu-west-1:123456789012:recovery-point:\
             0a1b2c3d-0000-4000-8000-00000000000{number}"
        )
    };
    for (name, finding_type, target) in [
        (
            "backup-scan-threats-ami",
            "Execution:EC2/MaliciousFile!AMI",
            ami.to_owned(),
        ),
        (
            "backup-scan-threats-without-resource-type",
            "Execution:EC2/MaliciousFile!AMI",
            ami.to_owned(),
        ),
        (
            "backup-scan-threats-ebs-recovery-point",
            "Execution:EC2/MaliciousFile!RecoveryPoint",
            recovery_point(2),
        ),
        (
            "backup-scan-threats-s3-recovery-point",
            "Execution:S3/MaliciousFile!RecoveryPoint",
            recovery_point(3),
        ),
        (
            "backup-scan-threats-snapshot-without-account",
            "Execution:EC2/MaliciousFile!Snapshot",
            "other AWS::EC2::Snapshot/arn:aws:ec2:eu-west-1::snapshot/snap-0abc1234def567890".to_owned(),
        ),
        (
            "backup-scan-threats-of-tomorrow",
            "GuardDuty Malware Protection EFS Recovery Point Scan Result",
            recovery_point(4),
        ),
    ] {
        let finding = finding(name);
        assert_eq!(ids(&finding.targets), [target], "{name}");
        assert_eq!(finding.finding_type, finding_type, "{name}");
        assert_eq!(finding.route, Route::MalwareProtectionEvent, "{name}");
        assert_eq!(finding.severity.label, SeverityLabel::High, "{name}");
        assert_eq!(finding.standing, Standing::Active, "{name}");
        assert_eq!(finding.account.as_str(), "123456789012", "{name}");
        assert!(finding.is_guardduty(), "{name}");
        assert!(finding.description.contains("EICAR-Test-File"), "{name}");
        assert!(
            finding
                .facts
                .iter()
                .any(|it| it.starts_with("found in: /tmp/eicar.txt")),
            "{name}: {:?}",
            finding.facts
        );
    }
}

#[test]
fn two_scans_of_one_backup_are_two_findings_about_one_target() {
    let one = finding("backup-scan-threats-ami");
    let text = String::from_utf8_lossy(&fixture::bytes("backup-scan-threats-ami")).into_owned();
    let again = text.replace(
        "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "ffffffffffffffffffffffffffffffff",
    );
    assert_ne!(again, text);
    let again = backstop_core::finding::parse(again.as_bytes())
        .map(|it| it.findings)
        .unwrap_or_default();
    assert_ne!(again[0].id, one.id);
    assert_eq!(again[0].targets[0].key(), one.targets[0].key());
}

#[test]
fn threats_on_nothing_are_refused_by_name() {
    let error = error("backup-scan-threats-on-nothing");
    assert!(matches!(error, ParseError::MissingField { .. }));
    assert!(
        error.to_string().starts_with("`$.resources[0]` is missing"),
        "{error}"
    );
}

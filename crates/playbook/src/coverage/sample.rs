//! A made-up finding of each known type, with a target of every kind that the type can name.

use backstop_core::{
    Finding, Target, TargetKind,
    finding::{Route, Severity, SeverityLabel, Standing},
    kind::CREDENTIAL,
};

/// The one S3 type that is about the account and no bucket.
const ACCOUNT_OPENED: &str = "Policy:S3/AccountBlockPublicAccessDisabled";

/// The kinds of target of a type with GuardDuty's `resourceType`, or several. What a finding doesn't name well enough,
/// such as an instance that is gone, is `other`; a credential always is named.
pub(super) fn kinds_of(finding_type: &str, resource: &str) -> Vec<TargetKind> {
    let named: Vec<&str> = resource.split('|').collect();
    let is_anything =
        matches!(resource, "AttackSequence" | "unknown") || (named.len() > 1 && named.contains(&CREDENTIAL));
    if finding_type == ACCOUNT_OPENED {
        return vec![TargetKind::Account];
    }
    if is_anything {
        return TargetKind::ALL.to_vec();
    }
    let takes = |kind: &TargetKind| kind.guardduty_types().iter().any(|name| named.contains(name));
    let mut kinds: Vec<TargetKind> = TargetKind::ALL.iter().copied().filter(takes).collect();
    if resource != CREDENTIAL {
        kinds.push(TargetKind::Other);
    }
    kinds
}

/// The lowest of the documented severities, since a playbook's floor must not be passed by luck. Where AWS
/// documents none, GuardDuty's middle.
pub(super) fn lowest(documented: &str) -> Severity {
    let documented = documented.to_ascii_lowercase();
    let named = [
        SeverityLabel::Low,
        SeverityLabel::Medium,
        SeverityLabel::High,
        SeverityLabel::Critical,
    ];
    let lowest = named
        .into_iter()
        .find(|label| documented.contains(&label.to_string()));
    Severity::of_label(lowest.unwrap_or(SeverityLabel::Medium))
}

/// An active finding of this GuardDuty type.
pub(super) fn of_type(finding_type: &str, severity: Severity, kinds: &[TargetKind]) -> Finding {
    Finding {
        product: "GuardDuty".to_owned(),
        route: Route::GuardDutyEvent,
        finding_type: finding_type.to_owned(),
        ..finding(severity, kinds)
    }
}

/// An active finding of this Security Hub control.
pub(super) fn of_control(control: &str, severity: Severity, kinds: &[TargetKind]) -> Finding {
    Finding {
        finding_type: format!("security-control/{control}"),
        control: Some(control.to_owned()),
        ..finding(severity, kinds)
    }
}

fn finding(severity: Severity, kinds: &[TargetKind]) -> Finding {
    Finding {
        hub: None,
        is_instance_by_name: false,
        arn: None,
        id: "example".to_owned(),
        account: "123456789012".into(),
        region: "us-east-1".into(),
        product: "Security Hub".to_owned(),
        route: Route::SecurityHubImported,
        finding_type: String::new(),
        control: None,
        severity,
        title: String::new(),
        description: String::new(),
        standing: Standing::Active,
        resource_role: None,
        targets: kinds.iter().copied().map(target).collect(),
        related: Vec::new(),
        count: 1,
        first_seen: None,
        last_seen: None,
        created_at: None,
        updated_at: None,
        facts: Vec::new(),
        peers: Vec::new(),
    }
}

fn target(kind: TargetKind) -> Target {
    Target {
        account: "123456789012".into(),
        region: "us-east-1".into(),
        partition: "aws".to_owned(),
        resource: kind.example(),
    }
}

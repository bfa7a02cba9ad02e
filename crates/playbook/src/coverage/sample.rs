//! A made-up finding of each known type, with a target of every kind that the type can name.

use backstop_core::{
    Finding, Resource, Target, TargetKind,
    finding::{Route, Severity, SeverityLabel, Standing},
};

const CREDENTIALS: &[TargetKind] = &[
    TargetKind::AccessKey,
    TargetKind::UserSession,
    TargetKind::User,
    TargetKind::RoleSession,
    TargetKind::Role,
    TargetKind::Root,
    TargetKind::FederatedUser,
];

/// Every kind there is.
pub(super) const ALL: &[TargetKind] = &[
    TargetKind::AccessKey,
    TargetKind::UserSession,
    TargetKind::User,
    TargetKind::RoleSession,
    TargetKind::Role,
    TargetKind::Root,
    TargetKind::FederatedUser,
    TargetKind::Bucket,
    TargetKind::Instance,
    TargetKind::Account,
    TargetKind::Other,
];

/// The one S3 type that is about the account and no bucket.
const ACCOUNT_OPENED: &str = "Policy:S3/AccountBlockPublicAccessDisabled";

/// The kinds of target of a type with GuardDuty's `resourceType`. An instance that is gone and a directory bucket are
/// `other`.
pub(super) fn kinds_of(finding_type: &str, resource: &str) -> &'static [TargetKind] {
    match resource {
        _ if finding_type == ACCOUNT_OPENED => &[TargetKind::Account],
        "AccessKey" => CREDENTIALS,
        "Instance" => &[TargetKind::Instance, TargetKind::Other],
        "S3Bucket" => &[TargetKind::Bucket, TargetKind::Other],
        "AttackSequence" | "unknown" => ALL,
        several if several.contains("AccessKey") => ALL,
        several if several.starts_with("Instance|") => &[TargetKind::Instance, TargetKind::Other],
        _ => &[TargetKind::Other],
    }
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
    }
}

fn target(kind: TargetKind) -> Target {
    Target {
        account: "123456789012".into(),
        region: "us-east-1".into(),
        partition: "aws".to_owned(),
        resource: resource(kind),
    }
}

fn resource(kind: TargetKind) -> Resource {
    let key_id = "ASIAIOSFODNN7EXAMPLE".to_owned();
    let name = "example".to_owned();
    match kind {
        TargetKind::AccessKey => Resource::AccessKey {
            key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            user_name: Some(name),
        },
        TargetKind::UserSession => Resource::UserSession {
            key_id,
            user_name: name,
            user_id: "AIDAEXAMPLE".to_owned(),
        },
        TargetKind::User => Resource::User { user_name: name },
        TargetKind::RoleSession => Resource::RoleSession {
            key_id,
            role_name: name.clone(),
            role_id: "AROAEXAMPLE".to_owned(),
            session_name: name,
        },
        TargetKind::Role => Resource::Role { role_name: name },
        TargetKind::Root => Resource::Root { key_id: None },
        TargetKind::FederatedUser => Resource::FederatedUser { key_id, name },
        TargetKind::Bucket => Resource::Bucket { name },
        TargetKind::Instance => Resource::Instance {
            instance_id: "i-0123456789abcdef0".to_owned(),
        },
        TargetKind::Account => Resource::Account,
        TargetKind::Other => Resource::Other {
            resource_type: "AWS::EKS::Cluster".to_owned(),
            id: name,
        },
    }
}

//! The fields that automation rules may ask for, where they hold text or tags: from the schemas of
//! `AWS::SecurityHub::AutomationRule` and `AutomationRuleV2`. Numbers, dates and flags aren't offered.

use super::Hub;

/// ASFF, as Security Hub CSPM's rules name it.
const CSPM: [&str; 27] = [
    "AwsAccountId",
    "CompanyName",
    "ComplianceAssociatedStandardsId",
    "ComplianceSecurityControlId",
    "ComplianceStatus",
    "Description",
    "GeneratorId",
    "Id",
    "NoteText",
    "NoteUpdatedBy",
    "ProductArn",
    "ProductName",
    "RecordState",
    "RelatedFindingsId",
    "RelatedFindingsProductArn",
    "ResourceDetailsOther",
    "ResourceId",
    "ResourcePartition",
    "ResourceRegion",
    "ResourceTags",
    "ResourceType",
    "SeverityLabel",
    "SourceUrl",
    "Title",
    "Type",
    "UserDefinedFields",
    "WorkflowStatus",
];

/// OCSF, as Security Hub's rules name it.
const V2: [&str; 33] = [
    "activity_name",
    "class_name",
    "cloud.account.name",
    "cloud.account.uid",
    "cloud.provider",
    "cloud.region",
    "compliance.assessments.category",
    "compliance.assessments.name",
    "compliance.control",
    "compliance.standards",
    "compliance.status",
    "finding_info.desc",
    "finding_info.related_events.product.uid",
    "finding_info.related_events.title",
    "finding_info.related_events.uid",
    "finding_info.src_url",
    "finding_info.title",
    "finding_info.types",
    "finding_info.uid",
    "metadata.product.feature.uid",
    "metadata.product.name",
    "metadata.product.uid",
    "metadata.product.vendor_name",
    "remediation.desc",
    "remediation.references",
    "resources.cloud_partition",
    "resources.name",
    "resources.region",
    "resources.tags",
    "resources.type",
    "resources.uid",
    "vendor_attributes.severity",
    "vulnerabilities.fix_coverage",
];

/// Those that say what kind of finding is meant.
const KINDS: [&str; 8] = [
    "ComplianceSecurityControlId",
    "GeneratorId",
    "Id",
    "Type",
    "compliance.control",
    "finding_info.types",
    "finding_info.uid",
    "metadata.product.feature.uid",
];

/// Those that say next to nothing of what is meant: how bad it is, where, from which product.
const BROAD: [&str; 20] = [
    "AwsAccountId",
    "CompanyName",
    "ComplianceAssociatedStandardsId",
    "ComplianceStatus",
    "ProductArn",
    "ProductName",
    "RecordState",
    "ResourcePartition",
    "ResourceRegion",
    "ResourceType",
    "SeverityLabel",
    "WorkflowStatus",
    "class_name",
    "cloud.account.uid",
    "cloud.provider",
    "cloud.region",
    "compliance.status",
    "metadata.product.name",
    "resources.region",
    "vendor_attributes.severity",
];

/// Those whose text whoever may name or tag a resource can choose.
const CHOSEN: [&str; 7] = [
    "Description",
    "ResourceTags",
    "Title",
    "finding_info.desc",
    "finding_info.title",
    "resources.name",
    "resources.tags",
];

/// What fields may hold where it is one of few words.
const WORDS: [(&str, &[&str]); 5] = [
    (
        "SeverityLabel",
        &["INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"],
    ),
    ("WorkflowStatus", &["NEW", "NOTIFIED", "RESOLVED", "SUPPRESSED"]),
    ("RecordState", &["ACTIVE", "ARCHIVED"]),
    (
        "ComplianceStatus",
        &["PASSED", "WARNING", "FAILED", "NOT_AVAILABLE"],
    ),
    ("ResourcePartition", &["aws", "aws-cn", "aws-us-gov"]),
];

pub(super) const fn all(hub: Hub) -> &'static [&'static str] {
    match hub {
        Hub::Cspm => &CSPM,
        Hub::V2 => &V2,
    }
}

/// Whether it holds pairs of a key and a value.
pub(super) fn is_map(field: &str) -> bool {
    matches!(
        field,
        "ResourceDetailsOther" | "ResourceTags" | "UserDefinedFields" | "resources.tags"
    )
}

pub(super) fn names_kind(field: &str) -> bool {
    KINDS.contains(&field)
}

pub(super) fn is_broad(field: &str) -> bool {
    BROAD.contains(&field)
}

pub(super) fn is_chosen_by_attackers(field: &str) -> bool {
    CHOSEN.contains(&field)
}

/// The words that stand there; none where anything may.
pub(super) fn words(field: &str) -> Option<&'static [&'static str]> {
    WORDS
        .into_iter()
        .find_map(|(name, words)| (name == field).then_some(words))
}

/// Values of one field (the schemas' `maxItems`).
pub(super) fn most_values(field: &str) -> usize {
    match field {
        "AwsAccountId" | "GeneratorId" | "ResourceId" | "Title" => 100,
        _ => 20,
    }
}

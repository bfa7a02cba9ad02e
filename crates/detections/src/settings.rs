//! `detections/settings.yaml`: the detector with its plans, and Security Hub. Whatever isn't named is on.

mod file;

use std::collections::BTreeSet;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::check::{Judged, check_end, not_blank};

pub(crate) use file::SettingsFile;
pub use file::{schema, schema_text};

/// What GuardDuty looks at beside CloudTrail's management events, VPC flow logs and DNS (API DetectorFeature).
/// `EKS_RUNTIME_MONITORING` is left out: `RUNTIME_MONITORING` holds it, and both at once are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Plan {
    /// S3's data events.
    S3DataEvents,
    /// EKS' audit logs.
    EksAuditLogs,
    /// Scans of volumes for malware.
    EbsMalwareProtection,
    /// Logins to RDS.
    RdsLoginEvents,
    /// The network activity of Lambda functions.
    LambdaNetworkLogs,
    /// What processes do.
    RuntimeMonitoring,
    /// AI workloads.
    AiProtection,
    /// The analyst that looks into findings.
    AiAnalyst,
    /// The agent on EKS, kept by GuardDuty.
    EksAddonManagement,
    /// The agent on Fargate, kept by GuardDuty.
    EcsFargateAgentManagement,
    /// The agent on instances, kept by GuardDuty.
    Ec2AgentManagement,
}

impl Plan {
    /// Those that stand by themselves, with what the API calls them.
    pub(crate) const FEATURES: [(Self, &'static str); 8] = [
        (Self::S3DataEvents, "S3_DATA_EVENTS"),
        (Self::EksAuditLogs, "EKS_AUDIT_LOGS"),
        (Self::EbsMalwareProtection, "EBS_MALWARE_PROTECTION"),
        (Self::RdsLoginEvents, "RDS_LOGIN_EVENTS"),
        (Self::LambdaNetworkLogs, "LAMBDA_NETWORK_LOGS"),
        (Self::RuntimeMonitoring, "RUNTIME_MONITORING"),
        (Self::AiProtection, "AI_PROTECTION"),
        (Self::AiAnalyst, "AI_ANALYST"),
    ];
    /// Those that are part of runtime monitoring.
    pub(crate) const AGENTS: [(Self, &'static str); 3] = [
        (Self::EksAddonManagement, "EKS_ADDON_MANAGEMENT"),
        (Self::EcsFargateAgentManagement, "ECS_FARGATE_AGENT_MANAGEMENT"),
        (Self::Ec2AgentManagement, "EC2_AGENT_MANAGEMENT"),
    ];

    /// What the API calls it.
    pub(crate) fn api_name(self) -> &'static str {
        let all = Self::FEATURES.iter().chain(&Self::AGENTS);
        all.copied()
            .find_map(|(plan, name)| (plan == self).then_some(name))
            .unwrap_or_default()
    }
}

/// How often a finding that is seen again is sent again (API FindingPublishingFrequency).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Publishing {
    /// The shortest there is.
    #[default]
    FifteenMinutes,
    /// An hour.
    OneHour,
    /// What AWS takes where nothing is said.
    SixHours,
}

impl Publishing {
    pub(crate) const fn api_name(self) -> &'static str {
        match self {
            Self::FifteenMinutes => "FIFTEEN_MINUTES",
            Self::OneHour => "ONE_HOUR",
            Self::SixHours => "SIX_HOURS",
        }
    }
}

/// Whether a custom detection rule of GuardDuty makes findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RuleMode {
    /// It does.
    Live,
    /// It counts; for 14 days, then GuardDuty ends it.
    DryRun,
}

/// Which Regions' findings come together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Regions {
    /// All, and those to come.
    All,
    /// These.
    Named(Vec<String>),
}

/// Where findings are exported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Export {
    /// The bucket's ARN, with or without a folder.
    pub bucket: String,
    /// The ARN of the key of KMS that they are encrypted by.
    pub key: String,
}

/// What was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Settings {
    /// How often findings are sent again.
    pub publishing: Publishing,
    /// The plans that are off.
    pub without: BTreeSet<Plan>,
    /// Where findings are exported.
    pub export: Option<Export>,
    /// Custom detection rules of GuardDuty, by id.
    pub custom_rules: Vec<(String, RuleMode)>,
    /// Whether Security Hub is set up at all, and whether with the standards that AWS enables.
    pub hub_standards: Option<bool>,
    /// The Regions of Security Hub CSPM's aggregator.
    pub aggregated: Option<Regions>,
    /// The Regions of Security Hub's own aggregator; it takes no others.
    pub aggregated_v2: Option<Vec<String>>,
}

/// A Region's name, such as `eu-west-1` or `us-gov-west-1`.
fn is_region(text: &str) -> bool {
    let words: Vec<&str> = text.split('-').collect();
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    match words.as_slice() {
        [head @ .., last] => {
            (2..=4).contains(&head.len())
                && head.iter().all(is_word)
                && !last.is_empty()
                && last.bytes().all(|b| b.is_ascii_digit())
        }
        [] => false,
    }
}

/// Checks the file. The settings are there if nothing but ended exceptions is refused.
pub(crate) fn check(file: &SettingsFile, today: Date) -> (Option<Settings>, Judged) {
    let mut judged = Judged::default();
    let guardduty = &file.guardduty;
    let publishing = guardduty.publishing.as_ref();
    if let Some(slow) = publishing.filter(|it| it.value != Publishing::FifteenMinutes) {
        judged.warn(
            slow.referenced,
            "slow-publishing",
            "what is seen again reaches Backstop later than it could".to_owned(),
            "write `fifteen-minutes`, or leave it out",
        );
    }
    for off in &guardduty.without {
        not_blank(&off.owner, "owner", &mut judged);
        not_blank(&off.reason, "reason", &mut judged);
        check_end(&off.expires, today, crate::check::EXPIRED, &mut judged);
        judged.warn(
            off.plan.referenced,
            "plan-off",
            format!("GuardDuty finds nothing by {}", off.plan.value.api_name()),
            format!("it comes back after {}", off.expires.value),
        );
    }
    file::check_export(guardduty, &mut judged);
    file::check_custom_rules(guardduty, &mut judged);
    if let Some(hub) = &file.security_hub {
        file::check_regions(hub, &mut judged);
    }
    let settings = judged.is_only_expired().then(|| file.settings(today));
    (settings, judged)
}

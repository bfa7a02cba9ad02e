//! `detections/settings.yaml` as it is written.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::Spanned;

use super::{Export, Plan, Publishing, Regions, RuleMode, Settings, is_region};
use crate::check::Judged;

/// A list of Regions is no longer than this (API CreateFindingAggregator, CreateAggregatorV2).
const MOST_REGIONS: usize = 50;
/// A Region's findings come from all.
const ALL: &str = "all";

/// GuardDuty's detector with its plans, and Security Hub, of each account and Region that it is deployed to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Backstop detection settings")]
pub(crate) struct SettingsFile {
    /// The detector. Every plan is on but those of `without`.
    pub(crate) guardduty: GuardDutyFile,
    /// Security Hub; left alone where this isn't there.
    #[serde(default)]
    pub(crate) security_hub: Option<SecurityHubFile>,
}

/// The detector.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GuardDutyFile {
    /// How often a finding that is seen again is sent again.
    #[serde(default)]
    #[schemars(with = "Option<Publishing>")]
    pub(crate) publishing: Option<Spanned<Publishing>>,
    /// Plans that are off, for a time.
    #[serde(default)]
    pub(crate) without: Vec<OffFile>,
    /// Where findings are kept for longer than 90 days.
    #[serde(default)]
    pub(crate) export: Option<ExportFile>,
    /// GuardDuty's own rules over CloudTrail and runtime events.
    #[serde(default)]
    pub(crate) custom_rules: Vec<CustomRuleFile>,
}

/// A plan that is off.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OffFile {
    /// Which.
    #[schemars(with = "Plan")]
    pub(crate) plan: Spanned<Plan>,
    /// Who answers for it.
    #[schemars(with = "String", length(min = 1))]
    pub(crate) owner: Spanned<String>,
    /// Why nothing needs to be found there.
    #[schemars(with = "String", length(min = 1))]
    pub(crate) reason: Spanned<String>,
    /// The last day: a year ahead at most.
    #[schemars(with = "String", regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    pub(crate) expires: Spanned<Date>,
}

/// Where findings are exported.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportFile {
    /// The bucket's ARN, with or without a folder.
    #[schemars(with = "String")]
    pub(crate) bucket: Spanned<String>,
    /// The ARN of the key of KMS that they are encrypted by.
    #[schemars(with = "String")]
    pub(crate) key: Spanned<String>,
}

/// A custom detection rule.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustomRuleFile {
    /// Its id, as `aws guardduty list-custom-detection-rules` names it.
    #[schemars(with = "String")]
    pub(crate) rule: Spanned<String>,
    /// Whether it makes findings.
    #[schemars(with = "RuleMode")]
    pub(crate) mode: Spanned<RuleMode>,
}

/// Security Hub.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecurityHubFile {
    /// Whether the standards that AWS chose are enabled.
    #[serde(default = "yes")]
    pub(crate) default_standards: bool,
    /// The Regions whose findings Security Hub CSPM shows in the home Region: `[all]`, or their names.
    #[serde(default)]
    #[schemars(with = "Option<Vec<String>>", length(min = 1))]
    pub(crate) regions: Option<Spanned<Vec<Spanned<String>>>>,
    /// The same of Security Hub itself, by name: it never links a Region by itself.
    #[serde(default)]
    #[schemars(with = "Option<Vec<String>>", length(min = 1))]
    pub(crate) v2_regions: Option<Spanned<Vec<Spanned<String>>>>,
}

fn yes() -> bool {
    true
}

impl SettingsFile {
    /// What it says as of a day: a plan comes back after the end of its exception.
    pub(super) fn settings(&self, today: Date) -> Settings {
        let names = |listed: &Spanned<Vec<Spanned<String>>>| -> Vec<String> {
            listed.value.iter().map(|name| name.value.clone()).collect()
        };
        let hub = self.security_hub.as_ref();
        let off = self.guardduty.without.iter();
        Settings {
            publishing: self
                .guardduty
                .publishing
                .as_ref()
                .map(|it| it.value)
                .unwrap_or_default(),
            without: off
                .filter(|off| off.expires.value >= today)
                .map(|off| off.plan.value)
                .collect(),
            export: self.guardduty.export.as_ref().map(|export| Export {
                bucket: export.bucket.value.clone(),
                key: export.key.value.clone(),
            }),
            custom_rules: self
                .guardduty
                .custom_rules
                .iter()
                .map(|rule| (rule.rule.value.clone(), rule.mode.value))
                .collect(),
            hub_standards: hub.map(|hub| hub.default_standards),
            aggregated: hub
                .and_then(|hub| hub.regions.as_ref())
                .map(names)
                .map(|regions| match regions.as_slice() {
                    [only] if only == ALL => Regions::All,
                    _ => Regions::Named(regions),
                }),
            aggregated_v2: hub.and_then(|hub| hub.v2_regions.as_ref()).map(names),
        }
    }
}

pub(super) fn check_export(guardduty: &GuardDutyFile, judged: &mut Judged) {
    let Some(export) = &guardduty.export else { return };
    for (text, service, wanted) in [
        (&export.bucket, "s3", "such as `arn:aws:s3:::findings`"),
        (
            &export.key,
            "kms",
            "such as `arn:aws:kms:eu-west-1:111122223333:key/…`",
        ),
    ] {
        let mut parts = text.value.split(':');
        let is_arn = parts.next() == Some("arn") && parts.nth(1) == Some(service);
        if !is_arn {
            let message = format!("`{}` is no ARN of {service}", text.value);
            judged.refuse(text.referenced, "wrong-value", message, wanted);
        }
    }
}

pub(super) fn check_custom_rules(guardduty: &GuardDutyFile, judged: &mut Judged) {
    let mut seen = Vec::new();
    for rule in &guardduty.custom_rules {
        let (id, place) = (rule.rule.value.as_str(), rule.rule.referenced);
        if !backstop_playbook::is_kebab_case(id) || id.len() > 100 {
            judged.refuse(
                place,
                "wrong-value",
                format!("`{id}` is no rule's id"),
                "write it as `aws guardduty list-custom-detection-rules` names it",
            );
        }
        if seen.contains(&id) {
            judged.refuse(
                place,
                "field-twice",
                format!("`{id}` is named twice"),
                "remove one",
            );
        }
        seen.push(id);
        if rule.mode.value == RuleMode::DryRun {
            judged.warn(
                rule.mode.referenced,
                "dry-run",
                format!("`{id}` makes no findings, and GuardDuty ends it after 14 days"),
                "write `live` once its counts are right",
            );
        }
    }
}

pub(super) fn check_regions(hub: &SecurityHubFile, judged: &mut Judged) {
    for (listed, takes_all) in [(&hub.regions, true), (&hub.v2_regions, false)] {
        let Some(listed) = listed else { continue };
        let is_all = takes_all && matches!(listed.value.as_slice(), [only] if only.value == ALL);
        if listed.value.is_empty() || listed.value.len() > MOST_REGIONS {
            let message = format!(
                "{} Regions; Security Hub takes 1 to {MOST_REGIONS}",
                listed.value.len()
            );
            judged.refuse(
                listed.referenced,
                "wrong-value",
                message,
                "name those that are used",
            );
        }
        for (index, region) in listed.value.iter().enumerate() {
            if !is_all && !is_region(&region.value) {
                let message = format!("`{}` is no Region", region.value);
                let help = match takes_all {
                    true => "write `[all]`, or names such as `eu-west-1`",
                    false => "write names such as `eu-west-1`; this aggregator takes no `all`",
                };
                judged.refuse(region.referenced, "wrong-value", message, help);
            }
            let before = listed.value.iter().take(index);
            if before.into_iter().any(|other| other.value == region.value) {
                let message = format!("`{}` is named twice", region.value);
                judged.refuse(region.referenced, "field-twice", message, "remove one");
            }
        }
    }
}

/// The JSON Schema of the file, for editors.
pub fn schema() -> Value {
    schemars::schema_for!(SettingsFile).to_value()
}

/// The schema as `detections/` has it.
pub fn schema_text() -> String {
    format!("{:#}\n", schema())
}

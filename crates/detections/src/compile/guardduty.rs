//! The detector with its plans, suppression rules, the export, and custom detection rules.

use serde_json::{Map, Value, json};

use super::{Resources, logical_id::logical_id, metadata};
use crate::{
    condition::Condition,
    settings::{Plan, RuleMode, Settings},
    suppression::Suppression,
};

/// Characters of a filter's description (API FilterDescription).
const LONGEST_DESCRIPTION: usize = 512;

pub(super) fn detector(settings: &Settings) -> Value {
    let state = |plan: Plan| match settings.without.contains(&plan) {
        true => "DISABLED",
        false => "ENABLED",
    };
    let features: Vec<Value> = Plan::FEATURES
        .iter()
        .map(|(plan, name)| {
            let mut feature = Map::new();
            feature.insert("Name".to_owned(), json!(name));
            feature.insert("Status".to_owned(), json!(state(*plan)));
            // An agent that is kept while nothing listens to it is of no use, and GuardDuty refuses it.
            if *plan == Plan::RuntimeMonitoring && state(*plan) == "ENABLED" {
                let agents =
                    Plan::AGENTS.map(|(agent, name)| json!({ "Name": name, "Status": state(agent) }));
                feature.insert("AdditionalConfiguration".to_owned(), json!(agents));
            }
            Value::Object(feature)
        })
        .collect();
    json!({
        "Type": "AWS::GuardDuty::Detector",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "Enable": true,
            "FindingPublishingFrequency": settings.publishing.api_name(),
            "Features": features,
        },
    })
}

/// Suppression rules, as filters that archive. Their rank is their place by name; any that matches archives.
pub(super) fn suppressions(rules: &[Suppression]) -> Resources {
    let ranked = (1..).zip(rules);
    ranked
        .map(|(rank, rule)| {
            let resource = json!({
                "Type": "AWS::GuardDuty::Filter",
                "Metadata": metadata(&rule.owner, &rule.reason, Some(rule.expires), rule.ticket.as_deref()),
                "Properties": {
                    "DetectorId": { "Ref": "Detector" },
                    "Name": rule.name,
                    "Description": description(rule),
                    "Action": "ARCHIVE",
                    "Rank": rank,
                    "FindingCriteria": { "Criterion": criterion(rule) },
                },
            });
            (logical_id("Suppression", &rule.name), resource)
        })
        .collect()
}

fn criterion(rule: &Suppression) -> Map<String, Value> {
    let asked = rule.criteria.iter();
    asked
        .map(|(field, it)| (field.clone(), Value::Object(condition(it))))
        .collect()
}

fn condition(asked: &Condition) -> Map<String, Value> {
    let texts = [
        ("Equals", &asked.equals),
        ("NotEquals", &asked.not_equals),
        ("Matches", &asked.matches),
        ("NotMatches", &asked.not_matches),
    ];
    let numbers = [
        ("GreaterThan", asked.greater_than),
        ("GreaterThanOrEqual", asked.greater_than_or_equal),
        ("LessThan", asked.less_than),
        ("LessThanOrEqual", asked.less_than_or_equal),
    ];
    let texts = texts.into_iter().filter(|(_, values)| !values.is_empty());
    let numbers = numbers
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    texts
        .map(|(name, values)| (name.to_owned(), json!(values)))
        .chain(numbers.map(|(name, value)| (name.to_owned(), json!(value))))
        .collect()
}

/// Who answers for it, why and until when, in the characters that GuardDuty takes (API FilterDescription).
fn description(rule: &Suppression) -> String {
    let text = format!(
        "{} - until {} - {} - {}",
        rule.owner, rule.expires, rule.title, rule.reason
    );
    let is_taken = |c: char| c.is_ascii_alphanumeric() || " -.:_{}[]()/".contains(c);
    let taken: String = text.chars().map(|c| if is_taken(c) { c } else { ' ' }).collect();
    let words = taken.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(LONGEST_DESCRIPTION).collect()
}

/// The export and the custom detection rules.
pub(super) fn beside(settings: &Settings) -> Resources {
    let mut resources = Resources::new();
    if let Some(export) = &settings.export {
        let resource = json!({
            "Type": "AWS::GuardDuty::PublishingDestination",
            "Properties": {
                "DetectorId": { "Ref": "Detector" },
                "DestinationType": "S3",
                "DestinationProperties": { "DestinationArn": export.bucket, "KmsKeyArn": export.key },
            },
        });
        resources.insert("Export".to_owned(), resource);
    }
    for (rule, mode) in &settings.custom_rules {
        let mode = match mode {
            RuleMode::Live => "LIVE",
            RuleMode::DryRun => "DRY_RUN",
        };
        let resource = json!({
            "Type": "AWS::GuardDuty::CustomDetectionRuleAssociation",
            "DependsOn": "Detector",
            "Properties": { "RuleId": rule, "Mode": mode },
        });
        resources.insert(logical_id("CustomRule", rule), resource);
    }
    resources
}

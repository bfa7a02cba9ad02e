//! Security Hub: the hub, the aggregators, and automation rules.

use serde_json::{Map, Value, json};

use super::{Resources, logical_id::logical_id, metadata, names};
use crate::{
    automation_rule::{Asked, AutomationRule, Hub, Severity, Workflow},
    settings::Settings,
};

/// The hubs; they outlive the stack, like the detector. Security Hub's own is enabled where its findings are to come
/// together.
pub(super) fn hub(settings: &Settings) -> Resources {
    let hub = settings.hub_standards.map(|standards| {
        json!({
            "Type": "AWS::SecurityHub::Hub",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "AutoEnableControls": true,
                // One finding a control, not one a standard that has it.
                "ControlFindingGenerator": "SECURITY_CONTROL",
                "EnableDefaultStandards": standards,
            },
        })
    });
    let hub_v2 = settings.aggregated_v2.as_ref().map(|_regions| {
        json!({
            "Type": "AWS::SecurityHub::HubV2",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
        })
    });
    let hubs = [("Hub", hub), ("HubV2", hub_v2)];
    hubs.into_iter()
        .filter_map(|(id, hub)| Some((id.to_owned(), hub?)))
        .collect()
}

/// The aggregators, in the home Region.
pub(super) fn beside(settings: &Settings) -> Resources {
    let mut resources = Resources::new();
    if let Some(regions) = &settings.aggregated {
        let mut properties = Map::new();
        let mode = match names(regions) {
            Some(names) => {
                properties.insert("Regions".to_owned(), json!(names));
                "SPECIFIED_REGIONS"
            }
            None => "ALL_REGIONS",
        };
        properties.insert("RegionLinkingMode".to_owned(), json!(mode));
        let aggregator = json!({
            "Type": "AWS::SecurityHub::FindingAggregator",
            "Condition": "IsHomeRegion",
            "DependsOn": "Hub",
            "Properties": properties,
        });
        resources.insert("Aggregator".to_owned(), aggregator);
    }
    if let Some(regions) = &settings.aggregated_v2 {
        let aggregator = json!({
            "Type": "AWS::SecurityHub::AggregatorV2",
            "Condition": "IsHomeRegion",
            "DependsOn": "HubV2",
            "Properties": { "RegionLinkingMode": "SPECIFIED_REGIONS", "LinkedRegions": regions },
        });
        resources.insert("AggregatorV2".to_owned(), aggregator);
    }
    resources
}

pub(super) fn automation_rule(rule: &AutomationRule) -> (String, Value) {
    let (kind, properties) = match rule.hub {
        Hub::Cspm => ("AutomationRule", cspm(rule)),
        Hub::V2 => ("AutomationRuleV2", v2(rule)),
    };
    let resource = json!({
        "Type": format!("AWS::SecurityHub::{kind}"),
        "Metadata": metadata(&rule.owner, &rule.reason, Some(rule.expires), rule.ticket.as_deref()),
        "Properties": properties,
    });
    (logical_id("Automation", &rule.name), resource)
}

fn description(rule: &AutomationRule, longest: usize) -> String {
    let text = format!(
        "{} ({}, until {}): {}",
        rule.title, rule.owner, rule.expires, rule.reason
    );
    text.chars().take(longest).collect()
}

/// Findings in ASFF: values of a field stand in one list, whatever they are compared by.
fn cspm(rule: &AutomationRule) -> Value {
    let mut criteria = Map::new();
    for asked in &rule.criteria {
        let filters = comparisons(asked).map(|(comparison, value)| match &asked.key {
            Some(key) => json!({ "Comparison": comparison, "Key": key, "Value": value }),
            None => json!({ "Comparison": comparison, "Value": value }),
        });
        criteria.insert(asked.field.clone(), filters.collect());
    }
    let mut update = Map::new();
    if let Some(workflow) = rule.workflow {
        let status = match workflow {
            Workflow::New => "NEW",
            Workflow::Notified => "NOTIFIED",
            Workflow::Suppressed => "SUPPRESSED",
            Workflow::Resolved => "RESOLVED",
        };
        update.insert("Workflow".to_owned(), json!({ "Status": status }));
    }
    if let Some(severity) = rule.severity {
        let label = match severity {
            Severity::Informational => "INFORMATIONAL",
            Severity::Low => "LOW",
            Severity::Medium => "MEDIUM",
            Severity::High => "HIGH",
            Severity::Critical => "CRITICAL",
        };
        update.insert("Severity".to_owned(), json!({ "Label": label }));
    }
    if let Some(note) = &rule.note {
        update.insert(
            "Note".to_owned(),
            json!({ "Text": note, "UpdatedBy": rule.owner }),
        );
    }
    json!({
        "RuleName": rule.name,
        "RuleOrder": rule.order,
        "RuleStatus": "ENABLED",
        "IsTerminal": rule.is_last,
        "Description": description(rule, 1024),
        "Criteria": criteria,
        "Actions": [{ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": update }],
    })
}

/// Findings in OCSF: of what a field is one is enough, of what it isn't all must be, and all fields must hold.
fn v2(rule: &AutomationRule) -> Value {
    let mut composites = Vec::new();
    for asked in &rule.criteria {
        for (negative, operator) in [(false, "OR"), (true, "AND")] {
            let filters: Vec<Value> = comparisons(asked)
                .filter(|(comparison, _)| comparison.contains("NOT_") == negative)
                .map(|(comparison, value)| {
                    let filter = match &asked.key {
                        Some(key) => json!({ "Comparison": comparison, "Key": key, "Value": value }),
                        None => json!({ "Comparison": comparison, "Value": value }),
                    };
                    json!({ "FieldName": asked.field, "Filter": filter })
                })
                .collect();
            if !filters.is_empty() {
                let list = match asked.key {
                    Some(_) => "MapFilters",
                    None => "StringFilters",
                };
                composites.push(json!({ "Operator": operator, list: filters }));
            }
        }
    }
    let mut update = Map::new();
    // OCSF 1.x, Detection Finding: `status_id` and `severity_id`.
    if let Some(workflow) = rule.workflow {
        let status = match workflow {
            Workflow::New => 1,
            Workflow::Notified => 2,
            Workflow::Suppressed => 3,
            Workflow::Resolved => 4,
        };
        update.insert("StatusId".to_owned(), json!(status));
    }
    if let Some(severity) = rule.severity {
        let level = match severity {
            Severity::Informational => 1,
            Severity::Low => 2,
            Severity::Medium => 3,
            Severity::High => 4,
            Severity::Critical => 5,
        };
        update.insert("SeverityId".to_owned(), json!(level));
    }
    if let Some(note) = &rule.note {
        update.insert("Comment".to_owned(), json!(note));
    }
    json!({
        "RuleName": rule.name,
        "RuleOrder": rule.order,
        "RuleStatus": "ENABLED",
        "Description": description(rule, 256),
        "Criteria": {
            "OcsfFindingCriteria": { "CompositeOperator": "AND", "CompositeFilters": composites },
        },
        "Actions": [{ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": update }],
    })
}

fn comparisons(asked: &Asked) -> impl Iterator<Item = (&'static str, &String)> {
    let compared = asked.compared.iter();
    compared.flat_map(|(comparison, values)| values.iter().map(move |value| (*comparison, value)))
}

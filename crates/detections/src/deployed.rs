//! What is deployed in an account and Region, as AWS's APIs answer, held against what the files say. Whoever asks AWS
//! gives the answers; nothing is asked here.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    address_list::{ListForm, ListKind},
    change::{Weakening, changes},
    event_rule::NAME_PREFIX,
    settings::Plan,
};

/// What AWS answered.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// `guardduty:GetDetector`; none if there is no detector.
    pub detector: Option<Value>,
    /// `guardduty:GetFilter` of each filter.
    pub filters: Vec<Value>,
    /// `guardduty:GetTrustedEntitySet`, `GetThreatEntitySet`, `GetIPSet` and `GetThreatIntelSet` of each list.
    pub lists: Vec<(ListForm, ListKind, Value)>,
    /// `securityhub:DescribeHub`; none if it isn't enabled.
    pub hub: Option<Value>,
    /// `securityhub:BatchGetAutomationRules`: each rule.
    pub automation_rules: Vec<Value>,
    /// `events:ListRules` of those that detections over CloudTrail are named by: each rule.
    pub event_rules: Vec<Value>,
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What it is about, such as `filter/office-scanner`.
    pub of: String,
    /// Which of its properties; empty if all of it is there or not.
    pub property: String,
    /// As it is deployed; none if it isn't there.
    pub now: Option<Value>,
    /// As the files say; none if they don't.
    pub after: Option<Value>,
    /// How what is deployed finds less than the files say; none if it doesn't.
    pub drift: Option<Weakening>,
}

/// What is deployed against what a compiled template says. `list_bucket` is where the template's lists were uploaded to.
pub fn differences(template: &Value, list_bucket: &str, answers: &Answers) -> Vec<Difference> {
    let (said, is) = (expected(template, list_bucket), found(answers));
    changes(&document(&said), &document(&is))
        .into_iter()
        // Of what the files don't know only what finds less is anybody's business here: all else finds more.
        .filter(|change| said.contains_key(&change.resource) || change.weakening.is_some())
        .map(|change| Difference {
            of: change.resource,
            property: change.property,
            now: change.after,
            after: change.now,
            drift: change.weakening,
        })
        .collect()
}

fn document(resources: &Map<String, Value>) -> Value {
    json!({ "Resources": resources })
}

fn resource(kind: &str, properties: Value) -> Value {
    json!({ "Type": format!("AWS::{kind}"), "Properties": properties })
}

/// What of a template is compared, under the names that people and AWS know it by.
fn expected(template: &Value, list_bucket: &str) -> Map<String, Value> {
    let resources = template.get("Resources").and_then(Value::as_object);
    let resources = resources.into_iter().flatten();
    resources
        .filter_map(|(_, resource)| {
            let properties = resource.get("Properties")?;
            let kind = resource.get("Type")?.as_str()?.strip_prefix("AWS::")?;
            let name = |field: &str| properties.get(field).and_then(Value::as_str);
            let (of, properties) = match kind {
                "GuardDuty::Detector" => ("detector".to_owned(), properties.clone()),
                "GuardDuty::Filter" => (
                    format!("filter/{}", name("Name")?),
                    picked(properties, &["Action", "FindingCriteria"]),
                ),
                "SecurityHub::Hub" => (
                    "hub".to_owned(),
                    picked(properties, &["AutoEnableControls", "ControlFindingGenerator"]),
                ),
                "SecurityHub::AutomationRule" => (
                    format!("automation-rule/{}", name("RuleName")?),
                    picked(properties, &RULE_PROPERTIES),
                ),
                "Events::Rule" => (
                    format!("event-rule/{}", name("Name")?.strip_prefix(NAME_PREFIX)?),
                    picked(properties, &["State", "EventPattern"]),
                ),
                _ => {
                    let (form, kind) = kind_of_list(kind)?;
                    let location = properties.pointer("/Location/Fn::Sub")?.as_str()?;
                    let location = location.replace("${ListBucket}", list_bucket);
                    let active = json!({ "Location": location, "Activate": true });
                    (list_id(form, kind, name("Name")?), active)
                }
            };
            Some((of, resource_of(kind, properties)))
        })
        .collect()
}

fn resource_of(kind: &str, properties: Value) -> Value {
    resource(kind, normal(properties))
}

/// What a rule of Security Hub CSPM's is.
const RULE_PROPERTIES: [&str; 5] = ["RuleOrder", "RuleStatus", "IsTerminal", "Criteria", "Actions"];

const LISTS: [(&str, ListForm, ListKind); 4] = [
    (
        "GuardDuty::TrustedEntitySet",
        ListForm::Entities,
        ListKind::Trusted,
    ),
    ("GuardDuty::ThreatEntitySet", ListForm::Entities, ListKind::Threat),
    ("GuardDuty::IPSet", ListForm::Addresses, ListKind::Trusted),
    ("GuardDuty::ThreatIntelSet", ListForm::Addresses, ListKind::Threat),
];

fn kind_of_list(kind: &str) -> Option<(ListForm, ListKind)> {
    let mut lists = LISTS.iter();
    lists
        .find(|(name, ..)| *name == kind)
        .map(|(_, form, kind)| (*form, *kind))
}

fn list_id(form: ListForm, kind: ListKind, name: &str) -> String {
    let of = match (form, kind) {
        (ListForm::Entities, ListKind::Trusted) => "trusted-entities",
        (ListForm::Entities, ListKind::Threat) => "threat-entities",
        (ListForm::Addresses, ListKind::Trusted) => "trusted-addresses",
        (ListForm::Addresses, ListKind::Threat) => "threat-addresses",
    };
    format!("{of}/{name}")
}

/// The same of what AWS answered.
fn found(answers: &Answers) -> Map<String, Value> {
    let mut found = Map::new();
    if let Some(detector) = &answers.detector {
        found.insert(
            "detector".to_owned(),
            resource("GuardDuty::Detector", of_detector(detector)),
        );
    }
    for filter in &answers.filters {
        if let Some(name) = text(filter, "name") {
            let properties = json!({
                "Action": filter.get("action"),
                "FindingCriteria": { "Criterion": criterion(filter) },
            });
            found.insert(
                format!("filter/{name}"),
                resource_of("GuardDuty::Filter", properties),
            );
        }
    }
    for (form, kind, list) in &answers.lists {
        let mut types = LISTS.iter();
        let of_type = types.find(|(_, its_form, its_kind)| (its_form, its_kind) == (form, kind));
        if let (Some(name), Some((of_type, ..))) = (text(list, "name"), of_type) {
            let is_active = matches!(text(list, "status"), Some("ACTIVE" | "ACTIVATING"));
            let location = text(list, "location").map(by_uri);
            let properties = json!({ "Location": location, "Activate": is_active });
            found.insert(list_id(*form, *kind, name), resource_of(of_type, properties));
        }
    }
    if let Some(hub) = &answers.hub {
        let properties = picked(hub, &["AutoEnableControls", "ControlFindingGenerator"]);
        found.insert("hub".to_owned(), resource_of("SecurityHub::Hub", properties));
    }
    for rule in &answers.automation_rules {
        if let Some(name) = text(rule, "RuleName") {
            let properties = picked(rule, &RULE_PROPERTIES);
            found.insert(
                format!("automation-rule/{name}"),
                resource_of("SecurityHub::AutomationRule", properties),
            );
        }
    }
    for rule in &answers.event_rules {
        if let Some(name) = text(rule, "Name").and_then(|name| name.strip_prefix(NAME_PREFIX)) {
            let pattern =
                text(rule, "EventPattern").and_then(|text| serde_json::from_str::<Value>(text).ok());
            let properties = json!({ "State": rule.get("State"), "EventPattern": pattern });
            found.insert(
                format!("event-rule/{name}"),
                resource_of("Events::Rule", properties),
            );
        }
    }
    found
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field).and_then(Value::as_str)
}

fn picked(value: &Value, fields: &[&str]) -> Value {
    let found = fields
        .iter()
        .filter_map(|field| Some(((*field).to_owned(), value.get(*field)?.clone())));
    Value::Object(found.collect())
}

/// `GetDetector` in the words of CloudFormation, with the plans that can be switched.
fn of_detector(detector: &Value) -> Value {
    let listed = detector
        .get("features")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let features: Vec<Value> = listed
        .filter_map(|feature| {
            let (name, status) = (text(feature, "name")?, text(feature, "status")?);
            let is_known = Plan::FEATURES.iter().any(|(_, known)| *known == name);
            let mut its = Map::new();
            its.insert("Name".to_owned(), json!(name));
            its.insert("Status".to_owned(), json!(status));
            let agents = feature.get("additionalConfiguration").and_then(Value::as_array);
            let agents: Vec<Value> = agents
                .into_iter()
                .flatten()
                .filter_map(|agent| Some((text(agent, "name")?, text(agent, "status")?)))
                .filter(|(name, _)| Plan::AGENTS.iter().any(|(_, known)| known == name))
                .map(|(name, status)| json!({ "Name": name, "Status": status }))
                .collect();
            if status == "ENABLED" && !agents.is_empty() {
                its.insert("AdditionalConfiguration".to_owned(), json!(agents));
            }
            is_known.then_some(Value::Object(its))
        })
        .collect();
    json!({
        "Enable": text(detector, "status") == Some("ENABLED"),
        "FindingPublishingFrequency": detector.get("findingPublishingFrequency"),
        "Features": features,
    })
}

/// What a filter asks, in CloudFormation's words. AWS gives older names beside the newer ones, or instead of
/// them; the newer one counts.
fn criterion(filter: &Value) -> Value {
    let asked = filter
        .pointer("/findingCriteria/criterion")
        .and_then(Value::as_object);
    let fields = asked.into_iter().flatten().map(|(field, asked)| {
        let asked = asked.as_object().into_iter().flatten();
        let of_value = |value: &Value| value.as_array().is_none_or(|values| !values.is_empty());
        let (older, newer): (Vec<_>, Vec<_>) = asked
            .filter(|(_, value)| of_value(value))
            .partition(|(name, _)| older_name(name).is_some());
        let older = older
            .into_iter()
            .filter_map(|(name, value)| Some((older_name(name)?.to_owned(), value.clone())));
        let newer = newer
            .into_iter()
            .map(|(name, value)| (capitalized(name), value.clone()));
        let condition: Map<String, Value> = older.chain(newer).collect();
        (field.clone(), Value::Object(condition))
    });
    Value::Object(fields.collect())
}

/// What an older name of a comparison is called today.
fn older_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "eq" => "Equals",
        "neq" => "NotEquals",
        "gt" => "GreaterThan",
        "gte" => "GreaterThanOrEqual",
        "lt" => "LessThan",
        "lte" => "LessThanOrEqual",
        _ => return None,
    })
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// An object by its URI, however the list was made to name it.
fn by_uri(location: &str) -> String {
    let Some(rest) = location
        .strip_prefix("https://")
        .or_else(|| location.strip_prefix("http://"))
    else {
        return location.to_owned();
    };
    match rest.split_once('/') {
        Some((host, path)) if host.starts_with("s3.") || host.starts_with("s3-") => format!("s3://{path}"),
        Some((host, path)) => match host.split_once(".s3") {
            Some((bucket, _)) => format!("s3://{bucket}/{path}"),
            None => location.to_owned(),
        },
        None => location.to_owned(),
    }
}

/// Without what is null, and with whole numbers as such.
fn normal(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, normal(value)))
            .collect(),
        Value::Array(values) => values.into_iter().map(normal).collect(),
        Value::Number(number) if number.is_f64() => {
            let whole = number.as_f64().filter(|number| number.fract() == 0.0);
            let whole = whole.and_then(|whole| format!("{whole:.0}").parse::<i64>().ok());
            whole.map_or(Value::Number(number), Value::from)
        }
        other => other,
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = crate::change::shown;
        if let Some(drift) = self.drift {
            write!(f, "DRIFT, {drift}: ")?;
        }
        match (self.property.as_str(), &self.now, &self.after) {
            ("", Some(_), None) => write!(f, "{} is in no file", shown(Some(&Value::from(self.of.as_str())))),
            ("", _, _) => write!(f, "{} isn't there: a deployment makes it", self.of),
            (property, now, after) => write!(
                f,
                "{} {property}: {} → {}",
                self.of,
                shown(now.as_ref()),
                shown(after.as_ref())
            ),
        }
    }
}

//! What differs between two templates, now → after, and what of it finds less: a new suppression, a plan that is off, a
//! trusted list that is another.

use std::{collections::BTreeMap, fmt};

use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Map, Value};

/// Resources that are gone or new are in no need of each of their values.
const WHOLE: &str = "";

/// How something finds less than it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weakening {
    /// A filter hides what nothing hid.
    Suppression,
    /// The detector is off, or no longer kept as the files say.
    Detector,
    /// A plan is off.
    Plan,
    /// What is seen again is sent later.
    Publishing,
    /// Something else is trusted.
    TrustedList,
    /// A threat list is gone, or another.
    ThreatList,
    /// A rule of Security Hub's suppresses or resolves.
    AutomationRule,
    /// A detection over CloudTrail, or a custom rule, is gone, off or another.
    Detection,
    /// Findings are no longer brought together, or kept.
    Gathering,
}

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The resource's logical id.
    pub resource: String,
    /// Its type, such as `AWS::GuardDuty::Filter`.
    pub kind: String,
    /// Which of its properties, with dots; empty if all of it is new or gone.
    pub property: String,
    /// What is there; none if nothing is.
    pub now: Option<Value>,
    /// What will be; none if nothing will.
    pub after: Option<Value>,
    /// How it finds less; none if it doesn't.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weakening: Option<Weakening>,
}

/// A template that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("the template can't be read")]
pub struct NoTemplate(#[from] serde_saphyr::Error);

/// Reads a compiled template.
pub fn parse(text: &str) -> Result<Value, NoTemplate> {
    Ok(serde_saphyr::from_str(text)?)
}

/// A template as compiling would make it on a day: without what has ended since. What is left out is named.
pub fn without_ended(template: &Value, today: Date) -> (Value, Vec<String>) {
    let has_ended = |resource: &Value| {
        let end = resource.pointer("/Metadata/Backstop/Expires");
        let end = end
            .and_then(Value::as_str)
            .and_then(|text| text.parse::<Date>().ok());
        end.is_some_and(|end| end < today)
    };
    let mut template = template.clone();
    let mut ended = Vec::new();
    if let Some(resources) = template.get_mut("Resources").and_then(Value::as_object_mut) {
        resources.retain(|id, resource| {
            let stays = !has_ended(resource);
            if !stays {
                ended.push(id.clone());
            }
            stays
        });
    }
    (template, ended)
}

/// What a deployment would change, by resource and property.
pub fn changes(now: &Value, after: &Value) -> Vec<Change> {
    let (now, after) = (resources(now), resources(after));
    let mut ids: Vec<&String> = now.keys().chain(after.keys()).copied().collect();
    ids.sort();
    ids.dedup();
    let mut changes = Vec::new();
    for id in ids {
        match (now.get(id), after.get(id)) {
            (Some(now), Some(after)) if kind(now) == kind(after) => changed(id, now, after, &mut changes),
            (now, after) => {
                // Of a resource of another type the old one goes and the new one comes.
                changes.extend(now.map(|now| whole(id, now, true)));
                changes.extend(after.map(|after| whole(id, after, false)));
            }
        }
    }
    changes
}

fn resources(template: &Value) -> BTreeMap<&String, &Value> {
    let found = template.get("Resources").and_then(Value::as_object);
    found.into_iter().flatten().collect()
}

fn kind(resource: &Value) -> &str {
    resource.get("Type").and_then(Value::as_str).unwrap_or_default()
}

fn whole(id: &str, resource: &Value, is_gone: bool) -> Change {
    let properties = resource.get("Properties").cloned().unwrap_or(Value::Null);
    let weakening = match is_gone {
        true => weakening_of_loss(kind(resource)),
        false => weakening_of_gain(kind(resource), &properties),
    };
    let (now, after) = match is_gone {
        true => (Some(properties), None),
        false => (None, Some(properties)),
    };
    Change {
        resource: id.to_owned(),
        kind: kind(resource).to_owned(),
        property: WHOLE.to_owned(),
        now,
        after,
        weakening,
    }
}

fn changed(id: &str, now: &Value, after: &Value, changes: &mut Vec<Change>) {
    let (was, will) = (flat(now), flat(after));
    let mut properties: Vec<&String> = was.keys().chain(will.keys()).collect();
    properties.sort();
    properties.dedup();
    for property in properties {
        let (was, will) = (was.get(property), will.get(property));
        if was != will {
            let mut change = Change {
                resource: id.to_owned(),
                kind: kind(after).to_owned(),
                property: property.clone(),
                now: was.cloned(),
                after: will.cloned(),
                weakening: None,
            };
            change.weakening = weakening_of_change(&change, after);
            changes.push(change);
        }
    }
}

/// The properties one by one: what stands in objects by its path, elements of lists by their `Name` if they have one.
fn flat(resource: &Value) -> BTreeMap<String, Value> {
    let mut flat = BTreeMap::new();
    if let Some(properties) = resource.get("Properties") {
        flatten(String::new(), properties, &mut flat);
    }
    flat
}

fn flatten(path: String, value: &Value, flat: &mut BTreeMap<String, Value>) {
    let below = |name: &str| match path.as_str() {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    match value {
        Value::Object(fields) if !fields.is_empty() && !is_function(fields) => {
            for (name, value) in fields {
                flatten(below(name), value, flat);
            }
        }
        Value::Array(values) if !values.is_empty() && values.iter().all(|it| name_of(it).is_some()) => {
            for value in values {
                if let (Some(name), Some(fields)) = (name_of(value), value.as_object()) {
                    let others = fields.iter().filter(|(key, _)| *key != "Name");
                    for (key, value) in others {
                        flatten(below(&format!("{name}.{key}")), value, flat);
                    }
                }
            }
        }
        // Lists of what is asked have no order that means something.
        Value::Array(values) if values.iter().all(Value::is_string) => {
            let mut sorted = values.clone();
            sorted.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            flat.insert(path, Value::Array(sorted));
        }
        _ => {
            flat.insert(path, value.clone());
        }
    }
}

fn name_of(value: &Value) -> Option<&str> {
    value.get("Name").and_then(Value::as_str)
}

/// `Ref`, `Fn::Sub`, …: one value, whatever stands in it.
fn is_function(fields: &Map<String, Value>) -> bool {
    fields.len() == 1 && fields.keys().all(|key| key == "Ref" || key.starts_with("Fn::"))
}

fn weakening_of_loss(kind: &str) -> Option<Weakening> {
    Some(match kind {
        "AWS::GuardDuty::Detector" => Weakening::Detector,
        "AWS::GuardDuty::ThreatEntitySet" | "AWS::GuardDuty::ThreatIntelSet" => Weakening::ThreatList,
        "AWS::GuardDuty::CustomDetectionRuleAssociation" | "AWS::Events::Rule" => Weakening::Detection,
        "AWS::GuardDuty::PublishingDestination"
        | "AWS::SecurityHub::Hub"
        | "AWS::SecurityHub::HubV2"
        | "AWS::SecurityHub::FindingAggregator"
        | "AWS::SecurityHub::AggregatorV2"
        | "AWS::SNS::Subscription" => Weakening::Gathering,
        _ => return None,
    })
}

fn weakening_of_gain(kind: &str, properties: &Value) -> Option<Weakening> {
    Some(match kind {
        "AWS::GuardDuty::Filter" if properties.get("Action").is_some_and(|it| it == "ARCHIVE") => {
            Weakening::Suppression
        }
        "AWS::GuardDuty::TrustedEntitySet" | "AWS::GuardDuty::IPSet" => Weakening::TrustedList,
        "AWS::SecurityHub::AutomationRule" | "AWS::SecurityHub::AutomationRuleV2" if hides(properties) => {
            Weakening::AutomationRule
        }
        _ => return None,
    })
}

/// Whether a rule of Security Hub's suppresses or resolves.
fn hides(properties: &Value) -> bool {
    let update = properties.pointer("/Actions/0/FindingFieldsUpdate");
    let status = update.and_then(|it| it.pointer("/Workflow/Status"));
    let status_id = update.and_then(|it| it.get("StatusId")).and_then(Value::as_u64);
    status.is_some_and(|it| it == "SUPPRESSED" || it == "RESOLVED")
        || status_id.is_some_and(|it| (3..=4).contains(&it))
}

fn weakening_of_change(change: &Change, after: &Value) -> Option<Weakening> {
    let properties = after.get("Properties").unwrap_or(&Value::Null);
    let property = change.property.as_str();
    let becomes = |value: &str| change.after.as_ref().is_some_and(|it| it == value);
    Some(match change.kind.as_str() {
        "AWS::GuardDuty::Detector" => match property {
            "Enable" if change.after != Some(Value::Bool(true)) => Weakening::Detector,
            "FindingPublishingFrequency" if !becomes("FIFTEEN_MINUTES") => Weakening::Publishing,
            _ if property.starts_with("Features.") && !becomes("ENABLED") => Weakening::Plan,
            _ => return None,
        },
        "AWS::GuardDuty::Filter" if property.starts_with("FindingCriteria") || property == "Action" => {
            return weakening_of_gain("AWS::GuardDuty::Filter", properties);
        }
        // What isn't active any more trusts nobody.
        "AWS::GuardDuty::TrustedEntitySet" | "AWS::GuardDuty::IPSet"
            if property != "Activate" || change.after == Some(Value::Bool(true)) =>
        {
            Weakening::TrustedList
        }
        "AWS::GuardDuty::ThreatEntitySet" | "AWS::GuardDuty::ThreatIntelSet"
            if property != "Activate" || change.after != Some(Value::Bool(true)) =>
        {
            Weakening::ThreatList
        }
        "AWS::SecurityHub::AutomationRule" | "AWS::SecurityHub::AutomationRuleV2"
            if property.starts_with("Criteria") || property.starts_with("Actions") =>
        {
            return hides(properties).then_some(Weakening::AutomationRule);
        }
        "AWS::GuardDuty::CustomDetectionRuleAssociation" if !becomes("LIVE") => Weakening::Detection,
        "AWS::Events::Rule" if property.starts_with("EventPattern") || property.starts_with("Targets") => {
            Weakening::Detection
        }
        "AWS::Events::Rule" if property == "State" && becomes("DISABLED") => Weakening::Detection,
        "AWS::GuardDuty::PublishingDestination"
        | "AWS::SecurityHub::FindingAggregator"
        | "AWS::SecurityHub::AggregatorV2" => Weakening::Gathering,
        _ => return None,
    })
}

impl fmt::Display for Weakening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Suppression => "hides findings",
            Self::Detector => "the detector is off or left to itself",
            Self::Plan => "a plan is off",
            Self::Publishing => "findings come later",
            Self::TrustedList => "something else is trusted",
            Self::ThreatList => "a threat list is another or gone",
            Self::AutomationRule => "findings are suppressed or resolved",
            Self::Detection => "a detection is another, off or gone",
            Self::Gathering => "findings are no longer brought together, kept or told as they were",
        })
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.strip_prefix("AWS::").unwrap_or(&self.kind);
        match (self.property.as_str(), &self.now, &self.after) {
            (WHOLE, Some(_), None) => write!(f, "- {} ({kind})", self.resource)?,
            (WHOLE, _, _) => write!(f, "+ {} ({kind})", self.resource)?,
            (property, now, after) => write!(
                f,
                "~ {} ({kind}) {property}: {} → {}",
                self.resource,
                shown(now.as_ref()),
                shown(after.as_ref())
            )?,
        }
        match self.weakening {
            Some(weakening) => write!(f, "  FINDS LESS: {weakening}"),
            None => Ok(()),
        }
    }
}

/// A value in one harmless line.
pub(crate) fn shown(value: Option<&Value>) -> String {
    let text = match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    backstop_core::text::bounded(&backstop_core::text::sanitize(&text), 200)
}

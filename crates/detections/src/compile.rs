//! The template of CloudFormation that follows from the files, for every account and Region that it is deployed to.

mod events;
mod guardduty;
mod lists;
mod logical_id;
mod security_hub;

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::{
    lint::LintReport,
    settings::{Regions, Settings},
};

pub use lists::{CompiledList, compiled_list};

/// Why there is no template.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// Filters and lists belong to a detector.
    #[error("there is no `detections/settings.yaml`, which says how the detector is")]
    NoSettings,
    /// A document can't be written as YAML.
    #[error("writing a template")]
    Yaml(#[from] serde_saphyr::ser::Error),
}

/// What is deployed.
#[derive(Clone, Debug, PartialEq)]
pub struct Compiled {
    /// All of it.
    pub template: Value,
    /// What is there already in most accounts, in the same words: CloudFormation imports nothing beside what is new.
    pub import: Value,
    /// The lists, as they are uploaded.
    pub lists: Vec<CompiledList>,
}

impl Compiled {
    /// Whether it says anything of Security Hub.
    pub fn needs_security_hub(&self) -> bool {
        let resources = self.template.get("Resources").and_then(Value::as_object);
        let mut resources = resources.into_iter().flatten();
        resources.any(|(_, resource)| {
            let kind = resource.get("Type").and_then(Value::as_str);
            kind.is_some_and(|kind| kind.starts_with("AWS::SecurityHub::"))
        })
    }
}

/// Compiles what a lint let through.
pub fn compile(report: &LintReport) -> Result<Compiled, CompileError> {
    let settings = report.settings.as_ref().ok_or(CompileError::NoSettings)?;
    let kept = kept(settings);
    let mut resources = kept.clone();
    resources.extend(guardduty::suppressions(&report.suppressions));
    resources.extend(guardduty::beside(settings));
    let lists: Vec<CompiledList> = report
        .address_lists
        .iter()
        .filter(|list| !list.entries.is_empty())
        .map(compiled_list)
        .collect();
    resources.extend(lists.iter().map(CompiledList::resource));
    resources.extend(security_hub::beside(settings));
    resources.extend(report.automation_rules.iter().map(security_hub::automation_rule));
    resources.extend(events::resources(&report.event_rules));
    let mut template = head(
        "GuardDuty, Security Hub and detections over CloudTrail, compiled from `detections/` by Backstop.",
        resources,
    );
    if let Some(whole) = template.as_object_mut() {
        let parameters = parameters(settings, !lists.is_empty(), !report.event_rules.is_empty());
        let conditions = conditions(settings, !report.event_rules.is_empty());
        for (key, value) in [("Parameters", parameters), ("Conditions", conditions)] {
            if !value.is_empty() {
                whole.insert(key.to_owned(), Value::Object(value));
            }
        }
        whole.insert(
            "Outputs".to_owned(),
            outputs(&lists, !report.event_rules.is_empty()),
        );
    }
    let import = head(
        "What is imported where GuardDuty or Security Hub is enabled already, before the whole template is deployed.",
        kept,
    );
    Ok(Compiled {
        template,
        import,
        lists,
    })
}

/// A template's text, which begins by saying what it is made from.
pub fn text(template: &Value) -> Result<String, CompileError> {
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    let yaml = serde_saphyr::to_string_with_options(template, options)?;
    Ok(format!(
        "# Compiled by `backstop detections compile` from `detections/`: edit those files.\n{yaml}"
    ))
}

fn head(description: &str, resources: Resources) -> Value {
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": description,
        "Resources": resources,
    })
}

type Resources = Map<String, Value>;

/// What an account has once: it outlives the stack, or deleting the stack would blind the account.
fn kept(settings: &Settings) -> Resources {
    let mut resources = Resources::new();
    resources.insert("Detector".to_owned(), guardduty::detector(settings));
    resources.extend(security_hub::hub(settings));
    resources
}

fn parameters(settings: &Settings, has_lists: bool, has_event_rules: bool) -> Map<String, Value> {
    let mut parameters = Map::new();
    if settings.aggregated.is_some() || settings.aggregated_v2.is_some() {
        parameters.insert(
            "HomeRegion".to_owned(),
            json!({ "Type": "String", "Description": "The Region in which Security Hub shows the findings of the others" }),
        );
    }
    if has_lists {
        parameters.insert(
            "ListBucket".to_owned(),
            json!({
                "Type": "String",
                "Description": "The bucket that `detections/compiled-lists` was uploaded to, in this Region",
            }),
        );
        parameters.insert(
            "ListBucketOwner".to_owned(),
            json!({
                "Type": "String",
                "AllowedPattern": "[0-9]{12}",
                "Description": "The account that owns the bucket: a list is read from no other's",
            }),
        );
    }
    if has_event_rules {
        parameters.insert(
            "AlertEmail".to_owned(),
            json!({
                "Type": "String",
                "Default": "",
                "Description": "Who hears of event rules; nobody by mail if this is empty",
            }),
        );
    }
    parameters
}

fn conditions(settings: &Settings, has_event_rules: bool) -> Map<String, Value> {
    let mut conditions = Map::new();
    if settings.aggregated.is_some() || settings.aggregated_v2.is_some() {
        conditions.insert(
            "IsHomeRegion".to_owned(),
            json!({ "Fn::Equals": [{ "Ref": "AWS::Region" }, { "Ref": "HomeRegion" }] }),
        );
    }
    if has_event_rules {
        conditions.insert(
            "HasAlertEmail".to_owned(),
            json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": "AlertEmail" }, ""] }] }),
        );
    }
    conditions
}

/// What is asked of AWS afterwards: whether lists are active, and who else should hear of event rules.
fn outputs(lists: &[CompiledList], has_event_rules: bool) -> Value {
    let mut outputs = Map::new();
    outputs.insert(
        "DetectorId".to_owned(),
        json!({ "Description": "The detector", "Value": { "Ref": "Detector" } }),
    );
    for list in lists.iter().filter(|list| list.has_status()) {
        outputs.insert(
            format!("{}Status", list.logical_id),
            json!({
                "Description": "ACTIVE once GuardDuty uses it: within 40 minutes",
                "Value": { "Fn::GetAtt": [list.logical_id, "Status"] },
            }),
        );
    }
    if has_event_rules {
        outputs.insert(
            "AlertsTopic".to_owned(),
            json!({ "Description": "What event rules tell", "Value": { "Ref": "AlertsTopic" } }),
        );
    }
    Value::Object(outputs)
}

/// Who answers for a resource, beside it: CloudFormation keeps it and shows it to nobody else.
fn metadata(owner: &str, reason: &str, expires: Option<Date>, ticket: Option<&str>) -> Value {
    let mut metadata = Map::new();
    metadata.insert("Owner".to_owned(), json!(owner));
    metadata.insert("Reason".to_owned(), json!(reason));
    if let Some(end) = expires {
        metadata.insert("Expires".to_owned(), json!(end.to_string()));
    }
    if let Some(ticket) = ticket {
        metadata.insert("Ticket".to_owned(), json!(ticket));
    }
    json!({ "Backstop": metadata })
}

/// The names of Regions, for a property that takes them.
fn names(regions: &Regions) -> Option<&[String]> {
    match regions {
        Regions::All => None,
        Regions::Named(names) => Some(names),
    }
}

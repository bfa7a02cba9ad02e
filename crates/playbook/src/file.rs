//! `playbook.yaml` as it is written: every value that a check can refuse keeps its place in the file.

mod options;

use std::{borrow::Cow, collections::BTreeMap};

use backstop_core::{
    Mode, TargetKind,
    finding::{self, ResourceRole, SeverityLabel},
    log::Phase,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{known, playbook::Link};

/// A Backstop playbook: which findings it answers, on what target, with which steps.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Backstop playbook")]
pub(crate) struct PlaybookFile {
    /// A short name for people.
    #[schemars(with = "String", length(min = 1))]
    pub(crate) title: Spanned<String>,
    /// What it does and when, for people who are woken by it.
    #[schemars(with = "String", length(min = 1))]
    pub(crate) summary: Spanned<String>,
    /// The findings it answers.
    pub(crate) triggers: TriggersFile,
    /// The kinds of target it answers. Left out: every kind, also those that come with later versions; only of a
    /// playbook without steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<TargetKind>", length(min = 1))]
    pub(crate) targets: Option<Spanned<Vec<Spanned<TargetKind>>>>,
    /// How far it goes by itself; the stack's `MaximumMode` and guardrails may lower it.
    #[schemars(with = "Mode")]
    pub(crate) mode: Spanned<Mode>,
    /// The steps by phase, in the order contain, preserve, investigate, eradicate, recover. Without `contain`
    /// the playbook contains nothing and only tells people.
    #[schemars(with = "Vec<PhaseFile>")]
    pub(crate) phases: Spanned<Vec<PhaseFile>>,
    /// Where to read on.
    #[serde(default)]
    pub(crate) links: Vec<Link>,
    /// MITRE ATT&CK technique ids, such as `T1078.004`.
    #[serde(default)]
    #[schemars(with = "Vec<String>", inner(regex(pattern = r"^T\d{4}(\.\d{3})?$")))]
    pub(crate) attack: Vec<Spanned<String>>,
    /// Sample findings and what must come of them; empty only if only people run it (`manual`).
    #[schemars(with = "Vec<TestFile>")]
    pub(crate) tests: Spanned<Vec<TestFile>>,
}

impl PlaybookFile {
    /// The kinds of target as they are written; none where every kind is meant.
    pub(crate) fn written_targets(&self) -> &[Spanned<TargetKind>] {
        self.targets.as_ref().map_or(&[], |targets| &targets.value)
    }
}

/// The findings a playbook answers: one of the lists must match, here or under `grounds`, and all else must hold.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TriggersFile {
    /// Triggers by what they prove. A playbook that goes as far as `auto` names all of its triggers here.
    #[serde(default)]
    #[schemars(with = "Vec<GroundsFile>")]
    pub(crate) grounds: Vec<Spanned<GroundsFile>>,
    /// GuardDuty finding types; `*` stands for any run of characters.
    #[serde(default)]
    #[schemars(schema_with = "finding_types")]
    pub(crate) finding_types: Vec<Spanned<String>>,
    /// GuardDuty finding types that are answered only where the resource attacks (`resourceRole` is `ACTOR`): of an
    /// instance that guesses passwords, not of one whose passwords are guessed.
    #[serde(default)]
    #[schemars(schema_with = "finding_types")]
    pub(crate) actor_finding_types: Vec<Spanned<String>>,
    /// Event type codes of AWS Health about credentials and abuse, such as `AWS_RISK_CREDENTIALS_EXPOSED`; `*` stands
    /// for any run of characters.
    #[serde(default)]
    #[schemars(schema_with = "health_events")]
    pub(crate) health_events: Vec<Spanned<String>>,
    /// Security Hub control ids, such as `S3.2`; with `*`, the known controls that match.
    #[serde(default)]
    #[schemars(schema_with = "controls")]
    pub(crate) controls: Vec<Spanned<String>>,
    /// AWS products whose findings are answered whatever their type, such as `Macie`.
    #[serde(default)]
    #[schemars(schema_with = "products")]
    pub(crate) products: Vec<Spanned<String>>,
    /// Whether any finding is answered that a person sends by a Security Hub custom action.
    #[serde(default)]
    pub(crate) custom_actions: bool,
    /// Whether only people run it, by `backstop run`: no finding starts it, so it has no sample finding and no
    /// drill.
    #[schemars(with = "Option<bool>")]
    pub(crate) manual: Option<Spanned<bool>>,
    /// Findings below this severity are not answered.
    pub(crate) severity_floor: Option<SeverityLabel>,
    /// Only findings in which the resource is attacked (`target`) or attacks (`actor`).
    pub(crate) resource_role: Option<ResourceRole>,
}

impl TriggersFile {
    /// Every list of triggers that stands outside `grounds`.
    pub(crate) const fn lists(&self) -> [&Vec<Spanned<String>>; 4] {
        [
            &self.finding_types,
            &self.actor_finding_types,
            &self.health_events,
            &self.controls,
        ]
    }

    /// Whether only people run the playbook.
    pub(crate) fn is_manual(&self) -> bool {
        self.manual.as_ref().is_some_and(|manual| manual.value)
    }
}

/// Triggers that prove the same, and how far the playbook goes by itself on that.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroundsFile {
    /// How far the playbook goes by itself on them: its own mode, or less. `auto` only for what nobody but
    /// an intruder can provoke, and for a state that is itself the harm.
    #[schemars(with = "Mode")]
    pub(crate) furthest_mode: Spanned<Mode>,
    /// Why, as a sentence for people: they read it where a lower mode than the playbook's is left.
    #[schemars(with = "String", length(min = 1))]
    pub(crate) because: Spanned<String>,
    /// GuardDuty finding types; `*` stands for any run of characters.
    #[serde(default)]
    #[schemars(schema_with = "finding_types")]
    pub(crate) finding_types: Vec<Spanned<String>>,
    /// GuardDuty finding types that are answered only where the resource attacks (`resourceRole` is `ACTOR`): of an
    /// instance that guesses passwords, not of one whose passwords are guessed.
    #[serde(default)]
    #[schemars(schema_with = "finding_types")]
    pub(crate) actor_finding_types: Vec<Spanned<String>>,
    /// Event type codes of AWS Health about credentials and abuse, such as `AWS_RISK_CREDENTIALS_EXPOSED`; `*` stands
    /// for any run of characters.
    #[serde(default)]
    #[schemars(schema_with = "health_events")]
    pub(crate) health_events: Vec<Spanned<String>>,
    /// Finding types of other AWS products, such as Macie's `Policy:IAMUser/S3BucketPublic`; only that product's own
    /// findings have them.
    #[serde(default)]
    #[schemars(schema_with = "product_types")]
    pub(crate) product_types: Vec<Spanned<String>>,
    /// Security Hub control ids, such as `S3.2`; with `*`, the known controls that match.
    #[serde(default)]
    #[schemars(schema_with = "controls")]
    pub(crate) controls: Vec<Spanned<String>>,
    /// Only findings from this severity on are such grounds; milder ones of the same types are looked for in the
    /// other triggers.
    pub(crate) severity_floor: Option<SeverityLabel>,
    /// Only on these kinds of target, of those that the playbook answers.
    #[serde(default)]
    #[schemars(with = "Vec<TargetKind>")]
    pub(crate) targets: Vec<Spanned<TargetKind>>,
}

impl GroundsFile {
    /// Every list of triggers.
    pub(crate) const fn lists(&self) -> [&Vec<Spanned<String>>; 5] {
        [
            &self.finding_types,
            &self.actor_finding_types,
            &self.health_events,
            &self.product_types,
            &self.controls,
        ]
    }
}

/// The steps of one phase.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PhaseFile {
    /// The phase.
    #[schemars(with = "Phase")]
    pub(crate) phase: Spanned<Phase>,
    /// Its steps. They run in parallel unless `after` orders them.
    #[schemars(with = "Vec<StepFile>", length(min = 1))]
    pub(crate) steps: Spanned<Vec<StepFile>>,
}

/// One step.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("allOf" = options::by_action()))]
pub(crate) struct StepFile {
    /// Its name inside the playbook, kebab-case.
    #[schemars(with = "String", regex(pattern = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"))]
    pub(crate) step: Spanned<String>,
    /// What it runs.
    #[schemars(schema_with = "action")]
    pub(crate) action: Spanned<String>,
    /// A sentence such as "Deactivate the access key"; the compiled machine's state is named after it.
    #[schemars(with = "String", length(min = 1, max = 55))]
    pub(crate) title: Spanned<String>,
    /// Steps of the same phase that must have ended, well or badly, before this one starts.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(crate) after: Vec<Spanned<String>>,
    /// Whether two different people must approve.
    #[schemars(with = "Option<bool>")]
    pub(crate) high_impact: Option<Spanned<bool>>,
    /// Only in `preserve`: evidence that can't wait. It is kept beside containment, which doesn't wait for it.
    #[schemars(with = "Option<bool>")]
    pub(crate) at_once: Option<Spanned<bool>>,
    /// Options of the action.
    #[serde(default)]
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub(crate) with: BTreeMap<String, Spanned<serde_json::Value>>,
}

/// A sample finding and what must come of it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestFile {
    /// A file in the playbook's folder: an event as EventBridge sends it.
    #[schemars(with = "String")]
    pub(crate) finding: Spanned<String>,
    /// The kind of target it must yield.
    #[schemars(with = "TargetKind")]
    pub(crate) target: Spanned<TargetKind>,
    /// The steps that apply to it.
    #[schemars(with = "Vec<String>")]
    pub(crate) steps: Vec<Spanned<String>>,
}

fn action(_: &mut SchemaGenerator) -> Schema {
    let named: Vec<_> = backstop_actions::actions()
        .map(|action| json_schema!({ "const": action.id, "description": action.sentence }))
        .collect();
    json_schema!({ "type": "string", "description": "What it runs.", "oneOf": named })
}

fn finding_types(_: &mut SchemaGenerator) -> Schema {
    let names: Vec<&str> = known::finding_types().map(|known| known.name).collect();
    let description: Cow<'_, str> = "GuardDuty finding types; `*` stands for any run of characters.".into();
    json_schema!({
        "type": "array",
        "description": description,
        "items": { "anyOf": [{ "enum": names }, { "type": "string", "pattern": "\\*" }] },
    })
}

fn health_events(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "description": "Event type codes of AWS Health about credentials and abuse, such as \
            `AWS_RISK_CREDENTIALS_EXPOSED`; `*` stands for any run of characters.",
        "items": { "type": "string", "pattern": "^AWS_RISK_[A-Z_]*\\*?$" },
    })
}

fn product_types(_: &mut SchemaGenerator) -> Schema {
    let names: Vec<&str> = known::product_types().map(|(_, name)| name).collect();
    json_schema!({
        "type": "array",
        "description": "Finding types of other AWS products, such as Macie's `Policy:IAMUser/S3BucketPublic`; only that \
            product's own findings have them.",
        "items": { "enum": names },
    })
}

fn controls(_: &mut SchemaGenerator) -> Schema {
    let named: Vec<_> = known::controls()
        .map(|control| json_schema!({ "const": control.id, "description": control.title }))
        .collect();
    json_schema!({
        "type": "array",
        "description": "Security Hub control ids, such as `S3.2`; with `*`, the known controls that match.",
        "items": { "anyOf": [{ "type": "string", "oneOf": named }, { "type": "string", "pattern": "\\*" }] },
    })
}

fn products(_: &mut SchemaGenerator) -> Schema {
    let names: Vec<&str> = finding::aws_products().collect();
    json_schema!({
        "type": "array",
        "description": "AWS products whose findings are answered whatever their type, such as `Macie`.",
        "items": { "enum": names },
    })
}

//! `detections/suppressions/<name>.yaml` as it is written: every value that a check can refuse keeps its place.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::{Location, Spanned};

use crate::{condition::Condition, fields};

/// A suppression rule of GuardDuty: findings that it matches are archived when they are made, and reach nobody.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Backstop suppression rule")]
pub(crate) struct SuppressionFile {
    /// What it hides, for people.
    #[schemars(with = "String", length(min = 1))]
    pub(crate) title: Spanned<String>,
    /// Who answers for it: a team or a person.
    #[schemars(with = "String", length(min = 1))]
    pub(crate) owner: Spanned<String>,
    /// Why these findings are of no use.
    #[schemars(with = "String", length(min = 1))]
    pub(crate) reason: Spanned<String>,
    /// The last day, such as `2027-03-31`: a year ahead at most.
    #[schemars(with = "String", regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    pub(crate) expires: Spanned<Date>,
    /// Where it was decided.
    #[serde(default)]
    pub(crate) ticket: Option<String>,
    /// What must all hold of a finding.
    #[schemars(with = "Vec<ConditionFile>", length(min = 1, max = 50))]
    pub(crate) criteria: Spanned<Vec<Spanned<ConditionFile>>>,
    /// Refusals of `backstop detections lint` that somebody takes upon themselves, for a time.
    #[serde(default)]
    #[schemars(with = "Vec<OverrideFile>")]
    pub(crate) overrides: Vec<Spanned<OverrideFile>>,
}

/// What is asked of one field.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConditionFile {
    /// The field of the finding, as GuardDuty's API names it.
    #[schemars(schema_with = "field_names")]
    pub(crate) field: Spanned<String>,
    /// One of these values.
    #[serde(default)]
    #[schemars(with = "Vec<String>", length(max = 50))]
    pub(crate) equals: Vec<Spanned<String>>,
    /// None of these values. A finding without the field is hidden.
    #[serde(default)]
    #[schemars(with = "Vec<String>", length(max = 50))]
    pub(crate) not_equals: Vec<Spanned<String>>,
    /// One of these patterns of `*` and `?`.
    #[serde(default)]
    #[schemars(with = "Vec<String>", length(max = 5))]
    pub(crate) matches: Vec<Spanned<String>>,
    /// None of these patterns. A finding without the field is hidden.
    #[serde(default)]
    #[schemars(with = "Vec<String>", length(max = 5))]
    pub(crate) not_matches: Vec<Spanned<String>>,
    /// More than this; a time in milliseconds since 1970.
    #[serde(default)]
    pub(crate) greater_than: Option<i64>,
    /// This or more.
    #[serde(default)]
    pub(crate) greater_than_or_equal: Option<i64>,
    /// Less than this.
    #[serde(default)]
    pub(crate) less_than: Option<i64>,
    /// This or less.
    #[serde(default)]
    pub(crate) less_than_or_equal: Option<i64>,
}

/// A refusal that doesn't stop the rule.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OverrideFile {
    /// The refusal's name, such as `attack-proof`.
    #[schemars(with = "String")]
    pub(crate) refusal: Spanned<String>,
    /// Who takes it upon themselves.
    #[schemars(with = "String", length(min = 1))]
    pub(crate) owner: Spanned<String>,
    /// Why it is right here.
    #[schemars(with = "String", length(min = 1))]
    pub(crate) reason: Spanned<String>,
    /// The last day.
    #[schemars(with = "String", regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    pub(crate) expires: Spanned<Date>,
}

impl ConditionFile {
    /// What it asks, without its places.
    pub(crate) fn condition(&self) -> Condition {
        let plain = |texts: &[Spanned<String>]| texts.iter().map(|text| text.value.clone()).collect();
        Condition {
            equals: plain(&self.equals),
            not_equals: plain(&self.not_equals),
            matches: plain(&self.matches),
            not_matches: plain(&self.not_matches),
            greater_than: self.greater_than,
            greater_than_or_equal: self.greater_than_or_equal,
            less_than: self.less_than,
            less_than_or_equal: self.less_than_or_equal,
        }
    }

    /// Where the field's name stands.
    pub(crate) fn place(&self) -> Location {
        self.field.referenced
    }
}

fn field_names(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let names: Vec<&str> = fields::all().map(|field| field.name).collect();
    schemars::json_schema!({ "type": "string", "enum": names })
}

/// The JSON Schema of the file, for editors.
pub fn schema() -> Value {
    schemars::schema_for!(SuppressionFile).to_value()
}

/// The schema as `detections/` has it.
pub fn schema_text() -> String {
    format!("{:#}\n", schema())
}

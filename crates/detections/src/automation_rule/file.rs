//! `detections/automation-rules/<name>.yaml` as it is written.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::Spanned;

use super::{Asked, Hub, Severity, Workflow};

/// An automation rule of Security Hub: it changes findings when they come in, before Backstop sees them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Backstop automation rule")]
pub(crate) struct AutomationRuleFile {
    /// What it does, for people.
    #[schemars(with = "String", length(min = 1))]
    pub(crate) title: Spanned<String>,
    /// Who answers for it: a team or a person.
    #[schemars(with = "String", length(min = 1))]
    pub(crate) owner: Spanned<String>,
    /// Why it is right.
    #[schemars(with = "String", length(min = 1))]
    pub(crate) reason: Spanned<String>,
    /// The last day, such as `2027-03-31`: a year ahead at most.
    #[schemars(with = "String", regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    pub(crate) expires: Spanned<Date>,
    /// Where it was decided.
    #[serde(default)]
    pub(crate) ticket: Option<String>,
    /// Which hub's: `cspm` (findings in ASFF) or `v2` (findings in OCSF).
    pub(crate) hub: Hub,
    /// Rules with a lower number come first: 1 to 1000.
    #[schemars(with = "u16", range(min = 1, max = 1000))]
    pub(crate) order: Spanned<u16>,
    /// Whether no rule after it is applied to what it changed; Security Hub CSPM only.
    #[serde(default)]
    #[schemars(with = "Option<bool>")]
    pub(crate) last: Option<Spanned<bool>>,
    /// What must all hold of a finding.
    #[schemars(with = "Vec<AskedFile>", length(min = 1))]
    pub(crate) criteria: Spanned<Vec<Spanned<AskedFile>>>,
    /// What it changes.
    #[schemars(with = "SetFile")]
    pub(crate) set: Spanned<SetFile>,
}

/// What is asked of one field.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskedFile {
    /// The field, as the hub's rules name it, such as `GeneratorId` or `finding_info.types`.
    #[schemars(with = "String")]
    pub(crate) field: Spanned<String>,
    /// The key, where the field holds tags.
    #[serde(default)]
    pub(crate) key: Option<String>,
    /// One of these.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(crate) equals: Vec<Spanned<String>>,
    /// It begins with one of these.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(crate) prefix: Vec<Spanned<String>>,
    /// One of these is in it.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(crate) contains: Vec<Spanned<String>>,
    /// None of these.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(crate) not_equals: Vec<Spanned<String>>,
    /// It begins with none of these.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(crate) not_prefix: Vec<Spanned<String>>,
}

impl AskedFile {
    /// How it is compared, in AWS's words, with the values.
    pub(super) fn compared(&self) -> impl Iterator<Item = (&'static str, &[Spanned<String>])> {
        [
            ("EQUALS", self.equals.as_slice()),
            ("PREFIX", &self.prefix),
            ("CONTAINS", &self.contains),
            ("NOT_EQUALS", &self.not_equals),
            ("PREFIX_NOT_EQUALS", &self.not_prefix),
        ]
        .into_iter()
        .filter(|(_, values)| !values.is_empty())
    }

    /// The same without its places.
    pub(super) fn asked(&self) -> Asked {
        let plain = |values: &[Spanned<String>]| values.iter().map(|it| it.value.clone()).collect();
        Asked {
            field: self.field.value.clone(),
            key: self.key.clone(),
            compared: self
                .compared()
                .map(|(comparison, values)| (comparison, plain(values)))
                .collect(),
        }
    }
}

/// What a rule changes of a finding.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetFile {
    /// Where it stands afterwards. Backstop answers neither `suppressed` nor `resolved`.
    #[serde(default)]
    #[schemars(with = "Option<Workflow>")]
    pub(crate) workflow: Option<Spanned<Workflow>>,
    /// How bad it is afterwards.
    #[serde(default)]
    #[schemars(with = "Option<Severity>")]
    pub(crate) severity: Option<Spanned<Severity>>,
    /// What is noted of it.
    #[serde(default)]
    #[schemars(with = "Option<String>", length(min = 1, max = 512))]
    pub(crate) note: Option<Spanned<String>>,
}

/// The JSON Schema of the file, for editors.
pub fn schema() -> Value {
    schemars::schema_for!(AutomationRuleFile).to_value()
}

/// The schema as `detections/` has it.
pub fn schema_text() -> String {
    format!("{:#}\n", schema())
}

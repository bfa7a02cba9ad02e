//! `detections/event-rules/<name>.yaml` as it is written.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

/// A detection over CloudTrail: calls that people hear of. It needs a trail that logs; without one nothing is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Backstop event rule")]
pub(crate) struct EventRuleFile {
    /// What happened if it matches, for people.
    #[schemars(with = "String", length(min = 1))]
    pub(crate) title: Spanned<String>,
    /// Who answers for it: a team or a person.
    #[schemars(with = "String", length(min = 1))]
    pub(crate) owner: Spanned<String>,
    /// Why people should hear of it, and what to do then.
    #[schemars(with = "String", length(min = 1))]
    pub(crate) reason: Spanned<String>,
    /// The service, as its host is named: `iam` of `iam.amazonaws.com`; `signin` for the console.
    #[schemars(with = "String")]
    pub(crate) service: Spanned<String>,
    /// The calls, as CloudTrail names them.
    #[schemars(with = "Vec<String>", length(min = 1))]
    pub(crate) calls: Spanned<Vec<Spanned<String>>>,
    /// Whether calls that only read are meant: EventBridge leaves them out otherwise.
    #[serde(default)]
    pub(crate) reads: bool,
    /// What else must hold of the event's `detail`, as an event pattern of EventBridge has it.
    #[serde(default)]
    #[schemars(with = "Option<Map<String, Value>>")]
    pub(crate) detail: Option<Spanned<Map<String, Value>>>,
}

/// The JSON Schema of the file, for editors.
pub fn schema() -> Value {
    schemars::schema_for!(EventRuleFile).to_value()
}

/// The schema as `detections/` has it.
pub fn schema_text() -> String {
    format!("{:#}\n", schema())
}

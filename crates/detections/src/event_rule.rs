//! A detection over CloudTrail: a rule of EventBridge that tells people of calls which are seldom right. It only adds:
//! nothing is hidden by it, so it needs no end.

mod check;
mod file;

use serde::Serialize;
use serde_json::{Map, Value, json};

pub(crate) use check::check;
pub(crate) use file::EventRuleFile;
pub use file::{schema, schema_text};

/// How EventBridge's rules are named that are made from files.
pub const NAME_PREFIX: &str = "backstop-detection-";

/// A rule that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventRule {
    /// The file's name.
    pub name: String,
    /// What happened if it matches, for people.
    pub title: String,
    /// Who answers for it.
    pub owner: String,
    /// Why people hear of it.
    pub reason: String,
    /// The service, as its host is named: `iam` of `iam.amazonaws.com`.
    pub service: String,
    /// The calls.
    pub calls: Vec<String>,
    /// Whether calls that only read are among them.
    pub reads: bool,
    /// What else must hold of the event's `detail`, as EventBridge has it.
    pub detail: Map<String, Value>,
}

impl EventRule {
    /// The event pattern (EventBridge User Guide, "AWS service events delivered via AWS CloudTrail").
    pub fn pattern(&self) -> Value {
        let detail_type = match self.service.as_str() {
            "signin" => "AWS Console Sign In via CloudTrail",
            _ => "AWS API Call via CloudTrail",
        };
        let mut detail = self.detail.clone();
        detail.insert(
            "eventSource".to_owned(),
            json!([format!("{}.amazonaws.com", self.service)]),
        );
        detail.insert("eventName".to_owned(), json!(self.calls));
        json!({
            "source": [format!("aws.{}", self.service)],
            "detail-type": [detail_type],
            "detail": detail,
        })
    }
}

//! An automation rule of Security Hub: it changes findings when they come in. What it suppresses or resolves, Backstop
//! doesn't answer.

mod check;
mod fields;
mod file;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use check::{check, check_together};
pub(crate) use file::AutomationRuleFile;
pub use file::{schema, schema_text};

/// Which of the two rules of Security Hub it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Hub {
    /// Of Security Hub CSPM: findings in ASFF.
    Cspm,
    /// Of Security Hub: findings in OCSF.
    V2,
}

/// Where a finding stands afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Workflow {
    /// Nobody has looked.
    New,
    /// Its owner was told; Security Hub CSPM only.
    Notified,
    /// Nobody needs to look.
    Suppressed,
    /// It is mended.
    Resolved,
}

impl Workflow {
    /// Whether Backstop leaves findings alone that stand so.
    pub(crate) const fn hides(self) -> bool {
        matches!(self, Self::Suppressed | Self::Resolved)
    }
}

/// How bad a finding is afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// No issue.
    Informational,
    /// Needs nothing by itself.
    Low,
    /// Needs something, not at once.
    Medium,
    /// Needs something first.
    High,
    /// Needs something at once.
    Critical,
}

/// What is asked of a field: of what it is, one is enough; of what it isn't, none may be there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// The field, as the hub names it.
    pub field: String,
    /// The key, where the field holds tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// How values are compared, in AWS's words, with the values.
    pub compared: Vec<(&'static str, Vec<String>)>,
}

impl Asked {
    /// Whether it says what is meant, rather than only what isn't.
    pub(crate) fn is_positive(&self) -> bool {
        self.compared
            .iter()
            .any(|(comparison, _)| !comparison.contains("NOT_"))
    }
}

/// A rule that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AutomationRule {
    /// The file's name, and the rule's.
    pub name: String,
    /// What it does, for people.
    pub title: String,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The day it ends with.
    pub expires: Date,
    /// Where it was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// Which hub's.
    pub hub: Hub,
    /// Rules with a lower number come first.
    pub order: u16,
    /// Whether no rule after it is applied; Security Hub CSPM only.
    pub is_last: bool,
    /// What must all hold of a finding.
    pub criteria: Vec<Asked>,
    /// Where the finding stands afterwards.
    pub workflow: Option<Workflow>,
    /// How bad it is afterwards.
    pub severity: Option<Severity>,
    /// What is noted of it.
    pub note: Option<String>,
}

//! A step as a playbook has it: its name, its action, its options and its phase.

use serde::{Deserialize, Serialize};

use crate::ids::{ActionId, StepId};

/// The options of an action, as a playbook writes them under `with`.
pub type Options = serde_json::Map<String, serde_json::Value>;

/// A step as the playbook has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRef {
    /// The step's name.
    pub step: StepId,
    /// Its action.
    pub action: ActionId,
    /// The step as a sentence: "Deactivate the access key".
    pub title: String,
    /// The phase it belongs to.
    pub phase: Phase,
    /// Whether it needs two different people.
    #[serde(default)]
    pub high_impact: bool,
    /// The options that the playbook gives its action. Left out where there are none: records of logs written
    /// before there were options must keep their hash.
    #[serde(default, skip_serializing_if = "Options::is_empty")]
    pub with: Options,
}

/// The phases of a playbook, in order.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Stop the attacker. The only phase that decides whether an incident is contained.
    Contain,
    /// Keep evidence.
    Preserve,
    /// Read what happened.
    Investigate,
    /// Remove what the attacker left; always by approval.
    Eradicate,
    /// Bring back service.
    Recover,
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_step_without_options_is_written_as_before_there_were_options() {
        let before =
            r#"{"step":"a","action":"iam.deny-user","title":"A","phase":"contain","high_impact":false}"#;
        let step: StepRef = serde_json::from_str(before).unwrap();
        assert_eq!(
            serde_json::to_string(&step).unwrap(),
            before,
            "the hash chain holds"
        );
    }
}

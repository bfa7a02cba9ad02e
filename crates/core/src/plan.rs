//! The exact changes a step would make, now → after, and the hash that an approval is bound to.

use serde::{Deserialize, Serialize};

use crate::{
    canonical::{self, CanonicalError},
    ids::{ActionId, Hash, StepId},
};

/// One API-level change, with the value before and after. Values are short texts for people; the
/// exact before-state that undo needs is in the [`Receipt`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// IAM's name of the call: `iam:UpdateAccessKey`.
    pub api: String,
    /// What is changed: `access key AKIA… of user alice`.
    pub what: String,
    /// The value now: `Active`.
    pub now: String,
    /// The value after: `Inactive`.
    pub after: String,
}

/// What undo needs, in the action's own shape; saved before the change is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Receipt(pub serde_json::Value);

/// What one step would do. Made by reading only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The step of the playbook.
    pub step: StepId,
    /// The action's name.
    pub action: ActionId,
    /// The ARN (or, lacking one, the id) that the plan resolved the target to; guardrails look at it.
    pub principal: String,
    /// Tags of what is changed; guardrails look at them.
    #[serde(default)]
    pub tags: std::collections::BTreeMap<String, String>,
    /// What changes. Empty: the goal state holds already.
    pub changes: Vec<Change>,
    /// What else is affected, a sentence each: "2 other active keys of this user stop working".
    pub blast_radius: Vec<String>,
    /// What this step can't reach, a sentence each, so that nobody thinks it did.
    #[serde(default)]
    pub limits: Vec<String>,
    /// Why this plan waits for a person even in `auto` mode: "the bucket hosts a website". The reason is for
    /// people and stays out of the hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs_approval: Option<String>,
    /// Evidence that was read, in the action's own shape and bounded by it: a log record holds it, and a
    /// record has at most 400 KB (DynamoDB's limit for an item).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured: Option<serde_json::Value>,
    /// AWS CLI lines that undo this step by hand, should undo get stuck; empty where undo changes nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub manual_undo: Vec<String>,
    /// What undo needs.
    pub receipt: Receipt,
}

impl Plan {
    /// Whether it changes nothing that the other doesn't: steps beside it may have done a part already.
    pub fn is_within(&self, approved: &Self) -> bool {
        self.step == approved.step
            && self.action == approved.action
            && self.principal == approved.principal
            && self
                .changes
                .iter()
                .all(|change| approved.changes.contains(change))
    }

    /// Hash of what would change, on what. Blast radius and receipt stay out: a key's last use or a
    /// cut-off time may move without making the approved change a different one.
    pub fn hash(&self) -> Result<Hash, CanonicalError> {
        canonical::hash(&(&self.step, &self.action, &self.principal, &self.changes))
    }
}

/// Hash of a whole incident's plan: the steps' hashes in step order.
pub fn hash_of_all(steps: &std::collections::BTreeMap<StepId, Hash>) -> Result<Hash, CanonicalError> {
    canonical::hash(steps)
}

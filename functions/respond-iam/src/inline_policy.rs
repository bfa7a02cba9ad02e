//! Backstop's own inline policies: one name for each incident, so that nobody's policy is overwritten and
//! undo takes away exactly what the incident added.

use backstop_core::{Hash, IncidentId, UndoOutcome, canonical};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What undo needs of an inline policy: who holds it, its name, and its text as we wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PolicyReceipt {
    /// The user's or role's name.
    pub(crate) holder: String,
    /// The policy's name.
    pub(crate) policy_name: String,
    /// The policy's text.
    pub(crate) document: String,
    /// SHA-256 of the text's canonical JSON.
    pub(crate) hash: Hash,
}

/// What stands under the policy's name now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// No such policy.
    Absent,
    /// Our text.
    Ours,
    /// Another text under our name.
    Altered,
}

impl PolicyReceipt {
    pub(crate) fn new(holder: &str, incident: &IncidentId, document: &Value) -> Self {
        let document = document.to_string();
        Self {
            holder: holder.to_owned(),
            policy_name: format!("BackstopDeny-{incident}"),
            hash: hash_of(&document),
            document,
        }
    }

    /// Compares the text that IAM returns. IAM returns it percent-encoded (IAM API Reference,
    /// "GetUserPolicy": "compliant with RFC 3986").
    pub(crate) fn compare(&self, found: Option<&str>) -> Standing {
        match found {
            None => Standing::Absent,
            Some(text) if hash_of(&percent_decode(text)) == self.hash => Standing::Ours,
            Some(_) => Standing::Altered,
        }
    }

    /// What undo answers where there is nothing for it to remove.
    pub(crate) fn undo_without_removal(&self, standing: &Standing) -> Option<UndoOutcome> {
        match standing {
            Standing::Ours => None,
            Standing::Absent => Some(UndoOutcome::NothingToUndo {
                reason: format!("policy `{}` is gone already", self.policy_name),
            }),
            Standing::Altered => Some(UndoOutcome::Drifted {
                found: format!(
                    "policy `{}` of `{}` no longer has the text that Backstop wrote",
                    self.policy_name, self.holder
                ),
            }),
        }
    }
}

/// Denies everything, to every credential of the principal: keys, console, and sessions made before.
pub(crate) fn deny_all() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Sid": "BackstopDenyAll", "Effect": "Deny", "Action": "*", "Resource": "*" }],
    })
}

/// Denies everything to sessions issued before `cutoff`. Long-term keys carry no `aws:TokenIssueTime`, so
/// this is for roles, whose every credential is a session (IAM User Guide, "Revoking IAM role temporary
/// security credentials").
pub(crate) fn deny_older_sessions(cutoff: jiff::Timestamp) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "BackstopRevokeOlderSessions",
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": { "DateLessThan": { "aws:TokenIssueTime": cutoff.to_string() } },
        }],
    })
}

/// Hash of the canonical JSON, so that white space doesn't matter; of the bare text if it isn't JSON.
fn hash_of(document: &str) -> Hash {
    serde_json::from_str::<Value>(document)
        .ok()
        .and_then(|value| canonical::hash(&value).ok())
        .unwrap_or_else(|| canonical::sha256(document.as_bytes()))
}

fn percent_decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_by_meaning_not_by_spelling() {
        let receipt = PolicyReceipt::new("alice", &"01J".into(), &deny_all());
        let encoded = "%7B%22Statement%22%3A%5B%7B%22Action%22%3A%22%2A%22%2C%22Effect%22%3A%22Deny%22%2C%20\
                       %22Resource%22%3A%22%2A%22%2C%22Sid%22%3A%22BackstopDenyAll%22%7D%5D%2C\
                       %22Version%22%3A%222012-10-17%22%7D";
        assert_eq!(receipt.compare(Some(encoded)), Standing::Ours);
        assert_eq!(receipt.compare(Some(&receipt.document)), Standing::Ours);
        assert_eq!(receipt.compare(Some("{}")), Standing::Altered);
        assert_eq!(receipt.compare(None), Standing::Absent);
    }

    #[test]
    fn the_cutoff_is_utc_with_a_z() {
        let cutoff: jiff::Timestamp = "2026-03-01T12:00:00.5+02:00".parse().unwrap_or_default();
        let text = deny_older_sessions(cutoff).to_string();
        assert!(text.contains("2026-03-01T10:00:00.5Z"), "{text}");
    }
}

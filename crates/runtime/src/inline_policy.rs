//! Backstop's own inline policies: one name for each incident, so that nobody's policy is overwritten and
//! undo takes away exactly what the incident added.

use backstop_core::{Hash, IncidentId, UndoOutcome, canonical};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{StepError, action::unlike};

/// How the name of an incident's deny of a whole user or role begins; the incident's id follows.
const OF_INCIDENT: &str = "BackstopDeny-";

/// What undo needs of an inline policy: who holds it, its name, and its text as we wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyReceipt {
    /// The user's or role's name.
    pub holder: String,
    /// The policy's name.
    pub policy_name: String,
    /// The policy's text.
    pub document: String,
    /// SHA-256 of the text's canonical JSON.
    pub hash: Hash,
}

/// What stands under the policy's name now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyState {
    /// No such policy.
    Absent,
    /// Our text.
    Ours,
    /// Our text, with a cut-off that an undo added: see [`PolicyReceipt::narrowed`].
    Narrowed {
        /// Sessions issued before are still denied.
        cutoff: Timestamp,
    },
    /// Another text under our name.
    Altered,
}

impl PolicyReceipt {
    /// The policy of this incident.
    pub fn new(holder: &str, incident: &IncidentId, document: &Value) -> Self {
        let document = document.to_string();
        Self {
            holder: holder.to_owned(),
            policy_name: format!("{OF_INCIDENT}{incident}"),
            hash: hash_of(&document),
            document,
        }
    }

    /// The incident that a policy of this name is of, if it is named like [`PolicyReceipt::new`] names one. Whoever may write
    /// policies may name one so: only its text tells what it does.
    pub fn incident_of(policy_name: &str) -> Option<IncidentId> {
        policy_name.strip_prefix(OF_INCIDENT).map(IncidentId::from)
    }

    /// The policy of this incident for one instance's credentials. It has a name of its own, since the same
    /// incident may revoke the role's sessions as well.
    pub fn for_instance(holder: &str, incident: &IncidentId, arn: &str) -> Self {
        Self {
            policy_name: format!("BackstopDenyInstance-{incident}"),
            ..Self::new(holder, incident, &deny_instance(arn))
        }
    }

    /// The policy of this incident for one session, by what IAM knows it by.
    pub fn for_session(holder: &str, incident: &IncidentId, user_id: &str) -> Self {
        Self {
            policy_name: format!("BackstopDenySession-{incident}"),
            ..Self::new(holder, incident, &deny_session(user_id))
        }
    }

    /// Refuses a receipt that isn't, in every part, what this incident writes on this holder.
    pub fn check_is(&self, ours: &Self) -> Result<(), StepError> {
        if self == ours {
            return Ok(());
        }
        Err(unlike(format!(
            "policy `{}` of `{}` isn't the one that this incident writes",
            self.policy_name, self.holder
        )))
    }

    /// Before when sessions are denied, if only those are.
    pub fn cutoff(&self) -> Option<Timestamp> {
        cutoff_of(&self.document)
    }

    /// The same of a text that IAM returned.
    pub fn cutoff_in(&self, found: &str) -> Option<Timestamp> {
        cutoff_of(&percent_decode(found))
    }

    /// Whether a text that IAM returned means the same as this document.
    pub fn is_text(&self, found: &str, document: &Value) -> bool {
        hash_of(&percent_decode(found)) == hash_of(&document.to_string())
    }

    /// Compares the text that IAM returns. IAM returns it percent-encoded (IAM API Reference,
    /// "GetUserPolicy": "compliant with RFC 3986").
    pub fn compare(&self, found: Option<&str>) -> PolicyState {
        let Some(text) = found.map(percent_decode) else {
            return PolicyState::Absent;
        };
        if hash_of(&text) == self.hash {
            return PolicyState::Ours;
        }
        match cutoff_of(&text) {
            Some(cutoff)
                if self
                    .narrowed(cutoff)
                    .is_some_and(|narrowed| narrowed.hash == hash_of(&text)) =>
            {
                PolicyState::Narrowed { cutoff }
            }
            Some(_) | None => PolicyState::Altered,
        }
    }

    /// The same deny, only for sessions issued before `cutoff`. What undo leaves behind where plainly deleting
    /// the policy would bring stolen sessions back to life: new sessions work, those never do. `None` if the
    /// text has a cut-off already, or can't be read.
    pub fn narrowed(&self, cutoff: Timestamp) -> Option<Self> {
        let mut document: Value = serde_json::from_str(&self.document).ok()?;
        for statement in document.get_mut("Statement")?.as_array_mut()? {
            let conditions = statement
                .as_object_mut()?
                .entry("Condition")
                .or_insert_with(|| json!({}))
                .as_object_mut()?;
            if conditions.contains_key("DateLessThan") {
                return None;
            }
            conditions.insert("DateLessThan".to_owned(), issued_before(cutoff));
        }
        let document = document.to_string();
        Some(Self {
            hash: hash_of(&document),
            document,
            ..self.clone()
        })
    }

    /// What undo answers where there is nothing for it to remove.
    pub fn undo_without_removal(&self, state: &PolicyState) -> Option<UndoOutcome> {
        match state {
            PolicyState::Ours => None,
            PolicyState::Narrowed { cutoff } => Some(UndoOutcome::NothingToUndo {
                reason: format!(
                    "policy `{}` denies only sessions issued before {cutoff} already",
                    self.policy_name
                ),
            }),
            PolicyState::Absent => Some(UndoOutcome::NothingToUndo {
                reason: format!("policy `{}` is gone already", self.policy_name),
            }),
            PolicyState::Altered => Some(UndoOutcome::Drifted {
                found: format!(
                    "policy `{}` of `{}` no longer has the text that Backstop wrote",
                    self.policy_name, self.holder
                ),
            }),
        }
    }
}

/// The text of a policy as it may be written: nothing but denies of everything, in the shape that Backstop gives them.
/// What is written is what was checked, whatever else the text held.
pub fn only_denies(document: &str) -> Result<String, StepError> {
    let refused = || unlike("its policy does something else than deny".to_owned());
    let document: Value = serde_json::from_str(document).map_err(|_unreadable| refused())?;
    let is_deny = |statement: &Value| {
        let Some(fields) = statement.as_object() else {
            return false;
        };
        let has = |key: &str, value: &str| fields.get(key).and_then(Value::as_str) == Some(value);
        has("Effect", "Deny")
            && has("Action", "*")
            && has("Resource", "*")
            && fields
                .keys()
                .all(|key| ["Sid", "Effect", "Action", "Resource", "Condition"].contains(&key.as_str()))
    };
    let statements = document.get("Statement").and_then(Value::as_array);
    let is_plain = document.as_object().is_some_and(|fields| {
        fields
            .keys()
            .all(|key| ["Version", "Statement"].contains(&key.as_str()))
    });
    match statements {
        Some(all) if is_plain && !all.is_empty() && all.iter().all(is_deny) => Ok(document.to_string()),
        _ => Err(refused()),
    }
}

/// Denies everything, to every credential of the principal: keys, console, and sessions made before.
pub fn deny_all() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Sid": "BackstopDenyAll", "Effect": "Deny", "Action": "*", "Resource": "*" }],
    })
}

/// Denies everything to sessions issued before `cutoff`. Long-term keys carry no `aws:TokenIssueTime`, so
/// this is for roles, whose every credential is a session (IAM User Guide, "Revoking IAM role temporary
/// security credentials").
pub fn deny_older_sessions(cutoff: Timestamp) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "BackstopRevokeOlderSessions",
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": { "DateLessThan": issued_before(cutoff) },
        }],
    })
}

/// Denies everything to the credentials that this instance got for its role, wherever they are used: the key
/// travels with the credentials (IAM User Guide, "AWS global condition context keys": `ec2:SourceInstanceARN`).
/// Other instances of the role go on. `*` in the ARN is a wildcard, for who doesn't know the instance's Region.
pub fn deny_instance(arn: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "BackstopDenyInstance",
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": { "ArnLike": { "ec2:SourceInstanceARN": arn } },
        }],
    })
}

/// Denies everything to the sessions of a role that have this name, `AROA…:name` (IAM User Guide, "AWS global condition
/// context keys": `aws:userid`); other sessions of the role go on.
pub fn deny_session(user_id: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "BackstopDenySession",
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": { "StringEquals": { "aws:userid": user_id } },
        }],
    })
}

fn issued_before(cutoff: Timestamp) -> Value {
    json!({ "aws:TokenIssueTime": cutoff.to_string() })
}

/// The cut-off of the first statement.
fn cutoff_of(document: &str) -> Option<Timestamp> {
    let document: Value = serde_json::from_str(document).ok()?;
    document
        .pointer("/Statement/0/Condition/DateLessThan/aws:TokenIssueTime")?
        .as_str()?
        .parse()
        .ok()
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
        assert_eq!(receipt.compare(Some(encoded)), PolicyState::Ours);
        assert_eq!(receipt.compare(Some(&receipt.document)), PolicyState::Ours);
        assert_eq!(receipt.compare(Some("{}")), PolicyState::Altered);
        assert_eq!(receipt.compare(None), PolicyState::Absent);
    }

    #[test]
    fn nothing_but_denies_of_everything_is_written() {
        let arn = "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0";
        let cutoff: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap_or_default();
        let session = deny_session("AROAEXAMPLE:mailer");
        for ours in [
            deny_all(),
            deny_older_sessions(cutoff),
            deny_instance(arn),
            session,
        ] {
            let receipt = PolicyReceipt::new("alice", &"01J".into(), &ours);
            assert!(only_denies(&receipt.document).is_ok());
            let narrowed = receipt.narrowed(cutoff);
            assert!(narrowed.is_none_or(|narrowed| only_denies(&narrowed.document).is_ok()));
        }
        for hostile in [
            "",
            "[]",
            "{}",
            r#"{"Statement":[]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"},{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotAction":"s3:*","Resource":"*"}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["s3:*"],"Resource":"*"}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"deny","Action":"*","Resource":"*"}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}"#,
        ] {
            assert!(only_denies(hostile).is_err(), "{hostile}");
        }
        // A reader that takes the first of two would see an allow: only the deny is written.
        let twice = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Effect":"Deny","Action":"*","Resource":"*"}]}"#;
        assert!(only_denies(twice).is_ok_and(|text| !text.contains("Allow")));
    }

    #[test]
    fn the_cutoff_is_utc_with_a_z() {
        let cutoff: Timestamp = "2026-03-01T12:00:00.5+02:00".parse().unwrap_or_default();
        let text = deny_older_sessions(cutoff).to_string();
        assert!(text.contains("2026-03-01T10:00:00.5Z"), "{text}");
    }

    #[test]
    fn a_narrowed_deny_is_told_from_an_altered_one() {
        let arn = "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0";
        let receipt = PolicyReceipt::new("web", &"01J".into(), &deny_instance(arn));
        let cutoff: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap_or_default();
        let narrowed = receipt.narrowed(cutoff).unwrap_or_else(|| receipt.clone());
        assert_ne!(narrowed.hash, receipt.hash);
        assert_eq!(
            receipt.compare(Some(&narrowed.document)),
            PolicyState::Narrowed { cutoff }
        );
        let other = narrowed
            .document
            .replace("i-0123456789abcdef0", "i-0fedcba9876543210");
        assert_eq!(receipt.compare(Some(&other)), PolicyState::Altered);
        assert_eq!(narrowed.narrowed(cutoff), None, "one cut-off is enough");
    }
}

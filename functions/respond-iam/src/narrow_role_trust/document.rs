//! A trust policy's text as it is changed: one statement more, one statement less, and without those who are gone.

use std::fmt;

use backstop_core::IncidentId;
use serde_json::{Map, Value, json};

/// The text, read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Document(Map<String, Value>);

/// What our statement is known by.
pub(super) fn sid(incident: &IncidentId) -> String {
    format!("Backstop{incident}")
}

/// An explicit deny outweighs every allow (IAM User Guide, "Policy evaluation logic").
fn denial(incident: &IncidentId) -> Value {
    json!({
        "Sid": sid(incident),
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"],
    })
}

impl Document {
    /// `None` if it is no JSON object.
    pub(super) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }

    /// Whether our statement stands there, whole.
    pub(super) fn denies_everybody(&self, incident: &IncidentId) -> bool {
        self.statements().contains(&denial(incident))
    }

    /// With our statement, whole and once.
    pub(super) fn narrowed(&self, incident: &IncidentId) -> Self {
        if self.denies_everybody(incident) {
            return self.clone();
        }
        let mut all = self.others(incident);
        all.push(denial(incident));
        self.with(all.into())
    }

    /// Without our statement, if it is there, and if what is left lets in nobody who wasn't let in before: allows may have
    /// gone or name fewer, denies stand as they stood. A single one stands without a list if it did so before: that is all
    /// that is taken from a receipt.
    pub(super) fn widened(&self, incident: &IncidentId, before: &Self) -> Option<Self> {
        let others = self.others(incident);
        let were_there = before.statements();
        let is_known = |statement: &Value| were_there.iter().any(|earlier| is_within(statement, earlier));
        let is_no_wider = others.len() < self.statements().len()
            && others.iter().all(is_known)
            && were_there
                .iter()
                .filter(|earlier| !allows(earlier))
                .all(|denied| others.contains(denied));
        let left = match others.as_slice() {
            _ if !is_no_wider => return None,
            // IAM takes no policy without a statement.
            [] => return None,
            [one] if before.0.get("Statement").is_some_and(Value::is_object) => one.clone(),
            _ => Value::from(others),
        };
        Some(self.with(left))
    }

    /// Without principals that no longer exist, each of which is named. IAM shows one by its unique id, which it doesn't take
    /// back, and which no other principal will ever have (IAM User Guide, "AWS JSON policy elements: Principal"): what a
    /// statement does to others doesn't change. `None` if a statement is about everybody but such.
    pub(super) fn without_gone(&self) -> Option<(Self, Vec<String>)> {
        let mut gone = Vec::new();
        let mut left = Vec::new();
        for mut statement in self.statements() {
            let mut keep = true;
            for element in ["Principal", "NotPrincipal"] {
                let Some(kinds) = statement.get_mut(element).and_then(Value::as_object_mut) else {
                    continue;
                };
                gone.extend(take_gone(kinds));
                keep = !kinds.is_empty();
                if !keep && element == "NotPrincipal" {
                    return None;
                }
            }
            left.extend(keep.then_some(statement));
        }
        if gone.is_empty() {
            return Some((self.clone(), gone));
        }
        Some((self.with(left.into()), gone))
    }

    /// One statement may stand without a list.
    pub(super) fn statements(&self) -> Vec<Value> {
        match self.0.get("Statement") {
            Some(Value::Array(list)) => list.clone(),
            Some(one) => vec![one.clone()],
            None => Vec::new(),
        }
    }

    fn others(&self, incident: &IncidentId) -> Vec<Value> {
        let own = sid(incident);
        let mut all = self.statements();
        all.retain(|statement| statement.get("Sid").and_then(Value::as_str) != Some(&own));
        all
    }

    fn with(&self, statements: Value) -> Self {
        let mut document = self.0.clone();
        document.insert("Statement".to_owned(), statements);
        Self(document)
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Value::from(self.0.clone()))
    }
}

fn allows(statement: &Value) -> bool {
    statement.get("Effect").and_then(Value::as_str) == Some("Allow")
}

/// Whether it does what the earlier one did, or allows the same to fewer principals.
fn is_within(statement: &Value, earlier: &Value) -> bool {
    if statement == earlier {
        return true;
    }
    let (rest, named) = apart(statement);
    let (earlier_rest, were_named) = apart(earlier);
    allows(statement) && rest == earlier_rest && named.iter().all(|one| were_named.contains(one))
}

/// A statement without its users, roles and accounts, and those.
fn apart(statement: &Value) -> (Value, Vec<Value>) {
    let mut rest = statement.clone();
    let kinds = rest.get_mut("Principal").and_then(Value::as_object_mut);
    let named = match kinds.and_then(|kinds| kinds.remove("AWS")) {
        Some(Value::Array(list)) => list,
        Some(one) => vec![one],
        None => Vec::new(),
    };
    (rest, named)
}

/// Takes them out of a statement's kinds of principals, and kinds that are empty then.
fn take_gone(kinds: &mut Map<String, Value>) -> Vec<String> {
    let mut gone = Vec::new();
    let Some(named) = kinds.get_mut("AWS") else {
        return gone;
    };
    let is_empty = match named {
        Value::Array(list) => {
            list.retain(|one| match one.as_str().filter(|name| is_unique_id(name)) {
                Some(id) => {
                    gone.push(id.to_owned());
                    false
                }
                None => true,
            });
            !gone.is_empty() && list.is_empty()
        }
        Value::String(name) if is_unique_id(name) => {
            gone.push(name.clone());
            true
        }
        _ => false,
    };
    if is_empty {
        kinds.remove("AWS");
    }
    gone
}

/// `AIDA…`, `AROA…`: neither an ARN nor an account (IAM User Guide, "IAM identifiers").
fn is_unique_id(name: &str) -> bool {
    name.len() >= 16
        && name.starts_with('A')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn document(statements: &Value) -> Document {
        Document::read(&json!({ "Version": "2012-10-17", "Statement": statements }).to_string()).unwrap()
    }

    fn allow(principal: &Value) -> Value {
        json!({ "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" })
    }

    #[test]
    fn whoever_was_deleted_is_left_out_and_nobody_else() {
        let root = "arn:aws:iam::111122223333:root";
        let before = document(&json!([
            allow(&json!({ "AWS": ["AROAEXAMPLEEXAMPLE01", root, "123456789012"] })),
            allow(&json!({ "AWS": "AIDAEXAMPLEEXAMPLE02", "Service": "ec2.amazonaws.com" })),
            allow(&json!({ "AWS": "AROAEXAMPLEEXAMPLE03" })),
            allow(&json!("*")),
        ]));
        let (left, gone) = before.without_gone().unwrap();
        assert_eq!(
            left,
            document(&json!([
                allow(&json!({ "AWS": [root, "123456789012"] })),
                allow(&json!({ "Service": "ec2.amazonaws.com" })),
                allow(&json!("*")),
            ]))
        );
        assert_eq!(
            gone,
            [
                "AROAEXAMPLEEXAMPLE01",
                "AIDAEXAMPLEEXAMPLE02",
                "AROAEXAMPLEEXAMPLE03"
            ]
        );
        let whole = document(&allow(&json!({ "AWS": root })));
        assert_eq!(whole.without_gone().unwrap(), (whole.clone(), vec![]));
    }

    /// Without the statement, somebody whom it denies would be let in.
    #[test]
    fn a_statement_about_everybody_but_the_deleted_is_never_dropped() {
        let but =
            json!({ "Effect": "Deny", "NotPrincipal": { "AWS": "AROAEXAMPLEEXAMPLE01" }, "Action": "*" });
        assert_eq!(document(&but).without_gone(), None);
    }

    /// The playbook tells people to take the attacker's way in out first, and then to undo.
    #[test]
    fn what_people_took_out_meanwhile_stays_out_and_what_is_new_is_drift() {
        let incident = IncidentId::from("01JDXQ6T8R7M5V9N2K4H3G1FZB");
        let own = allow(&json!({ "Service": "ec2.amazonaws.com" }));
        let attackers = allow(&json!({ "AWS": "arn:aws:iam::111122223333:root" }));
        let before = document(&json!([own, attackers]));
        let cleaned = document(&json!([own])).narrowed(&incident);
        assert_eq!(cleaned.widened(&incident, &before), Some(document(&json!([own]))));
        // One of two who may was deleted since, or taken out: the other is let in again.
        let (both, one) = (
            allow(&json!({ "AWS": ["arn:aws:iam::111122223333:root", "123456789012"] })),
            allow(&json!({ "AWS": "123456789012" })),
        );
        let fewer = document(&json!([one])).narrowed(&incident);
        assert_eq!(
            fewer.widened(&incident, &document(&json!([both]))),
            Some(document(&json!([one])))
        );
        assert_eq!(
            document(&json!([both]))
                .narrowed(&incident)
                .widened(&incident, &document(&json!([one]))),
            None
        );
        let deny =
            json!({ "Effect": "Deny", "Principal": { "AWS": "444455556666" }, "Action": "sts:AssumeRole" });
        let denied = document(&json!([own, deny]));
        assert_eq!(cleaned.widened(&incident, &denied), None, "a deny was taken out");
        let added = document(&json!([own, allow(&json!("*"))])).narrowed(&incident);
        assert_eq!(added.widened(&incident, &before), None);
        assert_eq!(before.widened(&incident, &before), None, "ours isn't there");
        assert_eq!(
            document(&json!([]))
                .narrowed(&incident)
                .widened(&incident, &before),
            None
        );
    }
}

//! A session's own policy: of what a function's role may do, only what one action needs on one target.
//!
//! A session has what its role and its session policy both allow, so what is left out here because it hangs on the
//! stack (a parameter's value in a condition) still holds by the role.

use std::collections::BTreeMap;

use backstop_core::Target;
use serde_json::{Map, Value, json};

use crate::{ActionSpec, Condition, Grant, Part, Piece, Scope, pieces};

/// The longest session policy that STS takes, in characters (STS API Reference, "AssumeRole").
pub const LONGEST_SESSION_POLICY: usize = 2048;

/// A session policy can't be made.
#[derive(Debug, thiserror::Error)]
pub enum SessionPolicyError {
    /// A name that a finding gave would mean something else in a policy.
    #[error("`{value}` can't stand in a policy")]
    Name {
        /// The name.
        value: String,
    },
    /// The target can't be read.
    #[error("reading the target")]
    Target(#[from] serde_json::Error),
    /// The policy is longer than STS takes.
    #[error("the session policy of `{action}` has {length} characters, more than {LONGEST_SESSION_POLICY}")]
    TooLong {
        /// The action.
        action: &'static str,
        /// The characters.
        length: usize,
    },
}

/// The policy of a session in which the parts of the action run on the target, as STS takes it.
pub fn session_policy(
    action: &ActionSpec,
    target: &Target,
    parts: &[Part],
) -> Result<String, SessionPolicyError> {
    let facts = Facts::of(target)?;
    let mut statements: BTreeMap<String, (Value, Vec<&str>)> = BTreeMap::new();
    for grant in parts.iter().flat_map(|part| action.grants.of(*part)) {
        let scope = facts.scope(grant)?;
        let (_, actions) = statements
            .entry(scope.to_string())
            .or_insert_with(|| (scope, Vec::new()));
        if !actions.contains(&grant.action) {
            actions.push(grant.action);
        }
    }
    let statements: Vec<Value> = statements
        .into_values()
        .map(|(mut scope, mut actions)| {
            actions.sort_unstable();
            if let Some(fields) = scope.as_object_mut() {
                fields.insert("Effect".to_owned(), "Allow".into());
                fields.insert("Action".to_owned(), actions.into());
            }
            scope
        })
        .collect();
    let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    let length = policy.chars().count();
    if length > LONGEST_SESSION_POLICY {
        return Err(SessionPolicyError::TooLong {
            action: action.id,
            length,
        });
    }
    Ok(policy)
}

/// What is known of the target.
struct Facts<'a> {
    target: &'a Target,
    resource: Map<String, Value>,
}

impl<'a> Facts<'a> {
    /// The resource's fields as files have them, so that no kind is named here.
    fn of(target: &'a Target) -> Result<Self, serde_json::Error> {
        let resource = match serde_json::to_value(&target.resource)? {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        Ok(Self { target, resource })
    }

    /// Resources and conditions of a grant.
    fn scope(&self, grant: &Grant) -> Result<Value, SessionPolicyError> {
        let mut resources = Vec::new();
        for template in grant.scope.resources {
            resources.extend(self.resources(template)?);
        }
        let mut scope = Map::from_iter([("Resource".to_owned(), Value::from(resources))]);
        let conditions = self.conditions(grant.scope)?;
        if !conditions.is_empty() {
            scope.insert("Condition".to_owned(), Value::Object(conditions));
        }
        Ok(Value::Object(scope))
    }

    /// The ARNs that a template stands for. A user or a role that is known by name may have a path before it, which
    /// no finding tells.
    fn resources(&self, template: &str) -> Result<Vec<String>, SessionPolicyError> {
        let plain = self.fill(template, "")?;
        let has_path = template.contains(":iam:") && !plain.ends_with("/*") && plain != "*";
        Ok(if has_path {
            vec![plain, self.fill(template, "*/")?]
        } else {
            vec![plain]
        })
    }

    fn fill(&self, template: &str, path: &str) -> Result<String, SessionPolicyError> {
        let mut text = String::new();
        for piece in pieces(template) {
            match piece {
                Piece::Plain(plain) => text.push_str(plain),
                Piece::Partition => text.push_str(checked(&self.target.partition)?),
                Piece::Account => text.push_str(checked(self.target.account.as_str())?),
                Piece::Region => text.push_str(checked(self.target.region.as_str())?),
                Piece::Target { kind, field } => match self.field(kind, field) {
                    Some(value) => {
                        text.push_str(path);
                        text.push_str(checked(value)?);
                    }
                    None => text.push('*'),
                },
                Piece::Stack(_) => text.push('*'),
            }
        }
        Ok(text)
    }

    fn field(&self, kind: Option<&str>, field: &str) -> Option<&str> {
        let text = |name: &str| self.resource.get(name).and_then(Value::as_str);
        let is_of_kind = kind.is_none_or(|kind| text("kind") == Some(kind));
        is_of_kind.then(|| text(field)).flatten()
    }

    fn conditions(&self, scope: &Scope) -> Result<Map<String, Value>, SessionPolicyError> {
        let mut conditions = Map::new();
        for condition in scope.conditions.iter().filter(|one| !hangs_on_the_stack(one)) {
            let values = condition
                .values
                .iter()
                .map(|value| self.fill(value, ""))
                .collect::<Result<Vec<_>, _>>()?;
            let operator = conditions
                .entry(condition.operator)
                .or_insert_with(|| Value::Object(Map::new()));
            if let Some(keys) = operator.as_object_mut() {
                keys.insert(condition.key.to_owned(), values.into());
            }
        }
        Ok(conditions)
    }
}

fn hangs_on_the_stack(condition: &Condition) -> bool {
    let mut pieces = condition.values.iter().flat_map(|value| pieces(value));
    pieces.any(|piece| matches!(piece, Piece::Stack(_)))
}

/// A name with a wildcard or a variable would reach further than one target.
fn checked(value: &str) -> Result<&str, SessionPolicyError> {
    let is_plain = !value.is_empty()
        && value
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c));
    is_plain.then_some(value).ok_or_else(|| SessionPolicyError::Name {
        value: value.to_owned(),
    })
}

#[cfg(test)]
mod tests;

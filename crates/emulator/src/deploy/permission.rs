//! Takes one permission away from a function's role before it is deployed: what a drill with
//! `--without-permission` shows is that Backstop says so, instead of claiming success.

use serde_json::Value;
use thiserror::Error;
use wildmatch::WildMatch;

use super::template::{Template, TemplateError};

/// The permission can't be taken away.
#[derive(Debug, Error)]
pub enum PermissionError {
    /// The template lacks the function or its role.
    #[error("finding the role of the function")]
    Template(#[from] TemplateError),
    /// The function's role isn't one of the template's.
    #[error("`{0}` has no role in the template; its `Role` must be `!GetAtt <role>.Arn`")]
    NoRole(String),
    /// The role doesn't grant it by name.
    #[error("the role `{role}` doesn't grant `{action}`; it grants {granted}")]
    NotGranted {
        /// The role's logical id.
        role: String,
        /// What was to be taken away.
        action: String,
        /// What can be, joined by commas.
        granted: String,
    },
    /// A wildcard grants it too, so taking the name away would change nothing.
    #[error(
        "the role `{role}` still grants `{action}` by `{wildcard}`; write the actions out in the template"
    )]
    Wildcard {
        /// The role's logical id.
        role: String,
        /// What was to be taken away.
        action: String,
        /// What grants it.
        wildcard: String,
    },
}

impl Template {
    /// Takes `action` (such as `iam:PutUserPolicy`) away from the role of the function `logical_id`
    /// (such as `RespondIamFunction`).
    pub fn without_permission(&mut self, logical_id: &str, action: &str) -> Result<(), PermissionError> {
        let role = self.role_of(logical_id)?;
        let mut before = Vec::new();
        let mut after = Vec::new();
        for statement in allowing_statements(self.resource_mut(&role)?) {
            let mut actions = actions_of(statement);
            before.extend(actions.iter().cloned());
            actions.retain(|granted| !granted.eq_ignore_ascii_case(action));
            after.extend(actions.iter().cloned());
            if let Some(entry) = statement.get_mut("Action") {
                *entry = actions.into();
            }
        }
        if before.len() == after.len() {
            return Err(PermissionError::NotGranted {
                role,
                action: action.into(),
                granted: before.join(", "),
            });
        }
        if let Some(wildcard) = after.into_iter().find(|granted| covers(granted, action)) {
            return Err(PermissionError::Wildcard {
                role,
                action: action.into(),
                wildcard,
            });
        }
        self.drop_empty_statements(&role)
    }

    fn role_of(&self, logical_id: &str) -> Result<String, PermissionError> {
        self.resource(logical_id)?
            .pointer("/Properties/Role/Fn::GetAtt/0")
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or_else(|| PermissionError::NoRole(logical_id.to_owned()))
    }

    /// IAM refuses a statement without an action.
    fn drop_empty_statements(&mut self, role: &str) -> Result<(), PermissionError> {
        for policy in policies_of(self.resource_mut(role)?) {
            if let Some(statements) = policy
                .pointer_mut("/PolicyDocument/Statement")
                .and_then(Value::as_array_mut)
            {
                statements.retain(|statement| statement.get("Action") != Some(&Value::Array(Vec::new())));
            }
        }
        Ok(())
    }
}

fn policies_of(role: &mut Value) -> impl Iterator<Item = &mut Value> {
    role.pointer_mut("/Properties/Policies")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
}

fn allowing_statements(role: &mut Value) -> impl Iterator<Item = &mut Value> {
    policies_of(role)
        .filter_map(|policy| policy.pointer_mut("/PolicyDocument/Statement")?.as_array_mut())
        .flatten()
        .filter(|statement| statement.get("Effect").and_then(Value::as_str) == Some("Allow"))
}

fn actions_of(statement: &Value) -> Vec<String> {
    match statement.get("Action") {
        Some(Value::String(action)) => vec![action.clone()],
        Some(Value::Array(actions)) => actions
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

fn covers(granted: &str, action: &str) -> bool {
    WildMatch::new(&granted.to_ascii_lowercase()).matches(&action.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn template(statements: &str) -> Template {
        let text = format!(
            "
Resources:
  RespondIamFunction:
    Type: AWS::Serverless::Function
    Properties: {{ Role: !GetAtt RespondIamRole.Arn }}
  Orphan:
    Type: AWS::Serverless::Function
    Properties: {{ Role: 'arn:aws:iam::123456789012:role/other' }}
  RespondIamRole:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyDocument:
            Statement: {statements}
"
        );
        Template::parse(&text).unwrap()
    }

    #[test]
    fn only_the_named_action_goes() {
        let mut edited = template(
            "[{Effect: Allow, Action: [iam:GetUser, iam:PutUserPolicy]}, {Effect: Deny, Action: [iam:PutUserPolicy]}]",
        );
        edited
            .without_permission("RespondIamFunction", "iam:PutUserPolicy")
            .unwrap();
        let expected =
            template("[{Effect: Allow, Action: [iam:GetUser]}, {Effect: Deny, Action: [iam:PutUserPolicy]}]");
        assert_eq!(edited, expected);
    }

    #[test]
    fn a_statement_that_grants_nothing_more_goes_with_it() {
        let mut edited =
            template("[{Effect: Allow, Action: sns:Publish}, {Effect: Allow, Action: [iam:GetUser]}]");
        edited
            .without_permission("RespondIamFunction", "SNS:publish")
            .unwrap();
        assert_eq!(edited, template("[{Effect: Allow, Action: [iam:GetUser]}]"));
    }

    #[test]
    fn what_would_change_nothing_is_refused() {
        let mut edited = template("[{Effect: Allow, Action: [iam:GetUser, sns:Publish]}]");
        let error = edited
            .without_permission("RespondIamFunction", "iam:PutUserPolicy")
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "the role `RespondIamRole` doesn't grant `iam:PutUserPolicy`; it grants iam:GetUser, sns:Publish"
        );
        let mut edited =
            template("[{Effect: Allow, Action: [iam:PutUserPolicy]}, {Effect: Allow, Action: 'iam:Put*'}]");
        let error = edited
            .without_permission("RespondIamFunction", "iam:PutUserPolicy")
            .unwrap_err();
        assert!(matches!(error, PermissionError::Wildcard { wildcard, .. } if wildcard == "iam:Put*"));
        let error = edited
            .without_permission("Orphan", "iam:PutUserPolicy")
            .unwrap_err();
        assert!(matches!(error, PermissionError::NoRole(_)));
    }
}

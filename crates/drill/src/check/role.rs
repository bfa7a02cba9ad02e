//! How a role stands: who may assume it, as its trust policy says.

use aws_sdk_iam::Client;
use backstop_emulator::Account;
use backstop_playbook::drill::{CheckState, RoleAspect};
use serde_json::Value;

use super::state;
use crate::{DrillError, error::call, policy_by_meaning};

/// Reads one aspect of a role, given its name and the trust policy that it was planted with.
pub(super) async fn read(
    account: &Account,
    (name, planted): (&str, &str),
    aspect: RoleAspect,
) -> Result<CheckState, DrillError> {
    let RoleAspect::Trust = aspect;
    let iam = Client::new(&account.sdk_config(account.root()));
    let role = iam.get_role().role_name(name).send().await;
    let role = role.map_err(call("iam:GetRole"))?;
    let found = role.role().and_then(|role| role.assume_role_policy_document());
    let trust = policy_by_meaning(found.unwrap_or_default());
    let planted = policy_by_meaning(planted);
    Ok(state(trust == planted, is_narrowed(&trust, &planted)))
}

fn is_narrowed(trust: &Value, planted: &Value) -> bool {
    let (now, before) = (statements(trust), statements(planted));
    match now.strip_prefix(before.as_slice()) {
        Some([denial]) => {
            let is = |field: &str, text: &str| denial.get(field).and_then(Value::as_str) == Some(text);
            let actions = denial.get("Action").and_then(Value::as_array);
            is("Effect", "Deny")
                && is("Principal", "*")
                && denial.get("Condition").is_none()
                && actions.is_some_and(|actions| actions.contains(&Value::from("sts:AssumeRole")))
        }
        _ => false,
    }
}

fn statements(document: &Value) -> Vec<Value> {
    let statements = document.get("Statement").and_then(Value::as_array);
    statements.cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: &str =
        r#"{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}"#;
    const DENIAL: &str = r#"{"Effect":"Deny","Principal":"*","Action":["sts:AssumeRole"]}"#;

    fn trust(statements: &[&str]) -> Value {
        policy_by_meaning(&format!(r#"{{"Statement":[{}]}}"#, statements.join(",")))
    }

    #[test]
    fn what_was_there_must_stay_and_the_denial_must_be_whole() {
        let planted = trust(&[SERVICE]);
        assert!(is_narrowed(&trust(&[SERVICE, DENIAL]), &planted));
        assert!(!is_narrowed(&trust(&[DENIAL]), &planted));
        assert!(!is_narrowed(&planted, &planted));
        let one_only = DENIAL.replace(r#""*""#, r#"{"AWS":"arn:aws:iam::123456789012:user/a"}"#);
        assert!(!is_narrowed(&trust(&[SERVICE, &one_only]), &planted));
    }
}

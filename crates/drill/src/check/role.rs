//! How a role stands: who may assume it, as its trust policy says.

use aws_sdk_iam::Client;
use backstop_emulator::Account;
use backstop_playbook::drill::{CheckState, RoleAspect};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::state;
use crate::{DrillError, error::call};

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
    let trust = percent_decode_str(found.unwrap_or_default()).decode_utf8_lossy();
    Ok(state(is_same(&trust, planted), is_narrowed(&trust, planted)))
}

/// White space says nothing.
fn is_same(trust: &str, planted: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    trust == planted || read(trust).is_some_and(|trust| read(planted) == Some(trust))
}

fn is_narrowed(trust: &str, planted: &str) -> bool {
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

fn statements(document: &str) -> Vec<Value> {
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    let statements = document.get("Statement").and_then(Value::as_array);
    statements.cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: &str =
        r#"{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}"#;
    const DENIAL: &str = r#"{"Effect":"Deny","Principal":"*","Action":["sts:AssumeRole"]}"#;

    fn trust(statements: &[&str]) -> String {
        format!(r#"{{"Statement":[{}]}}"#, statements.join(","))
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

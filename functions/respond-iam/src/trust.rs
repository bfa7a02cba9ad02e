//! A role's trust policy: who may assume the role.

use serde_json::Value;

/// EC2's own principal, with which instances get their role's credentials.
const EC2: &str = "ec2.amazonaws.com";

/// A trust policy's text, and whom it lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trust {
    /// The text, decoded.
    pub(crate) document: String,
    /// Account, user, role, service and provider names of all `Allow` statements, each once; of one that lets in whom it
    /// doesn't name, "everybody but" those.
    pub(crate) principals: Vec<String>,
}

impl Trust {
    /// Reads the text as IAM returns it, percent-encoded (IAM API Reference, "GetRole"). One that is no JSON
    /// names nobody.
    pub(crate) fn of(encoded: &str) -> Self {
        let document = percent_encoding::percent_decode_str(encoded)
            .decode_utf8_lossy()
            .into_owned();
        let parsed: Value = serde_json::from_str(&document).unwrap_or_default();
        let mut principals: Vec<String> = each(parsed.get("Statement"))
            .filter(|statement| statement.get("Effect").and_then(Value::as_str) == Some("Allow"))
            .flat_map(|statement| {
                let mut names = named(statement.get("Principal"));
                // Everybody else may, each account included (IAM User Guide, "NotPrincipal").
                if let Some(but) = statement.get("NotPrincipal") {
                    names.push(format!("everybody but {}", named(Some(but)).join(" and ")));
                }
                names
            })
            .collect();
        principals.sort();
        principals.dedup();
        Self { document, principals }
    }

    /// Whether a service's workloads can have the role: `lambda`, `ecs-tasks`.
    pub(crate) fn lets_in(&self, service: &str) -> bool {
        self.principals.iter().any(|name| {
            let rest = name.strip_prefix(service);
            name == "*"
                || name.starts_with("everybody but")
                || matches!(rest, Some(".amazonaws.com" | ".amazonaws.com.cn"))
        })
    }

    /// Whether EC2 alone can make sessions of the role, so that a session named after an instance is that
    /// instance's: anybody else who may assume the role is free to choose such a name.
    pub(crate) fn is_only_ec2(&self) -> bool {
        !self.principals.is_empty()
            && self
                .principals
                .iter()
                .all(|name| name == EC2 || name == "ec2.amazonaws.com.cn")
    }
}

/// A statement, a list of them, or none.
fn each(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    match value {
        Some(Value::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
    .iter()
}

/// `"*"`, or kinds with a name or a list of names.
fn named(principal: Option<&Value>) -> Vec<String> {
    let texts = |value: &Value| -> Vec<String> {
        each(Some(value))
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect()
    };
    match principal {
        Some(Value::Object(kinds)) => kinds.values().flat_map(texts).collect(),
        Some(other) => texts(other),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_naming_a_principal_is_read() {
        let text = r#"{"Statement":[
            {"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com","lambda.amazonaws.com"]},"Action":"sts:AssumeRole"},
            {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"},
            {"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}]}"#;
        let trust = Trust::of(text);
        let names = ["arn:aws:iam::123456789012:root", EC2, "lambda.amazonaws.com"];
        assert_eq!(trust.principals, names);
        assert!(!trust.is_only_ec2());
    }

    #[test]
    fn a_role_is_an_instances_own_only_if_nobody_else_may_assume_it() {
        let only = r#"%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22ec2.amazonaws.com%22%7D%7D%7D"#;
        assert!(Trust::of(only).is_only_ec2());
        assert!(!Trust::of("not json").is_only_ec2());
        assert!(!Trust::of(r#"{"Statement":{"Effect":"Allow","Principal":"*"}}"#).is_only_ec2());
    }

    #[test]
    fn a_service_is_let_in_by_its_own_name_or_with_everybody() {
        let trusting = |principal: &str| {
            Trust::of(&format!(
                r#"{{"Statement":{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"}}}}"#
            ))
        };
        for open in [
            r#"{"Service":"lambda.amazonaws.com"}"#,
            r#"{"Service":["ec2.amazonaws.com","lambda.amazonaws.com.cn"]}"#,
            r#""*""#,
        ] {
            assert!(trusting(open).lets_in("lambda"), "{open}");
        }
        for closed in [
            r#"{"Service":"ec2.amazonaws.com"}"#,
            r#"{"Service":"lambda.amazonaws.com.example.org"}"#,
            r#"{"AWS":"arn:aws:iam::123456789012:root"}"#,
        ] {
            assert!(!trusting(closed).lets_in("lambda"), "{closed}");
        }
    }

    #[test]
    fn whoever_isnt_named_is_let_in_by_not_principal() {
        let text = r#"{"Statement":[
            {"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"},
            {"Effect":"Allow","NotPrincipal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}"#;
        let trust = Trust::of(text);
        let everybody = "everybody but arn:aws:iam::123456789012:root";
        assert_eq!(trust.principals, [EC2, everybody]);
        assert!(!trust.is_only_ec2());
    }
}

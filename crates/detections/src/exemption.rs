//! The exemption that is better than a rule about one resource: Backstop leaves the resource alone, and its findings
//! still reach people.

use std::collections::BTreeMap;

use backstop_core::api::check_pattern;
use serde::Serialize;

use crate::{condition::Condition, suppression::Suppression};

const USER_TYPE: &str = "resource.accessKeyDetails.userType";
const USER_NAME: &str = "resource.accessKeyDetails.userName";

/// A rule as exemptions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Converted {
    /// The rule.
    pub rule: String,
    /// What it asked for beside the resource, which an exemption doesn't: it holds whatever type the finding is of.
    pub dropped: Vec<String>,
    /// The commands that make the exemptions.
    pub commands: Vec<String>,
}

/// What a rule becomes; none where it names no resources by what exemptions know them by.
pub fn convert(rule: &Suppression) -> Option<Converted> {
    let (field, patterns) = patterns(&rule.criteria)?;
    let asked = rule.criteria.keys();
    Some(Converted {
        rule: rule.name.clone(),
        dropped: asked.filter(|it| **it != field).cloned().collect(),
        commands: patterns
            .iter()
            .map(|pattern| command(pattern, &rule.owner, &rule.reason, &rule.expires.to_string()))
            .collect(),
    })
}

/// The command that makes an exemption.
pub(crate) fn command(pattern: &str, owner: &str, reason: &str, until: &str) -> String {
    format!(
        "backstop exempt add --arn {} --owner {} --reason {} --until {until}",
        quoted(pattern),
        quoted(owner),
        quoted(reason),
    )
}

/// The resources that criteria name one by one, as patterns of ARNs, and the field that names them.
pub(crate) fn patterns(criteria: &BTreeMap<String, Condition>) -> Option<(String, Vec<String>)> {
    let account = match criteria.get("accountId").map(|it| it.equals.as_slice()) {
        Some([only]) => only.as_str(),
        _ => "*",
    };
    let user_type = match criteria.get(USER_TYPE).map(|it| it.equals.as_slice()) {
        Some([only]) => only.as_str(),
        _ => "",
    };
    criteria.iter().find_map(|(field, condition)| {
        let is_exact = !condition.equals.is_empty() && condition.matches.is_empty() && !condition.compares();
        let patterns: Option<Vec<String>> = condition
            .equals
            .iter()
            .map(|value| pattern(field, value, account, user_type))
            .collect();
        let patterns = patterns.filter(|_| is_exact)?;
        let are_good = patterns.iter().all(|it| check_pattern(it).is_ok());
        are_good.then(|| (field.clone(), patterns))
    })
}

/// The ARN of what stands in a field, as far as the field says it.
fn pattern(field: &str, value: &str, account: &str, user_type: &str) -> Option<String> {
    Some(match field {
        "resource.instanceDetails.instanceId" => format!("arn:aws:ec2:*:{account}:instance/{value}"),
        "resource.s3BucketDetails.name" => format!("arn:aws:s3:::{value}"),
        "resource.lambdaDetails.functionName" => format!("arn:aws:lambda:*:{account}:function:{value}"),
        "resource.rdsDbInstanceDetails.dbInstanceIdentifier" => format!("arn:aws:rds:*:{account}:db:{value}"),
        USER_NAME if user_type == "IAMUser" => format!("arn:aws:iam::{account}:user/{value}"),
        USER_NAME if user_type == "Role" || user_type == "AssumedRole" => {
            format!("arn:aws:iam::{account}:role/{value}")
        }
        "resource.s3BucketDetails.arn"
        | "resource.lambdaDetails.functionArn"
        | "resource.rdsDbInstanceDetails.dbInstanceArn"
        | "resource.eksClusterDetails.arn"
        | "resource.ecsClusterDetails.arn"
        | "resource.accessKeyDetails.userIdentity.arn"
        | "resource.accessKeyDetails.userIdentity.sessionContext.sessionIssuer.arn" => value.to_owned(),
        _ => return None,
    })
}

/// For a shell, whatever the file holds.
fn quoted(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("'{}'", text.replace('\'', r"'\''"))
}

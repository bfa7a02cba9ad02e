//! Principals that are never contained, whatever a finding says.

use serde::{Deserialize, Serialize};

use super::{Decision, Effect, matches_pattern};

/// What the deployment adds to the built-in list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protection {
    /// ARN patterns of Backstop's own roles.
    pub own_roles: Vec<String>,
    /// ARN patterns of break-glass principals.
    pub break_glass: Vec<String>,
}

impl Protection {
    /// What a stack in this account protects, `break_glass` being its parameter: patterns, joined by commas. Those of
    /// its own roles are the template's.
    pub fn of_stack(stack: &str, account: &str, break_glass: &str) -> Self {
        Self {
            own_roles: ["/*", "-*"]
                .map(|end| format!("arn:*:iam::{account}:role/{stack}{end}"))
                .to_vec(),
            break_glass: break_glass
                .split(',')
                .map(str::trim)
                .filter(|arn| !arn.is_empty())
                .map(str::to_owned)
                .collect(),
        }
    }

    /// Refuses protected ARNs. Service-linked roles live under the path `/aws-service-role/`, IAM Identity
    /// Center's under `/aws-reserved/sso.amazonaws.com/` (IAM User Guide, "IAM identifiers"); IAM refuses
    /// edits to both, so contain those by the service or by the permission set.
    pub fn decide(&self, principal: &str) -> Option<Decision> {
        let reason = if principal.ends_with(":root") {
            "the root user can't be denied by a policy in its own account; follow the instructions for root"
        } else if principal.contains(":role/aws-service-role/") {
            "a service-linked role belongs to an AWS service; contain the service's own resource"
        } else if principal.contains("/AWSReservedSSO_")
            || principal.contains(":role/aws-reserved/sso.amazonaws.com/")
        {
            "a role of IAM Identity Center can't be edited; remove the account assignment or change the permission set"
        } else if self
            .own_roles
            .iter()
            .any(|pattern| matches_pattern(pattern, principal))
        {
            "one of Backstop's own roles; containing it would stop all containment"
        } else if self
            .break_glass
            .iter()
            .any(|pattern| matches_pattern(pattern, principal))
        {
            "a break-glass principal from the settings"
        } else {
            return None;
        };
        Some(Decision {
            guardrail: "protected-principal".to_owned(),
            effect: Effect::Refuse,
            detail: format!("{principal}: {reason}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_protected_kind_is_refused_and_others_are_not() {
        let protection = Protection {
            own_roles: vec!["arn:aws:iam::123456789012:role/backstop-*".into()],
            break_glass: vec!["arn:aws:iam::*:user/break-glass".into()],
        };
        for principal in [
            "arn:aws:iam::123456789012:root",
            "arn:aws:iam::123456789012:role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty",
            "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef",
            "arn:aws:iam::123456789012:role/backstop-RespondIam-1ABC",
            "arn:aws:iam::123456789012:user/break-glass",
        ] {
            assert!(protection.decide(principal).is_some(), "{principal}");
        }
        for principal in [
            "arn:aws:iam::123456789012:user/root",
            "arn:aws:iam::123456789012:role/backstopper",
        ] {
            assert!(protection.decide(principal).is_none(), "{principal}");
        }
    }
}

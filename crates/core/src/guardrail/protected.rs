//! Principals that are never contained, whatever a finding says.

use serde::{Deserialize, Serialize};

use super::{Decision, Effect, pattern::matches_arn};
use crate::target::{Arn, PROTECTED_PRINCIPAL};

/// What the deployment adds to the built-in list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protection {
    /// ARN patterns of Backstop's own roles.
    pub own_roles: Vec<String>,
    /// ARN patterns of break-glass principals.
    pub break_glass: Vec<String>,
}

impl Protection {
    /// What a stack in this account protects, `break_glass` being its parameter: patterns, joined by commas. That of
    /// its own roles is the template's: each has the stack's path.
    pub fn of_stack(stack: &str, account: &str, break_glass: &str) -> Self {
        Self {
            own_roles: vec![format!("arn:*:iam::{account}:role/{stack}/*")],
            break_glass: break_glass
                .split(',')
                .map(str::trim)
                .filter(|arn| !arn.is_empty())
                .map(str::to_owned)
                .collect(),
        }
    }

    /// Whether this is one of Backstop's own roles.
    pub fn is_own_role(&self, arn: &str) -> bool {
        self.own_roles.iter().any(|pattern| matches_arn(pattern, arn))
    }

    /// Refuses protected ARNs. Service-linked roles live under the path `/aws-service-role/`, IAM Identity
    /// Center's under `/aws-reserved/sso.amazonaws.com/` (IAM User Guide, "IAM identifiers"); IAM refuses
    /// edits to both, so contain those by the service or by the permission set. Only the path tells: names, and what
    /// else a path holds, are anybody's to choose.
    pub fn decide(&self, principal: &str) -> Option<Decision> {
        let resource = Arn::read(principal)
            .filter(|arn| arn.service == "iam")
            .map_or("", |arn| arn.resource);
        let reason = if resource == "root" {
            "the root user can't be denied by a policy in its own account; follow the instructions for root"
        } else if resource.starts_with("role/aws-service-role/") {
            "a service-linked role belongs to an AWS service; contain the service's own resource"
        } else if is_identity_center(resource) {
            "a role of IAM Identity Center can't be edited; remove the account assignment or change the permission set"
        } else if self.is_own_role(principal) {
            "one of Backstop's own roles; containing it would stop all containment"
        } else if self
            .break_glass
            .iter()
            .any(|pattern| matches_arn(pattern, principal))
        {
            "a break-glass principal from the settings"
        } else {
            return None;
        };
        Some(Decision {
            guardrail: PROTECTED_PRINCIPAL.to_owned(),
            effect: Effect::Refuse,
            detail: format!("{principal}: {reason}"),
        })
    }
}

/// Whether a resource of IAM is where nobody but IAM Identity Center makes roles.
pub(crate) fn is_identity_center(resource: &str) -> bool {
    resource.starts_with("role/aws-reserved/sso.amazonaws.com/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_protected_kind_is_refused_and_others_are_not() {
        let protection = Protection {
            own_roles: Protection::of_stack("backstop", "123456789012", "").own_roles,
            break_glass: vec!["arn:aws:iam::*:user/break-glass".into()],
        };
        for principal in [
            "arn:aws:iam::123456789012:root",
            "arn:aws:iam::123456789012:role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty",
            "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef",
            "arn:aws:iam::123456789012:role/backstop/backstop-respond-iam",
            "arn:aws:iam::123456789012:user/break-glass",
        ] {
            assert!(protection.decide(principal).is_some(), "{principal}");
        }
        for principal in [
            "arn:aws:iam::123456789012:user/root",
            "arn:aws:iam::123456789012:role/backstopper",
            // What whoever reads this code would be called.
            "arn:aws:iam::123456789012:user/x:role/aws-service-role/eve",
            "arn:aws:iam::123456789012:role/x/aws-service-role/eve",
            "arn:aws:iam::123456789012:user/x:role/aws-reserved/sso.amazonaws.com/eve",
            "arn:aws:iam::123456789012:user/x:root",
            "arn:aws:iam::123456789012:role/AWSReservedSSO_Backdoor",
            "arn:aws:iam::123456789012:role/x/AWSReservedSSO_Backdoor",
            "arn:aws:iam::123456789012:role/backstop-helper",
            "arn:aws:iam::123456789012:role/other/backstop/helper",
            "arn:aws:iam::123456789012:user/backstop/eve",
            "arn:aws:iam::123456789012:user/x:user/break-glass",
            "arn:aws:ec2:eu-west-1:123456789012:instance/root",
        ] {
            assert!(protection.decide(principal).is_none(), "{principal}");
        }
    }
}

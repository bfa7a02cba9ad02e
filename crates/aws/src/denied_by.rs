//! Which kind of policy denied a call. AWS says so in the message only (IAM User Guide, "Troubleshoot access denied error
//! messages"): `with an explicit deny in a …` or `because no … allows the … action`.

use std::fmt;

/// A kind of policy that can deny a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyType {
    /// Of the organization, on what its accounts' principals may do.
    ServiceControlPolicy,
    /// Of the organization, on what may be done to its accounts' resources.
    ResourceControlPolicy,
    /// The most that a principal's own policies can allow.
    PermissionsBoundary,
    /// The most that one session of a role can do.
    SessionPolicy,
    /// On what may be called through a VPC endpoint.
    VpcEndpointPolicy,
    /// The principal's own policy.
    IdentityBasedPolicy,
    /// The resource's own policy.
    ResourceBasedPolicy,
}

impl PolicyType {
    const ALL: [Self; 7] = [
        Self::ServiceControlPolicy,
        Self::ResourceControlPolicy,
        Self::PermissionsBoundary,
        Self::SessionPolicy,
        Self::VpcEndpointPolicy,
        Self::IdentityBasedPolicy,
        Self::ResourceBasedPolicy,
    ];

    /// As AWS's messages have it.
    const fn as_str(self) -> &'static str {
        match self {
            Self::ServiceControlPolicy => "service control policy",
            Self::ResourceControlPolicy => "resource control policy",
            Self::PermissionsBoundary => "permissions boundary",
            Self::SessionPolicy => "session policy",
            Self::VpcEndpointPolicy => "VPC endpoint policy",
            Self::IdentityBasedPolicy => "identity-based policy",
            Self::ResourceBasedPolicy => "resource-based policy",
        }
    }

    /// The kind that a message names as the reason; the words alone may stand in the name of a resource.
    pub(crate) fn in_message(message: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| {
            let words = policy.as_str();
            message.contains(&format!("with an explicit deny in a {words}"))
                || message.contains(&format!("with an explicit deny in an {words}"))
                || message.contains(&format!("because no {words} allows"))
        })
    }
}

impl fmt::Display for PolicyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_known_by_either_reason() {
        for policy in PolicyType::ALL {
            let explicit = if policy == PolicyType::IdentityBasedPolicy {
                "an"
            } else {
                "a"
            };
            for reason in [
                format!("on resource: x with an explicit deny in {explicit} {policy}"),
                format!("on resource: x because no {policy} allows the s3:GetObject action"),
            ] {
                assert_eq!(PolicyType::in_message(&reason), Some(policy), "{reason}");
            }
        }
    }

    #[test]
    fn a_resource_may_be_called_like_a_policy() {
        let message = "is not authorized to perform: s3:GetObject on resource: \
                       \"arn:aws:s3:::docs/service control policy.pdf\" because no identity-based policy allows the \
                       s3:GetObject action";
        assert_eq!(
            PolicyType::in_message(message),
            Some(PolicyType::IdentityBasedPolicy)
        );
        assert_eq!(PolicyType::in_message("Access Denied"), None);
    }
}

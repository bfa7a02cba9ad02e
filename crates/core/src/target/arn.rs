//! An ARN as people type it and as resources are named by it. Findings carry broken ones, which [`crate::finding`]
//! reads more leniently.

/// `arn:partition:service:region:account:resource`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    /// The whole text.
    pub text: &'a str,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: &'a str,
    /// `iam`, `s3`, …
    pub service: &'a str,
    /// Empty where the service or the resource has none.
    pub region: &'a str,
    /// Empty where the name is unique without it, as a bucket's is.
    pub account: &'a str,
    /// What follows the account, colons and slashes included.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// `None` for what lacks a part.
    pub fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        (parts.next()? == "arn").then_some(())?;
        Some(Self {
            text,
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        })
    }

    /// The name of a resource of this type: what follows `user/`, without the path.
    pub(super) fn name_of(&self, service: &str, resource_type: &str) -> Option<&'a str> {
        let path = self
            .resource
            .strip_prefix(resource_type)?
            .strip_prefix('/')
            .filter(|_| self.service == service)?;
        Some(path.rsplit('/').next().unwrap_or(path))
    }
}

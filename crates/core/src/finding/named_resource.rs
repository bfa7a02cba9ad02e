//! A resource as Security Hub names it, in ASFF and OCSF: a type, an id and sometimes details.

use std::borrow::Cow;

use super::{
    arn::{Arn, last_segment},
    bare_id,
    credential_details::{CredentialDetails, PrincipalBlock, hint},
    error::ParseError,
    guardduty_resource::Context,
    node::Node,
    region, resource_type,
};
use crate::{
    ids::{AccountId, Region},
    target::{Resource, Target, kind},
};

/// What the two formats have in common.
#[derive(Debug)]
pub(super) struct NamedResource<'a> {
    /// Where it stood, for errors.
    pub(super) node: &'a Node<'a>,
    /// `AwsS3Bucket` or `AWS::S3::Bucket`.
    pub(super) resource_type: &'a str,
    /// The field of the id.
    pub(super) id_field: &'a str,
    /// An ARN, a bare id, or ASFF's `AWS::IAM::AccessKey:AKIA…`.
    pub(super) id: &'a str,
    /// The ARN or name beside a bare id, if there is one.
    pub(super) other_id: Option<&'a str>,
    pub(super) region: Option<&'a str>,
    pub(super) partition: Option<&'a str>,
    pub(super) owner: Option<&'a str>,
    /// ASFF's `ResourceRole`, where it says that the resource is the attacker's.
    pub(super) is_actor: bool,
    /// Whose credential it is, for access keys.
    pub(super) principal: CredentialDetails<'a>,
}

impl NamedResource<'_> {
    /// The target. GuardDuty's copy must name a real key; other products write what they like, and what is
    /// no key then goes to a person.
    pub(super) fn target(&self, context: &Context<'_>, is_guardduty: bool) -> Result<Target, ParseError> {
        let resource = if self.is_elsewhere(context.account) {
            self.other(None)
        } else {
            match self.resource(context) {
                Err(error) if is_guardduty => return Err(error),
                Err(_) => self.other(None),
                Ok(resource) => resource,
            }
        };
        let mut target = context.target(resource);
        if let Some(code) = self
            .region
            .filter(|it| it.contains('-') && *it != "aws-global" && region::is_code(it))
        {
            target.region = Region::new(code);
        }
        if let Some(partition) = self.partition {
            target.partition = super::arn::partition_or_default(&[Some(partition)]);
        }
        Ok(target)
    }

    /// What a sample of a credential would be about, were it real.
    pub(super) fn of_sample(&self, context: &Context<'_>) -> Option<Target> {
        let is_credential = self.canonical_type() == "AWS::IAM::AccessKey";
        let resource = self.principal.of_sample().filter(|_| is_credential)?;
        Some(context.target(resource))
    }

    pub(super) fn canonical_type(&self) -> Cow<'_, str> {
        resource_type::canonical(self.resource_type)
    }

    fn resource(&self, context: &Context<'_>) -> Result<Resource, ParseError> {
        let resource_type = self.canonical_type();
        if resource_type == "AWS::IAM::AccessKey" {
            return self.principal.resource(PrincipalBlock {
                block: self.node,
                key_field: self.id_field,
                finding_type: context.finding_type,
            });
        }
        let named = kind::Named {
            resource_type: &resource_type,
            ids: [Some(self.id), self.other_id],
            name: self.name(),
        };
        match Resource::named(&named) {
            Some(taken) => taken.map_err(|expected| {
                let path = self.node.path_of(self.id_field);
                ParseError::not_allowed(path, expected, context.finding_type)
            }),
            None => Ok(self.other(Some(context))),
        }
    }

    /// By its ARN, if it is named or, given the context, follows from the id.
    fn other(&self, context: Option<&Context<'_>>) -> Resource {
        let resource_type = self.canonical_type();
        let named = [Some(self.id), self.other_id]
            .into_iter()
            .flatten()
            .find(|id| id.starts_with("arn:"));
        let id = match (named, context) {
            (Some(arn), _) => Some(arn.to_owned()),
            (None, Some(context)) => {
                let region = self.region.filter(|it| region::is_code(it));
                let region = region.unwrap_or(context.region.as_str());
                bare_id::arn(&resource_type, self.id, region, context)
            }
            (None, None) => None,
        };
        Resource::Other(kind::Other {
            resource_type: hint(&resource_type),
            id: hint(id.as_deref().unwrap_or(self.id)),
        })
    }

    /// The name at the end of the ARN. IAM's bare ids (`AIDA…`) aren't names, so that the ARN is preferred
    /// wherever it stands.
    fn name(&self) -> &str {
        [Some(self.id), self.other_id]
            .into_iter()
            .flatten()
            .find_map(|id| Arn::read(id).map(|arn| arn.last()))
            .unwrap_or_else(|| {
                let is_iam = self.resource_type.to_ascii_lowercase().contains("iam");
                let name = if is_iam { self.other_id } else { None };
                last_segment(name.unwrap_or(self.id))
            })
    }

    /// A finding of one account may name another's resource. Acting there on its word would let anyone who
    /// may import findings reach across accounts, so that it is left to people.
    fn is_elsewhere(&self, account: &AccountId) -> bool {
        let of_arns = [Some(self.id), self.other_id]
            .into_iter()
            .flatten()
            .filter_map(Arn::read)
            .filter_map(|arn| arn.account());
        let of_type = self.id.strip_prefix("AWS::::Account:").map(AccountId::new);
        let of_owner = self.owner.map(AccountId::new);
        of_arns
            .chain(of_type)
            .chain(of_owner)
            .any(|owner| owner.is_well_formed() && owner != *account)
    }
}

/// The key's id without ASFF's prefix.
pub(super) fn key_id(id: &str) -> Option<&str> {
    Some(last_segment(id)).filter(|id| !super::credential_details::is_no_id(id))
}

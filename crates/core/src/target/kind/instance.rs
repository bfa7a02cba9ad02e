//! `instance`: an EC2 instance.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    super::{credential, name},
    Arn, Kind, Location, Mistyped, Named, Outlives, Precedence, Resource, Scope, Target, TargetKind,
};

/// An EC2 instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Instance {
    /// `i-…`
    pub instance_id: String,
}

impl Instance {
    fn read(id: &str) -> Option<Self> {
        name::is_instance_id(id).then(|| Self {
            instance_id: id.to_owned(),
        })
    }
}

impl Kind for Instance {
    fn name() -> &'static str {
        "instance"
    }

    fn example() -> Self {
        Self {
            instance_id: "i-0123456789abcdef0".to_owned(),
        }
    }

    fn scope(&self) -> Scope {
        Scope::Regional
    }

    fn precedence(&self) -> Precedence {
        Precedence::Compute
    }

    fn id(&self) -> String {
        self.instance_id.clone()
    }

    fn arn(&self, at: &Location) -> Option<String> {
        let Location {
            account,
            region,
            partition,
        } = at;
        Some(format!(
            "arn:{partition}:ec2:{region}:{account}:instance/{}",
            self.instance_id
        ))
    }

    fn is_well_formed(&self) -> bool {
        name::is_instance_id(&self.instance_id)
    }

    fn typed(&self, at: &Location) -> Option<String> {
        self.arn(at)
    }

    fn typed_form() -> Option<&'static str> {
        Some("an instance id (i-…) or an instance's ARN")
    }

    fn read_typed(text: &str, at: &Location) -> Option<Result<Target, Mistyped>> {
        let id = match text.strip_prefix("instance/") {
            Some(id) => id,
            None => text.starts_with("i-").then_some(text)?,
        };
        Some(match Self::read(id) {
            Some(instance) => Ok(at.target(instance)),
            None => Err(Mistyped::Unreadable(text.to_owned())),
        })
    }

    fn read_arn(arn: &Arn<'_>) -> Option<Result<Resource, Mistyped>> {
        let id = arn
            .resource
            .strip_prefix("instance/")
            .filter(|_| arn.service == "ec2")?;
        Some(match Self::read(id) {
            Some(instance) => Ok(instance.into()),
            None => Err(Mistyped::Unreadable(arn.text.to_owned())),
        })
    }

    fn read_named(named: &Named<'_>) -> Option<Result<Resource, &'static str>> {
        (named.resource_type == "AWS::EC2::Instance").then(|| match name::is_found_instance(named.name) {
            true => Ok(Self {
                instance_id: named.name.to_owned(),
            }
            .into()),
            false => Err("an instance's id"),
        })
    }

    fn guardduty_types() -> &'static [&'static str] {
        &["Instance"]
    }

    fn once_contained(&self) -> &'static [&'static str] {
        &[
            "tell the owner: the instance reaches nobody and nobody reaches it; leave it running",
            "find out how it was broken into before its replacement is, too",
        ]
    }

    fn how_it_began(&self) -> &'static str {
        credential::HOW_IT_BEGAN
    }

    fn outlives(&self, _at: &Location) -> Option<Outlives> {
        Some(Outlives {
            what: "credentials that the instance got outlive it by hours: find its role in CloudTrail, and revoke \
                   that role's sessions",
            kind: TargetKind::Role,
            typed: "ROLE-ARN".to_owned(),
        })
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "instance {}", self.instance_id)
    }
}

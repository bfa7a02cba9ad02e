//! `role`: an IAM role.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    super::{credential, name},
    Arn, Calls, IamRole, Kind, Location, Mistyped, Named, Precedence, Resource, Scope, Target,
};

/// A role as such.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Role {
    /// The role's name.
    pub role_name: String,
    /// The role's unique id, `AROA…`, if the finding tells it: a role made anew under the name is another. Left out where there is none:
    /// records of logs from before it was kept must keep their hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_id: Option<String>,
}

impl Role {
    fn read(name: &str) -> Option<Self> {
        name::is_iam_name(name).then(|| Self {
            role_name: name.to_owned(),
            role_id: None,
        })
    }
}

impl Kind for Role {
    fn name() -> &'static str {
        "role"
    }

    fn example() -> Self {
        Self {
            role_name: "example".to_owned(),
            role_id: None,
        }
    }

    fn scope(&self) -> Scope {
        Scope::Global
    }

    fn precedence(&self) -> Precedence {
        Precedence::Credential
    }

    fn id(&self) -> String {
        self.role_name.clone()
    }

    fn arn(&self, at: &Location) -> Option<String> {
        let Location {
            account, partition, ..
        } = at;
        Some(format!("arn:{partition}:iam::{account}:role/{}", self.role_name))
    }

    fn is_well_formed(&self) -> bool {
        name::is_iam_name(&self.role_name)
    }

    fn typed(&self, at: &Location) -> Option<String> {
        self.arn(at)
    }

    fn typed_form() -> Option<&'static str> {
        Some("`role/NAME` or a role's ARN")
    }

    fn read_typed(text: &str, at: &Location) -> Option<Result<Target, Mistyped>> {
        let name = text.strip_prefix("role/")?;
        Some(match Self::read(name) {
            Some(role) => Ok(at.target(role)),
            None => Err(Mistyped::Unreadable(text.to_owned())),
        })
    }

    fn read_arn(arn: &Arn<'_>) -> Option<Result<Resource, Mistyped>> {
        let name = arn.name_of("iam", "role")?;
        Some(match Self::read(name) {
            Some(role) => Ok(role.into()),
            None => Err(Mistyped::Unreadable(arn.text.to_owned())),
        })
    }

    fn read_named(named: &Named<'_>) -> Option<Result<Resource, &'static str>> {
        (named.resource_type == "AWS::IAM::Role").then(|| {
            Self::read(named.name)
                .map(|role| Self {
                    role_id: named.unique_id("AROA"),
                    ..role
                })
                .map(Resource::from)
                .ok_or("a role's name")
        })
    }

    fn guardduty_types() -> &'static [&'static str] {
        &[super::CREDENTIAL]
    }

    fn once_contained(&self) -> &'static [&'static str] {
        credential::ONCE_CONTAINED
    }

    fn once_refused(&self) -> &'static [&'static str] {
        credential::once_refused(&self.role_name)
    }

    fn how_it_began(&self) -> &'static str {
        credential::HOW_IT_BEGAN
    }

    fn calls(&self) -> Option<Calls<'_>> {
        Some(Calls {
            role: Some(&self.role_name),
            ..Calls::default()
        })
    }

    fn iam_role(&self) -> Option<IamRole<'_>> {
        Some(IamRole {
            name: &self.role_name,
            role_id: self.role_id.as_deref(),
        })
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "role {}", self.role_name)
    }
}

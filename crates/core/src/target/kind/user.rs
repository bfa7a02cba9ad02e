//! `user`: an IAM user.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    super::{credential, name},
    Arn, Calls, IamUser, Kind, Location, Mistyped, Named, Precedence, Resource, Root, Scope, Target,
};

/// An IAM user as such.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct User {
    /// The user's name.
    pub user_name: String,
    /// The user's unique id, `AIDA…`, if the finding tells it: a user made anew under the name is another. Left out where there is none:
    /// records of logs from before it was kept must keep their hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
}

impl User {
    fn read(name: &str) -> Option<Self> {
        name::is_iam_name(name).then(|| Self {
            user_name: name.to_owned(),
            user_id: None,
        })
    }
}

impl Kind for User {
    fn name() -> &'static str {
        "user"
    }

    fn example() -> Self {
        Self {
            user_name: "example".to_owned(),
            user_id: None,
        }
    }

    fn scope(&self) -> Scope {
        Scope::Global
    }

    fn precedence(&self) -> Precedence {
        Precedence::Credential
    }

    fn id(&self) -> String {
        self.user_name.clone()
    }

    fn arn(&self, at: &Location) -> Option<String> {
        let Location {
            account, partition, ..
        } = at;
        Some(format!("arn:{partition}:iam::{account}:user/{}", self.user_name))
    }

    fn is_well_formed(&self) -> bool {
        name::is_iam_name(&self.user_name)
    }

    fn typed(&self, at: &Location) -> Option<String> {
        self.arn(at)
    }

    fn typed_form() -> Option<&'static str> {
        Some("`user/NAME` or a user's ARN")
    }

    fn read_typed(text: &str, at: &Location) -> Option<Result<Target, Mistyped>> {
        let name = text.strip_prefix("user/")?;
        Some(match Self::read(name) {
            Some(user) => Ok(at.target(user)),
            None => Err(Mistyped::Unreadable(text.to_owned())),
        })
    }

    fn read_arn(arn: &Arn<'_>) -> Option<Result<Resource, Mistyped>> {
        let name = arn.name_of("iam", "user")?;
        Some(match Self::read(name) {
            Some(user) => Ok(user.into()),
            None => Err(Mistyped::Unreadable(arn.text.to_owned())),
        })
    }

    /// Security Hub gives the root user the type of a user; a user may be called `root`, too.
    fn read_named(named: &Named<'_>) -> Option<Result<Resource, &'static str>> {
        if named.resource_type != "AWS::IAM::User" {
            return None;
        }
        if named.arns().any(|arn| arn.resource == "root") {
            return Some(Ok(Root { key_id: None }.into()));
        }
        Some(
            Self::read(named.name)
                .map(|user| Self {
                    user_id: named.unique_id("AIDA"),
                    ..user
                })
                .map(Resource::from)
                .ok_or("a user's name"),
        )
    }

    fn guardduty_types() -> &'static [&'static str] {
        &[super::CREDENTIAL]
    }

    fn once_contained(&self) -> &'static [&'static str] {
        credential::ONCE_CONTAINED
    }

    fn how_it_began(&self) -> &'static str {
        credential::HOW_IT_BEGAN
    }

    fn calls(&self) -> Option<Calls<'_>> {
        Some(Calls {
            user: Some(&self.user_name),
            ..Calls::default()
        })
    }

    fn iam_user(&self) -> Option<IamUser<'_>> {
        Some(match &self.user_id {
            Some(user_id) => IamUser::Identified {
                name: &self.user_name,
                user_id,
            },
            None => IamUser::Named(&self.user_name),
        })
    }
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "user {}", self.user_name)
    }
}

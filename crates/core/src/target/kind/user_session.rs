//! `user-session`: a temporary session that an IAM user got.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    super::{credential, name},
    Arn, Calls, IamUser, Kind, Location, Mistyped, Named, Precedence, Resource, Scope, Target, User,
};

/// A temporary session (`ASIA…`) that an IAM user got by `GetSessionToken`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UserSession {
    /// `ASIA…`
    pub key_id: String,
    /// The user's name according to the finding.
    pub user_name: String,
    /// The user's unique id, `AIDA…`.
    pub user_id: String,
}

impl Kind for UserSession {
    fn name() -> &'static str {
        "user-session"
    }

    fn example() -> Self {
        Self {
            key_id: "ASIAIOSFODNN7EXAMPLE".to_owned(),
            user_name: "example".to_owned(),
            user_id: "AIDAEXAMPLE".to_owned(),
        }
    }

    fn scope(&self) -> Scope {
        Scope::Global
    }

    fn precedence(&self) -> Precedence {
        Precedence::Credential
    }

    /// What is contained is the user: any number of sessions are one to answer, or each of them would put a deny of its own
    /// on the user, whose inline policies have room for some 19 of them.
    fn id(&self) -> String {
        self.user_id.clone()
    }

    fn arn(&self, at: &Location) -> Option<String> {
        let user_name = self.user_name.clone();
        User {
            user_name,
            user_id: None,
        }
        .arn(at)
    }

    fn is_well_formed(&self) -> bool {
        name::is_temporary_key(&self.key_id) && name::is_iam_name(&self.user_name)
    }

    /// The key alone doesn't tell whose it is.
    fn typed(&self, _at: &Location) -> Option<String> {
        None
    }

    fn typed_form() -> Option<&'static str> {
        None
    }

    /// Refuses what looks like one, be it a user's or a role's.
    fn read_typed(text: &str, _at: &Location) -> Option<Result<Target, Mistyped>> {
        name::is_temporary_key(text).then(|| {
            Err(Mistyped::NotByItself {
                typed: text.to_owned(),
                what: "a temporary key, which doesn't tell whose it is".to_owned(),
                instead: "the ARN of its role or user, or the id of the incident that has it".to_owned(),
            })
        })
    }

    fn read_arn(_arn: &Arn<'_>) -> Option<Result<Resource, Mistyped>> {
        None
    }

    fn read_named(_named: &Named<'_>) -> Option<Result<Resource, &'static str>> {
        None
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
            key_id: Some(&self.key_id),
            user: Some(&self.user_name),
            ..Calls::default()
        })
    }

    fn iam_user(&self) -> Option<IamUser<'_>> {
        Some(IamUser::Identified {
            name: &self.user_name,
            user_id: &self.user_id,
        })
    }
}

impl fmt::Display for UserSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "session {} of user {}", self.key_id, self.user_name)
    }
}

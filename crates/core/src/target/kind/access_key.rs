//! `access-key`: a long-term access key (`AKIA…`) of an IAM user.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    super::{credential, name},
    Arn, Calls, IamUser, Kind, Location, Mistyped, Named, Outlives, Precedence, Resource, Scope, Target,
    TargetKind, User,
};

/// A long-term access key (`AKIA…`) of an IAM user.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AccessKey {
    /// `AKIA…`
    pub key_id: String,
    /// The user's name according to the finding.
    pub user_name: Option<String>,
    /// The user's unique id, `AIDA…`, if the finding tells it: a user made anew under the name is another. Left out where there is none:
    /// records of logs from before it was kept must keep their hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
}

impl Kind for AccessKey {
    fn name() -> &'static str {
        "access-key"
    }

    fn example() -> Self {
        Self {
            key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            user_name: Some("example".to_owned()),
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
        self.key_id.clone()
    }

    fn arn(&self, at: &Location) -> Option<String> {
        self.user()?.arn(at)
    }

    fn is_well_formed(&self) -> bool {
        name::is_long_term_key(&self.key_id) && self.user_name.as_deref().is_none_or(name::is_iam_name)
    }

    fn typed(&self, _at: &Location) -> Option<String> {
        Some(self.key_id.clone())
    }

    fn typed_form() -> Option<&'static str> {
        Some("an access key id (AKIA…)")
    }

    fn read_typed(text: &str, at: &Location) -> Option<Result<Target, Mistyped>> {
        name::is_long_term_key(text).then(|| {
            Ok(at.target(Self {
                key_id: text.to_owned(),
                user_name: None,
                user_id: None,
            }))
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

    fn outlives(&self, at: &Location) -> Option<Outlives> {
        let user = self.user().filter(Kind::is_well_formed)?;
        Some(Outlives {
            what: "sessions made with the key outlive it by up to 36 hours; if its user is still there, deny it \
                   everything",
            kind: TargetKind::User,
            typed: user.typed(at)?,
        })
    }

    fn calls(&self) -> Option<Calls<'_>> {
        Some(Calls {
            key_id: Some(&self.key_id),
            ..Calls::default()
        })
    }

    fn iam_user(&self) -> Option<IamUser<'_>> {
        Some(IamUser::Owning {
            key_id: &self.key_id,
            name: self.user_name.as_deref(),
        })
    }
}

impl AccessKey {
    fn user(&self) -> Option<User> {
        Some(User {
            user_name: self.user_name.clone()?,
            user_id: self.user_id.clone(),
        })
    }
}

impl fmt::Display for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "access key {}", self.key_id)?;
        match &self.user_name {
            Some(user) => write!(f, " of user {user}"),
            None => Ok(()),
        }
    }
}

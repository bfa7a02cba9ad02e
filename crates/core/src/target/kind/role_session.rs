//! `role-session`: a session of a role, by its temporary key.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    super::{credential, name},
    Arn, Calls, IamRole, Kind, Location, Mistyped, Named, Precedence, Resource, Role, Scope, Target,
};

/// A session (`ASIA…`) of a role.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RoleSession {
    /// The session's temporary key, `ASIA…`.
    pub key_id: String,
    /// The role's name (GuardDuty puts it into `userName`).
    pub role_name: String,
    /// The role's unique id, `AROA…`.
    pub role_id: String,
    /// The part of `principalId` after the colon; an instance id for instance roles.
    pub session_name: String,
}

impl RoleSession {
    /// The instance that the session is named after, as EC2 names the sessions of instance roles (IAM User
    /// Guide, "IAM identifiers": the unique id of an instance's session ends in the instance's id).
    pub fn instance(&self) -> Option<&str> {
        name::is_instance_id(&self.session_name).then_some(&self.session_name)
    }

    /// The role as such.
    pub fn role(&self) -> Role {
        Role {
            role_name: self.role_name.clone(),
            role_id: Some(self.role_id.clone()),
        }
    }
}

impl Kind for RoleSession {
    fn name() -> &'static str {
        "role-session"
    }

    fn example() -> Self {
        Self {
            key_id: "ASIAIOSFODNN7EXAMPLE".to_owned(),
            role_name: "example".to_owned(),
            role_id: "AROAEXAMPLE".to_owned(),
            session_name: "example".to_owned(),
        }
    }

    fn scope(&self) -> Scope {
        Scope::Global
    }

    fn precedence(&self) -> Precedence {
        Precedence::Credential
    }

    fn id(&self) -> String {
        format!("{}/{}", self.role_name, self.key_id)
    }

    fn arn(&self, at: &Location) -> Option<String> {
        self.role().arn(at)
    }

    fn is_well_formed(&self) -> bool {
        name::is_temporary_key(&self.key_id) && name::is_iam_name(&self.role_name)
    }

    /// A role's sessions are contained together.
    fn typed(&self, _at: &Location) -> Option<String> {
        None
    }

    fn typed_form() -> Option<&'static str> {
        None
    }

    fn read_typed(_text: &str, _at: &Location) -> Option<Result<Target, Mistyped>> {
        None
    }

    /// Refuses a session's ARN and names the role's.
    fn read_arn(arn: &Arn<'_>) -> Option<Result<Resource, Mistyped>> {
        let rest = arn
            .resource
            .strip_prefix("assumed-role/")
            .filter(|_| arn.service == "sts")?;
        let role = rest.split('/').next().unwrap_or(rest);
        Some(Err(Mistyped::NotByItself {
            typed: arn.text.to_owned(),
            what: "one session of a role, and a role's sessions can only be contained together".to_owned(),
            instead: format!("`arn:{}:iam::{}:role/{role}`", arn.partition, arn.account),
        }))
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

    fn once_refused(&self) -> &'static [&'static str] {
        credential::once_refused(&self.role_name)
    }

    fn how_it_began(&self) -> &'static str {
        credential::HOW_IT_BEGAN
    }

    fn calls(&self) -> Option<Calls<'_>> {
        Some(Calls {
            key_id: Some(&self.key_id),
            session: Some(&self.session_name),
            ..Calls::default()
        })
    }

    fn iam_role(&self) -> Option<IamRole<'_>> {
        Some(IamRole {
            name: &self.role_name,
            role_id: Some(&self.role_id),
        })
    }
}

impl fmt::Display for RoleSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "session {} of role {}", self.session_name, self.role_name)
    }
}

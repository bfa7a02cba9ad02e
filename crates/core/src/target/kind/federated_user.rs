//! `federated-user`: a session by `GetFederationToken`, which has no IAM identity of its own.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    super::{credential, name},
    Arn, Calls, Kind, Location, Mistyped, Named, Precedence, Refusal, Resource, Scope, Target,
};

/// A federated user (`GetFederationToken`): the finding doesn't tell whose key made the session.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FederatedUser {
    /// The credential seen.
    pub key_id: String,
    /// The federated user's name.
    pub name: String,
}

impl Kind for FederatedUser {
    fn name() -> &'static str {
        "federated-user"
    }

    fn example() -> Self {
        Self {
            key_id: "ASIAIOSFODNN7EXAMPLE".to_owned(),
            name: "example".to_owned(),
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
        let Location {
            account, partition, ..
        } = at;
        Some(format!(
            "arn:{partition}:sts::{account}:federated-user/{}",
            self.name
        ))
    }

    fn is_well_formed(&self) -> bool {
        name::is_temporary_key(&self.key_id) && name::is_iam_name(&self.name)
    }

    /// Only the finding tells which key is the session's.
    fn typed(&self, _at: &Location) -> Option<String> {
        None
    }

    fn typed_form() -> Option<&'static str> {
        None
    }

    fn read_typed(_text: &str, _at: &Location) -> Option<Result<Target, Mistyped>> {
        None
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

    fn never_contained(&self) -> Option<Refusal> {
        Some(Refusal {
            guardrail: "unresolvable-principal",
            reason: format!(
                "federated user `{}` has no IAM identity of its own: find in CloudTrail who called \
                 `GetFederationToken` for it and contain that user",
                self.name
            ),
        })
    }

    fn calls(&self) -> Option<Calls<'_>> {
        Some(Calls {
            key_id: Some(&self.key_id),
            name_issuer: true,
            ..Calls::default()
        })
    }
}

impl fmt::Display for FederatedUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "federated user {}", self.name)
    }
}

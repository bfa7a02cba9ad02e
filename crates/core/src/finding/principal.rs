//! Whose credential was seen. `userType` decides, never the name or the block that happens to be there;
//! what isn't known for certain becomes [`Resource::Other`], which nobody contains without a person.

use super::{error::ParseError, node::Node};
use crate::{target::Resource, text};

/// A credential as GuardDuty's `accessKeyDetails`, ASFF's `AwsIamAccessKey` or an attack sequence's actor
/// describes it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Principal<'a> {
    /// `AKIA…`, `ASIA…`, or what stands in their place.
    pub(super) key_id: Option<&'a str>,
    /// `AIDA…`, `AROA…:session`, the account's id for root.
    pub(super) principal_id: Option<&'a str>,
    /// `IAMUser`, `AssumedRole`, `Root`, …
    pub(super) user_type: Option<&'a str>,
    /// A user's or a role's name, depending on `user_type`.
    pub(super) name: Option<&'a str>,
}

/// How a key id begins; IAM User Guide, "Understanding unique ID prefixes".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyKind {
    LongTerm,
    Temporary,
}

/// Where a principal stood, for errors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) block: &'a Node<'a>,
    pub(super) key_field: &'a str,
    pub(super) finding_type: &'a str,
}

impl<'a> Principal<'a> {
    /// Reads GuardDuty's `accessKeyDetails`.
    pub(super) fn of_access_key_details(block: &Node<'a>) -> Self {
        Self {
            key_id: block.text("accessKeyId").filter(|id| !is_no_id(id)),
            principal_id: block.text("principalId"),
            user_type: block.text("userType"),
            name: block.text("userName"),
        }
    }

    /// What to contain.
    pub(super) fn resource(&self, place: Place<'_>) -> Result<Resource, ParseError> {
        let kind = self.kind();
        if kind == Kind::Root {
            let key_id = self.key_id.filter(|id| key_kind(id).is_some());
            return Ok(Resource::Root {
                key_id: key_id.map(str::to_owned),
            });
        }
        let key = match self.key_id {
            None => return self.without_key(kind, place),
            Some(id) => (id.to_owned(), self.need_key_kind(id, place)?),
        };
        Ok(match (kind, key) {
            (Kind::User, (key_id, KeyKind::LongTerm)) => Resource::AccessKey {
                key_id,
                user_name: self.name.map(hint),
            },
            (Kind::User, (key_id, KeyKind::Temporary)) => self.user_session(key_id, place)?,
            (Kind::Role, (key_id, KeyKind::Temporary)) => self.role_session(key_id, place)?,
            (Kind::Federated, (key_id, KeyKind::Temporary)) => Resource::FederatedUser {
                key_id,
                name: hint(self.need_name(place)?),
            },
            // A role or a federated user never has a long-term key, and a service's own credentials aren't
            // the account's to contain.
            (_, (key_id, _)) => self.other(&key_id),
        })
    }

    fn kind(&self) -> Kind {
        match self.user_type.map(str::to_ascii_lowercase).as_deref() {
            Some("iamuser") => Kind::User,
            Some("assumedrole" | "role") => Kind::Role,
            Some("root") => Kind::Root,
            Some("federateduser") => Kind::Federated,
            Some(_) => Kind::Other,
            // Without a type, AWS's own prefixes tell as surely.
            None => match (
                self.principal_id.unwrap_or_default(),
                self.key_id.and_then(key_kind),
            ) {
                (id, _) if id.starts_with("AIDA") => Kind::User,
                (id, _) if id.starts_with("AROA") => Kind::Role,
                (_, Some(KeyKind::LongTerm)) => Kind::User,
                _ => Kind::Other,
            },
        }
    }

    /// Console sign-ins have no key; then the principal itself is the target.
    fn without_key(&self, kind: Kind, place: Place<'_>) -> Result<Resource, ParseError> {
        match (kind, self.name) {
            (Kind::User, Some(name)) => Ok(Resource::User {
                user_name: hint(name),
            }),
            (Kind::Role, Some(name)) => Ok(Resource::Role {
                role_name: hint(name),
            }),
            (Kind::Other | Kind::Federated, _) if self.principal_id.or(self.name).is_some() => {
                Ok(self.other(self.principal_id.or(self.name).unwrap_or_default()))
            }
            _ => Err(ParseError::missing(
                place.block.path_of(place.key_field),
                place.finding_type,
            )),
        }
    }

    fn user_session(&self, key_id: String, place: Place<'_>) -> Result<Resource, ParseError> {
        Ok(Resource::UserSession {
            key_id,
            user_name: hint(self.need_name(place)?),
            user_id: hint(self.need_principal_id(place)?),
        })
    }

    /// `principalId` is `AROA…:session`; without the session only the role as a whole is known.
    fn role_session(&self, key_id: String, place: Place<'_>) -> Result<Resource, ParseError> {
        let role_name = hint(self.need_name(place)?);
        Ok(match self.need_principal_id(place)?.split_once(':') {
            Some((role_id, session_name)) if !session_name.is_empty() => Resource::RoleSession {
                key_id,
                role_name,
                role_id: hint(role_id),
                session_name: hint(session_name),
            },
            _ => Resource::Role { role_name },
        })
    }

    fn other(&self, id: &str) -> Resource {
        Resource::Other {
            resource_type: "AWS::IAM::AccessKey".to_owned(),
            id: hint(id),
        }
    }

    fn need_key_kind(&self, id: &str, place: Place<'_>) -> Result<KeyKind, ParseError> {
        key_kind(id)
            .ok_or_else(|| ParseError::not_a_key_id(place.block.path_of(place.key_field), place.finding_type))
    }

    fn need_name(&self, place: Place<'_>) -> Result<&'a str, ParseError> {
        self.name
            .ok_or_else(|| ParseError::missing(place.block.path_of("userName"), place.finding_type))
    }

    fn need_principal_id(&self, place: Place<'_>) -> Result<&'a str, ParseError> {
        self.principal_id
            .ok_or_else(|| ParseError::missing(place.block.path_of("principalId"), place.finding_type))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    User,
    Role,
    Root,
    Federated,
    Other,
}

/// IAM API Reference, `accessKeyIdType`: 16 to 128 characters.
fn key_kind(id: &str) -> Option<KeyKind> {
    let well_formed = (16..=128).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    match id.get(..4) {
        Some("AKIA") if well_formed => Some(KeyKind::LongTerm),
        Some("ASIA") if well_formed => Some(KeyKind::Temporary),
        _ => None,
    }
}

/// Texts that products put where there is no key.
pub(super) fn is_no_id(id: &str) -> bool {
    matches!(id.to_ascii_lowercase().as_str(), "null" | "none" | "n/a" | "-")
}

/// Names and ids have AWS limits far below this.
pub(super) fn hint(text: &str) -> String {
    text::bounded(text, 512)
}

//! Whose credential was seen. `userType` decides, never the name or the block that happens to be there;
//! what isn't known for certain becomes [`Resource::Other`], which nobody contains without a person.

use super::{
    allowed::{
        is_federated_name, is_iam_name, is_long_term_key, is_session_name, is_temporary_key, is_unique_id,
    },
    error::ParseError,
    node::Node,
};
use crate::{ids::AccountId, kind, target::Resource, text};

/// A credential as GuardDuty's `accessKeyDetails`, ASFF's `AwsIamAccessKey` or an attack sequence's actor
/// describes it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CredentialDetails<'a> {
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
pub(super) struct PrincipalBlock<'a> {
    pub(super) block: &'a Node<'a>,
    pub(super) key_field: &'a str,
    pub(super) finding_type: &'a str,
}

impl PrincipalBlock<'_> {
    /// The text, if AWS allows it there; the error names the place and never the text.
    fn allowed(
        self,
        text: &str,
        is_allowed: impl Fn(&str) -> bool,
        expected: &'static str,
    ) -> Result<String, ParseError> {
        if is_allowed(text) {
            return Ok(text.to_owned());
        }
        let path = self.block.path().to_owned();
        Err(ParseError::not_allowed(path, expected, self.finding_type))
    }

    fn user_name(self, name: &str) -> Result<String, ParseError> {
        self.allowed(name, is_iam_name, "a user's name")
    }

    fn role_name(self, name: &str) -> Result<String, ParseError> {
        self.allowed(name, is_iam_name, "a role's name")
    }

    fn unique_id(self, id: &str, prefix: &str) -> Result<String, ParseError> {
        self.allowed(id, |id| is_unique_id(id, prefix), "a principal's unique id")
    }
}

impl<'a> CredentialDetails<'a> {
    /// Reads GuardDuty's `accessKeyDetails`.
    pub(super) fn of_access_key_details(block: &Node<'a>) -> Self {
        Self {
            key_id: block.text("accessKeyId").filter(|id| !is_no_id(id)),
            principal_id: block.text("principalId"),
            user_type: block.text("userType"),
            name: block.text("userName"),
        }
    }

    /// The unique id of its user or role, without the session's name.
    pub(super) fn id(&self) -> Option<&'a str> {
        let id = self.principal_id?;
        Some(id.split_once(':').map_or(id, |(id, _)| id))
    }

    /// The unique id, where it is one of this kind of principal: a masked or made-up one tells nothing.
    fn known_id(&self, prefix: &str) -> Option<String> {
        self.id().filter(|id| is_unique_id(id, prefix)).map(str::to_owned)
    }

    /// Whether it is an IAM user.
    pub(super) fn is_user(&self) -> bool {
        self.kind() == Kind::User
    }

    /// Whether it is a role, or a session of one.
    pub(super) fn is_role(&self) -> bool {
        self.kind() == Kind::Role
    }

    /// Whether it is the account's root user.
    pub(super) fn is_root(&self) -> bool {
        self.kind() == Kind::Root
    }

    /// What a sample is about: its ids are no ids, and nothing is ever done about them. Only what would be done about
    /// a real one is told by it.
    pub(super) fn of_sample(&self) -> Option<Resource> {
        let key_id = hint(self.key_id?);
        let name = hint(self.name.unwrap_or_default());
        let principal_id = self.principal_id.unwrap_or_default();
        Some(match self.kind() {
            Kind::Root => Resource::Root(kind::Root { key_id: Some(key_id) }),
            Kind::Role => {
                let (role_id, session_name) =
                    principal_id.split_once(':').unwrap_or((principal_id, "sample"));
                Resource::RoleSession(kind::RoleSession {
                    key_id,
                    role_name: name,
                    role_id: hint(role_id),
                    session_name: hint(session_name),
                })
            }
            Kind::Federated => Resource::FederatedUser(kind::FederatedUser { key_id, name }),
            Kind::Other if !self.is_type_of_samples() => return None,
            Kind::User | Kind::Other => Resource::AccessKey(kind::AccessKey {
                key_id,
                user_name: Some(name),
                user_id: None,
            }),
        })
    }

    /// GuardDuty's samples about a user's key have `GeneratedFindingUserType`, Security Hub's copies may have none.
    fn is_type_of_samples(&self) -> bool {
        self.user_type.is_none_or(|it| it.starts_with("GeneratedFinding"))
    }

    /// What to contain.
    pub(super) fn resource(&self, place: PrincipalBlock<'_>) -> Result<Resource, ParseError> {
        let kind = self.kind();
        if kind == Kind::Root {
            let key_id = self.key_id.filter(|id| key_kind(id).is_some());
            return Ok(Resource::Root(kind::Root {
                key_id: key_id.map(str::to_owned),
            }));
        }
        let key = match self.key_id {
            None => return self.without_key(kind, place),
            Some(id) => (id.to_owned(), self.need_key_kind(id, place)?),
        };
        Ok(match (kind, key) {
            (Kind::User, (key_id, KeyKind::LongTerm)) => Resource::AccessKey(kind::AccessKey {
                key_id,
                user_name: self.user_name(place)?,
                user_id: self.known_id("AIDA"),
            }),
            (Kind::User, (key_id, KeyKind::Temporary)) => self.user_session(key_id, place)?,
            (Kind::Role, (key_id, KeyKind::Temporary)) => self.role_session(key_id, place)?,
            (Kind::Federated, (key_id, KeyKind::Temporary)) => Resource::FederatedUser(kind::FederatedUser {
                key_id,
                name: place.allowed(
                    self.need_name(place)?,
                    is_federated_name,
                    "a federated user's name",
                )?,
            }),
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
            // Without a type, AWS's own prefixes tell as surely; the root user's id is the account's.
            None => match (
                self.principal_id.unwrap_or_default(),
                self.key_id.and_then(key_kind),
            ) {
                (id, _) if id.starts_with("AIDA") => Kind::User,
                (id, _) if id.starts_with("AROA") => Kind::Role,
                (id, _) if AccountId::new(id).is_well_formed() => Kind::Root,
                (_, Some(KeyKind::LongTerm)) => Kind::User,
                _ => Kind::Other,
            },
        }
    }

    /// Console sign-ins have no key; then the principal itself is the target.
    fn without_key(&self, kind: Kind, place: PrincipalBlock<'_>) -> Result<Resource, ParseError> {
        match (kind, self.name) {
            (Kind::User, Some(name)) => Ok(Resource::User(kind::User {
                user_name: place.user_name(name)?,
                user_id: self.known_id("AIDA"),
            })),
            (Kind::Role, Some(name)) => Ok(Resource::Role(kind::Role {
                role_name: place.role_name(name)?,
                role_id: self.known_id("AROA"),
            })),
            (Kind::Other | Kind::Federated, _) if self.principal_id.or(self.name).is_some() => {
                Ok(self.other(self.principal_id.or(self.name).unwrap_or_default()))
            }
            _ => Err(ParseError::missing(
                place.block.path_of(place.key_field),
                place.finding_type,
            )),
        }
    }

    fn user_session(&self, key_id: String, place: PrincipalBlock<'_>) -> Result<Resource, ParseError> {
        Ok(Resource::UserSession(kind::UserSession {
            key_id,
            user_name: place.user_name(self.need_name(place)?)?,
            user_id: place.unique_id(self.need_principal_id(place)?, "AIDA")?,
        }))
    }

    /// A user's name beside a key is a hint, and may be missing.
    fn user_name(&self, place: PrincipalBlock<'_>) -> Result<Option<String>, ParseError> {
        self.name.map(|name| place.user_name(name)).transpose()
    }

    /// `principalId` is `AROA…:session`; without the session only the role as a whole is known.
    fn role_session(&self, key_id: String, place: PrincipalBlock<'_>) -> Result<Resource, ParseError> {
        let role_name = place.role_name(self.need_name(place)?)?;
        Ok(match self.need_principal_id(place)?.split_once(':') {
            Some((role_id, session_name)) if !session_name.is_empty() => {
                Resource::RoleSession(kind::RoleSession {
                    key_id,
                    role_name,
                    role_id: place.unique_id(role_id, "AROA")?,
                    session_name: place.allowed(session_name, is_session_name, "a session's name")?,
                })
            }
            _ => Resource::Role(kind::Role {
                role_name,
                role_id: self.known_id("AROA"),
            }),
        })
    }

    fn other(&self, id: &str) -> Resource {
        Resource::Other(kind::Other {
            resource_type: "AWS::IAM::AccessKey".to_owned(),
            id: hint(id),
        })
    }

    fn need_key_kind(&self, id: &str, place: PrincipalBlock<'_>) -> Result<KeyKind, ParseError> {
        key_kind(id)
            .ok_or_else(|| ParseError::not_a_key_id(place.block.path_of(place.key_field), place.finding_type))
    }

    fn need_name(&self, place: PrincipalBlock<'_>) -> Result<&'a str, ParseError> {
        self.name
            .ok_or_else(|| ParseError::missing(place.block.path_of("userName"), place.finding_type))
    }

    fn need_principal_id(&self, place: PrincipalBlock<'_>) -> Result<&'a str, ParseError> {
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

fn key_kind(id: &str) -> Option<KeyKind> {
    if is_long_term_key(id) {
        return Some(KeyKind::LongTerm);
    }
    is_temporary_key(id).then_some(KeyKind::Temporary)
}

/// Texts that products put where there is no key.
pub(super) fn is_no_id(id: &str) -> bool {
    matches!(id.to_ascii_lowercase().as_str(), "null" | "none" | "n/a" | "-")
}

/// A name or id as a finding gives it.
pub(super) fn hint(text: &str) -> String {
    text::bounded(text, kind::HINT_CHARS)
}

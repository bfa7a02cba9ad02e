//! Whose access key a call was signed with.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::Upstreams;

/// Who made a call. Shown, serialised and matched as `role/<name>`, `user/<name>`, `root`, ….
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Principal {
    /// The root of an account.
    Root {
        /// Twelve digits.
        account: String,
    },
    /// A user, by its own key or by a session from `GetSessionToken`.
    User {
        /// Twelve digits.
        account: String,
        /// The user's name.
        name: String,
    },
    /// A session of a role.
    Role {
        /// Twelve digits.
        account: String,
        /// The role's name.
        name: String,
        /// The session's name; for a function's own role that is the function's name.
        session: String,
    },
    /// A session from `GetFederationToken`.
    Federated {
        /// Twelve digits.
        account: String,
        /// The federated name.
        name: String,
    },
    /// Nobody signed the call.
    Anonymous,
    /// The key is nobody's: deleted, expired or invented.
    Unknown,
}

impl Principal {
    /// Twelve digits, where somebody is known.
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Root { account }
            | Self::User { account, .. }
            | Self::Role { account, .. }
            | Self::Federated { account, .. } => Some(account),
            Self::Anonymous | Self::Unknown => None,
        }
    }

    /// The session's name of a role; for a function's own role that is the function's name.
    pub fn session(&self) -> Option<&str> {
        match self {
            Self::Role { session, .. } => Some(session),
            Self::Root { .. }
            | Self::User { .. }
            | Self::Federated { .. }
            | Self::Anonymous
            | Self::Unknown => None,
        }
    }

    fn from_arn(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':').skip(4);
        let account = parts.next()?.to_owned();
        let mut resource = parts.next()?.split('/');
        let (kind, name) = (resource.next()?, resource.next());
        let last = resource.next_back();
        Some(match (kind, name) {
            ("root", _) => Self::Root { account },
            // A user's path comes before its name.
            ("user", Some(name)) => Self::User {
                account,
                name: last.unwrap_or(name).to_owned(),
            },
            ("assumed-role", Some(name)) => Self::Role {
                account,
                name: name.to_owned(),
                session: last.unwrap_or_default().to_owned(),
            },
            ("federated-user", Some(name)) => Self::Federated {
                account,
                name: name.to_owned(),
            },
            _ => return None,
        })
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root { .. } => formatter.write_str("root"),
            Self::User { name, .. } => write!(formatter, "user/{name}"),
            Self::Role { name, .. } => write!(formatter, "role/{name}"),
            Self::Federated { name, .. } => write!(formatter, "federated-user/{name}"),
            Self::Anonymous => formatter.write_str("anonymous"),
            Self::Unknown => formatter.write_str("unknown"),
        }
    }
}

impl Serialize for Principal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Keys already asked about. A key never changes hands, so what is known stays true.
#[derive(Debug, Default)]
pub(crate) struct Principals {
    known: Mutex<HashMap<String, Principal>>,
}

impl Principals {
    pub(crate) async fn who(&self, access_key_id: Option<&str>, upstreams: &Upstreams) -> Principal {
        let Some(key) = access_key_id else {
            return Principal::Anonymous;
        };
        let known = self
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned();
        if let Some(principal) = known {
            return principal;
        }
        let Some(principal) = ask(key, upstreams).await else {
            return Principal::Unknown;
        };
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key.to_owned(), principal.clone());
        principal
    }
}

/// The launcher adds this path to ministack.
async fn ask(key: &str, upstreams: &Upstreams) -> Option<Principal> {
    let query: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("access-key-id", key)
        .finish();
    let reply = upstreams
        .get_from_ministack(&format!("/_backstop/principal?{query}"))
        .await
        .ok()?;
    let answer: Value = serde_json::from_slice(reply.body()).ok()?;
    Principal::from_arn(answer.get("arn")?.as_str()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_are_read_from_arns() {
        let expected = [
            ("arn:aws:iam::123456789012:root", "root"),
            ("arn:aws:iam::123456789012:user/alice", "user/alice"),
            ("arn:aws:iam::123456789012:user/staff/eu/alice", "user/alice"),
            (
                "arn:aws:sts::123456789012:assumed-role/responder/backstop-respond-iam",
                "role/responder",
            ),
            (
                "arn:aws:sts::123456789012:federated-user/bob",
                "federated-user/bob",
            ),
        ];
        for (arn, shown) in expected {
            let principal = Principal::from_arn(arn);
            assert_eq!(
                principal.as_ref().map(ToString::to_string).as_deref(),
                Some(shown)
            );
            assert_eq!(
                principal.as_ref().and_then(Principal::account),
                Some("123456789012")
            );
        }
        assert_eq!(Principal::from_arn("not an arn"), None);
    }

    #[test]
    fn a_role_session_tells_which_function_it_is() {
        let arn = "arn:aws:sts::123456789012:assumed-role/responder/backstop-respond-iam";
        let principal = Principal::from_arn(arn);
        assert_eq!(
            principal.as_ref().and_then(Principal::session),
            Some("backstop-respond-iam")
        );
    }
}

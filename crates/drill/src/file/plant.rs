//! What a drill plants, as its file says it.

use serde::Deserialize;

/// One thing to make. Names are the drill's own; in the account each gets an ending that tells runs apart.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Plant {
    /// A bucket with one object in it.
    Bucket(Bucket),
    /// A user with one access key.
    User(User),
    /// A session that the owner of a key got by `GetSessionToken`.
    KeySession(KeySession),
    /// A user with one access key whom an attacker makes.
    Backdoor(Backdoor),
    /// A role.
    Role(Role),
    /// A session of a role.
    RoleSession(RoleSession),
    /// A subnet beside the instances', with a network ACL of its own.
    Subnet(Subnet),
    /// An EC2 instance, with all that hangs on it.
    Instance(Instance),
}

/// See [`Plant::Bucket`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Whether its policy lets anyone read its objects.
    #[serde(default)]
    pub open_to_anyone: bool,
    /// Whether it hosts a website.
    #[serde(default)]
    pub website: bool,
}

/// See [`Plant::User`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The user's name.
    pub name: String,
    /// The actions the user may do, on everything.
    pub allow: Vec<String>,
    /// The name of the user's access key.
    pub key: String,
    /// Further credentials of the user.
    #[serde(default)]
    pub also: Vec<Credential>,
}

/// A credential of a user that isn't an access key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    /// An X.509 certificate for SOAP APIs.
    SigningCertificate,
    /// A password for CodeCommit or Keyspaces.
    ServiceSpecificCredential,
    /// A key for CodeCommit.
    SshPublicKey,
}

/// See [`Plant::KeySession`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySession {
    /// The session's name.
    pub name: String,
    /// The key that makes it.
    pub of: String,
}

/// See [`Plant::Backdoor`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backdoor {
    /// The user's name.
    pub name: String,
    /// The name of the user's access key.
    pub key: String,
    /// The key that the attacker makes them with; its user must be allowed to.
    pub by: String,
}

/// See [`Plant::Role`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The role's name.
    pub name: String,
    /// The user who may assume it.
    pub trusts: String,
    /// The services that may assume it as well, such as `lambda.amazonaws.com`.
    #[serde(default)]
    pub trusted_services: Vec<String>,
    /// The actions the role may do, on everything.
    pub allow: Vec<String>,
}

/// See [`Plant::RoleSession`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleSession {
    /// The session's name in this file.
    pub name: String,
    /// The role.
    pub role: String,
    /// The key that assumes it.
    pub by: String,
    /// The session's name in AWS.
    #[serde(default)]
    pub session_name: Option<String>,
    /// The instance whose credentials they are: EC2 names the session after it.
    #[serde(default)]
    pub instance: Option<String>,
    /// When it is assumed.
    #[serde(default)]
    pub assumed: Assumed,
}

/// When a role is assumed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assumed {
    /// Once, before the finding.
    #[default]
    BeforeTheFinding,
    /// Anew for each probe, so that after containment it is younger than the containment.
    ForEachProbe,
}

/// What names a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionName<'a> {
    /// This text.
    Text(&'a str),
    /// The id of the instance of this name.
    Instance(&'a str),
}

impl RoleSession {
    /// What names it; `None` unless exactly one is given.
    pub fn named_after(&self) -> Option<SessionName<'_>> {
        match (&self.session_name, &self.instance) {
            (Some(text), None) => Some(SessionName::Text(text)),
            (None, Some(instance)) => Some(SessionName::Instance(instance)),
            _ => None,
        }
    }
}

/// See [`Plant::Subnet`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subnet {
    /// Its name.
    pub name: String,
}

/// See [`Plant::Instance`]. All instances of a drill stand in one subnet, with a route to the internet.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// Its name.
    pub name: String,
    /// The role that its instance profile holds.
    #[serde(default)]
    pub role: Option<String>,
    /// How many security groups each of its network interfaces has, the primary one first.
    pub interfaces: Vec<usize>,
    /// How many EBS volumes it has.
    pub volumes: usize,
    /// The Auto Scaling group it is in; made when first named.
    #[serde(default)]
    pub auto_scaling: Option<String>,
    /// The target group and the classic load balancer of this name that it serves; made when first named.
    #[serde(default)]
    pub load_balancers: Option<String>,
    /// Whether somebody has a Session Manager session on it.
    #[serde(default)]
    pub session: bool,
}

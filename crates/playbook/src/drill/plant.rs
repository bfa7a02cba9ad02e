//! What a drill plants, as its file says it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Placed;

/// One thing to make. Names are the drill's own; in the account each gets an ending that tells runs apart.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
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
    /// A credential that an attacker makes for a user.
    AttackersCredential(AttackersCredential),
    /// A role.
    Role(Role),
    /// A session of a role.
    RoleSession(RoleSession),
    /// A subnet beside the instances', with a network ACL of its own.
    Subnet(Subnet),
    /// An EC2 instance, with all that hangs on it.
    Instance(Instance),
}

/// A bucket with one object in it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// Its name.
    pub name: Placed<String>,
    /// Whether its policy lets anyone read its objects.
    #[serde(default)]
    pub open_to_anyone: bool,
    /// Whether it hosts a website.
    #[serde(default)]
    pub website: bool,
}

/// A user with one access key.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The user's name.
    pub name: Placed<String>,
    /// The actions the user may do, on everything.
    pub allow: Vec<Placed<String>>,
    /// The name of the user's access key.
    pub key: Placed<String>,
    /// Further credentials of the user.
    #[serde(default)]
    pub also: Vec<Credential>,
    /// Whether the user may sign in to the console, with a password.
    #[serde(default)]
    pub console_password: bool,
}

/// A credential of a user beside the named access key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    /// A second access key, which nobody in the drill holds.
    AccessKey,
    /// An X.509 certificate for SOAP APIs.
    SigningCertificate,
    /// A password for CodeCommit; an attacker's is an API key of Bedrock.
    ServiceSpecificCredential,
    /// A key for CodeCommit.
    SshPublicKey,
}

/// A session that the owner of a key got by `GetSessionToken`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeySession {
    /// The session's name.
    pub name: Placed<String>,
    /// The key that makes it.
    pub of: Placed<String>,
}

/// A user with one access key whom an attacker makes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Backdoor {
    /// The user's name.
    pub name: Placed<String>,
    /// The name of the user's access key.
    pub key: Placed<String>,
    /// The key that the attacker makes them with; its user must be allowed to.
    pub by: Placed<String>,
}

/// A credential that an attacker makes for a user, to come back by: undo must leave it off.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttackersCredential {
    /// The user.
    pub of: Placed<String>,
    /// Its kind.
    pub credential: Credential,
    /// The key that the attacker makes it with; its user must be allowed to.
    pub by: Placed<String>,
}

/// A role.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The role's name.
    pub name: Placed<String>,
    /// The user who may assume it.
    pub trusts: Placed<String>,
    /// The services that may assume it as well, such as `lambda.amazonaws.com`.
    #[serde(default)]
    pub trusted_services: Vec<String>,
    /// Whether only those services may assume it once everything is planted: the sessions that were planted are then as
    /// the services would have made them.
    #[serde(default)]
    pub then_only_services: bool,
    /// The actions the role may do, on everything.
    pub allow: Vec<Placed<String>>,
}

/// A session of a role.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleSession {
    /// The session's name in this file.
    pub name: Placed<String>,
    /// The role.
    pub role: Placed<String>,
    /// The key that assumes it.
    pub by: Placed<String>,
    /// The session's name in AWS.
    #[serde(default)]
    pub session_name: Option<String>,
    /// The instance whose credentials they are: EC2 names the session after it.
    #[serde(default)]
    pub instance: Option<Placed<String>>,
    /// When it is assumed.
    #[serde(default)]
    pub assumed: Assumed,
}

/// When a role is assumed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Assumed {
    /// Once, before the finding.
    #[default]
    BeforeTheFinding,
    /// Anew for each probe, so that after containment it is younger than the containment.
    ForEachProbe,
}

/// What names a session.
#[derive(Clone, Copy, Debug)]
pub enum SessionName<'a> {
    /// This text.
    Text(&'a str),
    /// The id of the instance of this name.
    Instance(&'a Placed<String>),
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

/// A subnet beside the instances', with a network ACL of its own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subnet {
    /// Its name.
    pub name: Placed<String>,
}

/// An EC2 instance, with all that hangs on it. All instances of a drill stand in one subnet, with a route to the internet.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// Its name.
    pub name: Placed<String>,
    /// The role that its instance profile holds.
    #[serde(default)]
    pub role: Option<Placed<String>>,
    /// How many security groups each of its network interfaces has, the primary one first.
    pub interfaces: Placed<Vec<usize>>,
    /// How many branch interfaces hang on a trunk interface of it, which it then has besides: as on a node of Amazon EKS
    /// whose pods have security groups of their own.
    #[serde(default)]
    pub branch_interfaces: usize,
    /// How many EBS volumes it has.
    pub volumes: Placed<usize>,
    /// The Auto Scaling group it is in; made when first named.
    #[serde(default)]
    pub auto_scaling: Option<String>,
    /// The target group and the classic load balancer of this name that it serves; made when first named.
    #[serde(default)]
    pub load_balancers: Option<String>,
    /// Whether it doesn't answer its load balancers: it is stopped once it is planted.
    #[serde(default)]
    pub answers_nobody: bool,
    /// Whether somebody has a Session Manager session on it.
    #[serde(default)]
    pub session: bool,
    /// Whether its primary network interface has an Elastic IP address.
    #[serde(default)]
    pub elastic_ip: bool,
}

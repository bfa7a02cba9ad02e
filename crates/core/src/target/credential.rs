//! What credentials have in common: whose they are as far as a finding tells, and how their calls are known again.

/// The IAM user behind a target, as far as its finding tells. A name is a hint, until IAM was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IamUser<'a> {
    /// Whoever owns this long-term key; IAM tells.
    Owning {
        /// `AKIA…`
        key_id: &'a str,
        /// The name according to the finding.
        name: Option<&'a str>,
    },
    /// The user of this name, if it has this unique id.
    Identified {
        /// The name.
        name: &'a str,
        /// `AIDA…`
        user_id: &'a str,
    },
    /// The user of this name.
    Named(&'a str),
}

impl<'a> IamUser<'a> {
    /// The name according to the finding.
    pub const fn name(&self) -> Option<&'a str> {
        match *self {
            Self::Owning { name, .. } => name,
            Self::Identified { name, .. } | Self::Named(name) => Some(name),
        }
    }
}

/// The IAM role behind a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IamRole<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its unique id, `AROA…`, if the finding tells it: a role made anew under the name is another role.
    pub role_id: Option<&'a str>,
}

/// How CloudTrail shows which calls somebody made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls<'a> {
    /// They are signed with this key.
    pub key_id: Option<&'a str>,
    /// Every call of this user is meant, whatever key it was signed with.
    pub user: Option<&'a str>,
    /// Every call of this role's sessions is meant.
    pub role: Option<&'a str>,
    /// The name of the session, under which CloudTrail finds its calls.
    pub session: Option<&'a str>,
    /// Each call names who issued the session; the finding doesn't.
    pub name_issuer: bool,
}

/// The guardrail that refuses principals which are never contained.
pub(crate) const PROTECTED_PRINCIPAL: &str = "protected-principal";

/// Why a target is never contained, whatever a playbook says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The guardrail that refuses.
    pub guardrail: &'static str,
    /// Why, and what people can do.
    pub reason: String,
}

/// What people do once a credential is contained.
pub(super) const ONCE_CONTAINED: &[&str] = &[
    "tell the owner: work that used this credential has stopped",
    "find out what was done with it, and how it leaked, before you give out a new one",
];

/// What is asked afterwards where an attacker got in somewhere.
pub(super) const HOW_IT_BEGAN: &str =
    "How did the attacker get in, is that way shut, and what else does it lead to?";

/// What people do where Backstop refused a role that IAM refuses to change, too: running the playbook again would only be
/// refused again.
pub(super) fn once_refused(role_name: &str) -> &'static [&'static str] {
    if role_name.starts_with("AWSReservedSSO_") {
        return ONCE_IDENTITY_CENTER_REFUSED;
    }
    if role_name.starts_with("AWSServiceRoleFor") {
        return ONCE_SERVICE_LINKED_REFUSED;
    }
    &[]
}

/// In this order (IAM Identity Center User Guide, "Revoke active IAM role sessions created by permission sets", and its
/// steps to take a user's access away): a disabled user's portal session can't be ended any more.
const ONCE_IDENTITY_CENTER_REFUSED: &[&str] = &[
    "it is a role of IAM Identity Center, which IAM lets nobody change: running the playbook again is refused again",
    "find the person: the session is named after the user in Identity Center",
    "deny them everywhere at once by a service control policy on `identitystore:userId`, or by an inline deny in the \
     permission set, provisioned to its accounts",
    "take away the user's account assignments, group memberships and access entitlements",
    "in the console of Identity Center delete the user's sessions, and only then disable the user",
    "keep the deny for 12 hours at least: credentials that were given out work until they expire",
];

const ONCE_SERVICE_LINKED_REFUSED: &[&str] = &[
    "it is a service-linked role, which IAM lets nobody change: running the playbook again is refused again",
    "contain what uses it: the resource of the AWS service that the role is named after",
];

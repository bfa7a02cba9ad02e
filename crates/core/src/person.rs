//! Who decides. A person is told from another by what nobody can choose: an IAM user by its unique id (a name can be
//! changed), a user of IAM Identity Center by the name that Identity Center gives to the session of its reserved role.
//! The name of any other role's session is whatever its caller says, so all sessions of such a role are one person.

use crate::{
    guardrail::is_identity_center,
    ids::{AccountId, PersonId},
    incident::Incident,
    investigation::Investigation,
    kind,
    target::{
        Arn, IamRole, IamUser, Target,
        name::{is_instance_id, is_unique_id},
    },
};

/// How the roles of IAM Identity Center are named (IAM Identity Center User Guide, "Referencing
/// permission sets in resource policies").
const RESERVED_NAME: &str = "AWSReservedSSO_";

/// How the id of a person begins whom the session's name tells.
const SESSION: &str = "session/";

/// A caller, as API Gateway proved it by the signature of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The ARN of the user, or of the session.
    pub arn: String,
    /// The unique id of the user or role; of a session `AROA…:name`; of root the account.
    pub user_id: String,
    /// The key that the request was signed with.
    pub access_key: Option<String>,
}

/// A caller, and the person that it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The caller.
    pub caller: Caller,
    /// The person.
    pub id: PersonId,
}

/// The caller can't be told from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPerson {
    /// `sts:GetFederationToken`: whoever asks for it chooses the name, and the session doesn't tell who that was.
    #[error("a federated session doesn't say who made it")]
    Federated,
    /// No form of caller that is known.
    #[error("it is neither a user, nor a role's session, nor root")]
    Unknown,
}

/// What a caller's ARN says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CallerKind<'a> {
    Root,
    User { name: &'a str },
    Session { role: &'a str, name: &'a str },
    Federated,
    Unknown,
}

impl Caller {
    /// The caller's account.
    pub fn account(&self) -> AccountId {
        AccountId::new(Arn::read(&self.arn).map_or("", |arn| arn.account))
    }

    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub fn partition(&self) -> &str {
        Arn::read(&self.arn).map_or("", |arn| arn.partition)
    }

    /// The role of IAM Identity Center that it seems to be a session of. A role of any name can seem so: only where the
    /// role is, which IAM tells, shows that it is one.
    pub fn seemingly_reserved_role(&self) -> Option<&str> {
        match self.principal() {
            CallerKind::Session { role, .. } if role.starts_with(RESERVED_NAME) => Some(role),
            _ => None,
        }
    }

    /// Which person it is. `role_arn` is the ARN that IAM gives of [`Caller::seemingly_reserved_role`], with its path;
    /// `person_roles` are the names of further roles whose sessions are named by whom the deployment's owner trusts.
    pub fn person(self, role_arn: Option<&str>, person_roles: &[String]) -> Result<Person, NoPerson> {
        let id = match self.principal() {
            CallerKind::Root => format!("root/{}", self.account()),
            CallerKind::User { .. } if is_unique_id(&self.user_id, "AIDA") => {
                format!("user/{}", self.user_id)
            }
            CallerKind::Session { role, name } => match self.user_id.split_once(':') {
                Some((id, session)) if is_unique_id(id, "AROA") && session == name => {
                    let is_named = person_roles.iter().any(|named| named == role);
                    if is_named || is_reserved(role, role_arn) {
                        // Names of people aren't told apart by their case; who has two such roles is one person.
                        format!("{SESSION}{}", name.to_lowercase())
                    } else {
                        format!("role/{id}")
                    }
                }
                _ => return Err(NoPerson::Unknown),
            },
            CallerKind::Federated => return Err(NoPerson::Federated),
            CallerKind::User { .. } | CallerKind::Unknown => return Err(NoPerson::Unknown),
        };
        Ok(Person {
            caller: self,
            id: PersonId::new(id),
        })
    }

    /// Whether the target is this caller, its user, its role, or the instance that it runs on.
    fn is(&self, target: &Target) -> bool {
        let resource = &target.resource;
        let signed_with = resource.calls().and_then(|calls| calls.key_id);
        if signed_with.is_some() && signed_with == self.access_key.as_deref() {
            return true;
        }
        if target.account != self.account() {
            return false;
        }
        let id = self.user_id.split(':').next().unwrap_or_default();
        match self.principal() {
            CallerKind::Root => target.arn().as_deref() == Some(self.arn.as_str()),
            CallerKind::User { name } => resource.iam_user().is_some_and(|user| {
                let is_same_id = matches!(user, IamUser::Identified { user_id, .. } if user_id == id);
                is_same_id || user.name().is_some_and(|other| other.eq_ignore_ascii_case(name))
            }),
            // AWS names the session of an instance after the instance.
            CallerKind::Session { name, .. } if is_instance_id(name) && resource.id() == name => true,
            CallerKind::Session { role, .. } => {
                resource.iam_role().is_some_and(|IamRole { name, role_id }| {
                    role_id == Some(id) || name.eq_ignore_ascii_case(role)
                })
            }
            CallerKind::Federated | CallerKind::Unknown => false,
        }
    }

    /// Whether an ARN of IAM is this caller's user or role, whatever its path.
    fn is_of(&self, arn: &str) -> bool {
        let Some(Arn {
            account, resource, ..
        }) = Arn::read(arn)
        else {
            return false;
        };
        let is_named = |kind: &str, name: &str| {
            let mut words = resource.split('/');
            words.next() == Some(kind)
                && words
                    .next_back()
                    .is_some_and(|last| last.eq_ignore_ascii_case(name))
        };
        account == self.account().as_str()
            && match self.principal() {
                CallerKind::Root => resource == "root",
                CallerKind::User { name } => is_named("user", name),
                CallerKind::Session { role, name } => is_named("role", role) || is_named("instance", name),
                CallerKind::Federated | CallerKind::Unknown => false,
            }
    }

    fn principal(&self) -> CallerKind<'_> {
        let Some(arn) = Arn::read(&self.arn) else {
            return CallerKind::Unknown;
        };
        if !arn.region.is_empty() || !AccountId::new(arn.account).is_well_formed() {
            return CallerKind::Unknown;
        }
        let (kind, rest) = arn.resource.split_once('/').unwrap_or((arn.resource, ""));
        match (arn.service, kind) {
            ("iam", "root") if rest.is_empty() => CallerKind::Root,
            // A user's path comes before its name.
            ("iam", "user") => match rest.rsplit('/').next() {
                Some(name) if !name.is_empty() => CallerKind::User { name },
                _ => CallerKind::Unknown,
            },
            ("sts", "assumed-role") => match rest.split_once('/') {
                Some((role, name)) if !role.is_empty() && !name.is_empty() && !name.contains('/') => {
                    CallerKind::Session { role, name }
                }
                _ => CallerKind::Unknown,
            },
            ("sts", "federated-user") => CallerKind::Federated,
            _ => CallerKind::Unknown,
        }
    }
}

impl Person {
    /// The ARN, as the log names who did something.
    pub fn arn(&self) -> &str {
        &self.caller.arn
    }

    /// Whether the incident is about this person: then they may not decide on it. About means its target, whoever the
    /// finding names as the attacker (`others`), whom a step's plan resolved the target to, and what an investigation
    /// says the attacker made.
    pub fn is_subject_of(&self, incident: &Incident, others: &[Target]) -> bool {
        let found = Investigation::in_incident(incident).map(|found| found.proposals);
        let made = found.iter().flatten().filter_map(|it| it.target.as_ref());
        let opened = &incident.opened.target;
        let mut targets = std::iter::once(opened).chain(others).chain(made);
        if targets.any(|target| self.is(target)) {
            return true;
        }
        // A plan names the role of a session, and in this role each user has sessions of their own.
        let is_anothers = self.is_users_session(opened) == Some(false);
        let mut plans = incident.steps.iter().filter_map(|step| step.plan.as_ref());
        !is_anothers && plans.any(|plan| self.caller.is_of(&plan.principal))
    }

    fn is(&self, target: &Target) -> bool {
        self.is_users_session(target)
            .unwrap_or_else(|| self.caller.is(target))
    }

    /// Of a user of IAM Identity Center: whether a session of a role of Identity Center is theirs, in whatever account and by
    /// whatever permission set. Identity Center alone makes sessions of its roles, and names them after its users (IAM
    /// Identity Center User Guide, "Revoke active IAM role sessions created by permission sets"). That a role only looks like
    /// one of its can keep somebody from deciding, and lets nobody decide: whoever asks is a session of a true one. None
    /// where the sessions aren't told apart so.
    fn is_users_session(&self, target: &Target) -> Option<bool> {
        self.caller.seemingly_reserved_role()?;
        let user = self.id.as_str().strip_prefix(SESSION)?;
        let session = kind::RoleSession::of(&target.resource).filter(|session| {
            session.role_name.starts_with(RESERVED_NAME) && !session.session_name.is_empty()
        })?;
        let is_key = self.caller.access_key.as_deref() == Some(session.key_id.as_str());
        Some(is_key || session.session_name.to_lowercase() == user)
    }
}

/// By the role's exact path: nobody but AWS makes a role there.
fn is_reserved(role: &str, arn: Option<&str>) -> bool {
    role.starts_with(RESERVED_NAME)
        && arn.and_then(Arn::read).is_some_and(|arn| {
            arn.service == "iam"
                && is_identity_center(arn.resource)
                && arn.resource.rsplit('/').next() == Some(role)
        })
}

#[cfg(test)]
mod tests;

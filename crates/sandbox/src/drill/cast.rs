//! Plants a drill's users, keys, roles, sessions and buckets, and keeps the credentials that come of it.

mod buckets;
mod credentials;
mod identities;

use std::collections::BTreeMap;

use aws_credential_types::Credentials;
use aws_sdk_sts::error::ProvideErrorMetadata as _;

use super::{
    DrillError,
    error::call,
    file::{Assumed, Drill, KeySession, Plant, RoleSession},
};
use crate::Account;
pub(super) use identities::access_key;

/// The one object of every planted bucket.
pub const OBJECT: &str = "report.csv";

/// What a drill planted. Names are those of the drill's file.
#[derive(Debug)]
pub struct Cast {
    ending: String,
    users: BTreeMap<String, String>,
    roles: BTreeMap<String, PlantedRole>,
    buckets: BTreeMap<String, String>,
    actors: BTreeMap<String, Actor>,
}

#[derive(Debug)]
struct PlantedRole {
    name: String,
    arn: String,
}

/// Somebody who can make calls.
#[derive(Debug)]
struct Actor {
    source: Source,
    /// None for who is made anew each time.
    identity: Option<Identity>,
}

#[derive(Debug)]
enum Source {
    Held(Credentials),
    Assumed {
        role_arn: String,
        session_name: String,
        by: Credentials,
    },
}

/// How a finding names a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// `AKIA…` or `ASIA…`.
    pub key_id: String,
    /// `AIDA…`, or `AROA…:session`.
    pub principal_id: String,
    /// GuardDuty's `userType`.
    pub user_type: &'static str,
    /// The user's or role's name.
    pub user_name: String,
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// Somebody's credential.
    Credential(&'a Identity),
    /// A bucket, by its name in the account.
    Bucket(&'a str),
}

/// What asking for credentials gives.
#[derive(Debug)]
pub enum Held {
    /// Credentials to call with.
    Credentials(Credentials),
    /// AWS refused to give any, with this code.
    Refused(String),
}

impl Cast {
    /// Plants everything, in the file's order. Names end in `ending`, so that drills can share an account.
    pub async fn plant(account: &Account, drill: &Drill, ending: &str) -> Result<Self, DrillError> {
        let mut cast = Self {
            ending: ending.to_owned(),
            users: BTreeMap::new(),
            roles: BTreeMap::new(),
            buckets: BTreeMap::new(),
            actors: BTreeMap::new(),
        };
        for plant in &drill.plant {
            match plant {
                Plant::Bucket(bucket) => cast.add_bucket(account, bucket).await?,
                Plant::User(user) => cast.add_user(account, user).await?,
                Plant::KeySession(session) => cast.add_key_session(account, session).await?,
                Plant::Backdoor(backdoor) => cast.add_backdoor(account, backdoor).await?,
                Plant::Role(role) => cast.add_role(account, role).await?,
                Plant::RoleSession(session) => cast.add_role_session(account, session).await?,
            }
        }
        Ok(cast)
    }

    /// The credentials of somebody; a session that is assumed for each probe is assumed now.
    pub async fn credentials(&self, account: &Account, who: &str) -> Result<Held, DrillError> {
        match &self.actor(who)?.source {
            Source::Held(credentials) => Ok(Held::Credentials(credentials.clone())),
            Source::Assumed {
                role_arn,
                session_name,
                by,
            } => match assume(account, by.clone(), role_arn, session_name).await {
                Ok((credentials, _)) => Ok(Held::Credentials(credentials)),
                Err(DrillError::Call { source, .. }) => Ok(Held::Refused(
                    source
                        .downcast_ref::<aws_sdk_sts::Error>()
                        .and_then(|error| error.code())
                        .map_or_else(|| source.to_string(), str::to_owned),
                )),
                Err(other) => Err(other),
            },
        }
    }

    /// How a finding names somebody.
    pub fn identity(&self, who: &str) -> Result<&Identity, DrillError> {
        let lacking = || DrillError::NotPlanted {
            kind: "credential that is held",
            name: who.to_owned(),
        };
        self.actor(who)?.identity.as_ref().ok_or_else(lacking)
    }

    /// What a finding is about: a bucket or somebody.
    pub fn subject(&self, name: &str) -> Result<Subject<'_>, DrillError> {
        match self.buckets.get(name) {
            Some(bucket) => Ok(Subject::Bucket(bucket)),
            None => self.identity(name).map(Subject::Credential),
        }
    }

    /// The name in the account of a planted user.
    pub fn user(&self, name: &str) -> Result<&str, DrillError> {
        self.users
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| not_planted("user", name))
    }

    /// The name in the account of a planted bucket.
    pub fn bucket(&self, name: &str) -> Result<&str, DrillError> {
        self.buckets
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| not_planted("bucket", name))
    }

    /// The key ids of everybody who holds one, by the names of the file: for people who look into logs.
    pub fn key_ids(&self) -> BTreeMap<&str, &str> {
        let identities = self.actors.iter();
        identities
            .filter_map(|(name, actor)| Some((name.as_str(), actor.identity.as_ref()?.key_id.as_str())))
            .collect()
    }

    fn actor(&self, who: &str) -> Result<&Actor, DrillError> {
        self.actors.get(who).ok_or_else(|| not_planted("credential", who))
    }

    fn held(&self, who: &str) -> Result<(&Credentials, &Identity), DrillError> {
        match self.actor(who)? {
            Actor {
                source: Source::Held(credentials),
                identity: Some(identity),
            } => Ok((credentials, identity)),
            Actor { .. } => Err(not_planted("credential that is held", who)),
        }
    }

    /// The name in the account.
    fn real(&self, name: &str) -> String {
        format!("drill-{name}-{}", self.ending)
    }

    async fn add_key_session(&mut self, account: &Account, session: &KeySession) -> Result<(), DrillError> {
        const OPERATION: &str = "sts:GetSessionToken";
        let (key, owner) = self.held(&session.of)?;
        let owner = owner.clone();
        let sts = aws_sdk_sts::Client::new(&account.sdk_config(key.clone()));
        let answer = sts.get_session_token().send().await.map_err(call(OPERATION))?;
        let credentials = answer.credentials.ok_or(DrillError::Incomplete {
            operation: OPERATION,
            what: "credentials",
        })?;
        let identity = Identity {
            key_id: credentials.access_key_id().to_owned(),
            ..owner
        };
        self.hold(&session.name, temporary(&credentials), identity);
        Ok(())
    }

    async fn add_role_session(&mut self, account: &Account, session: &RoleSession) -> Result<(), DrillError> {
        let role = self
            .roles
            .get(&session.role)
            .ok_or_else(|| not_planted("role", &session.role))?;
        let (by, _) = self.held(&session.by)?;
        if session.assumed == Assumed::ForEachProbe {
            let source = Source::Assumed {
                role_arn: role.arn.clone(),
                session_name: session.session_name.clone(),
                by: by.clone(),
            };
            self.actors.insert(
                session.name.clone(),
                Actor {
                    source,
                    identity: None,
                },
            );
            return Ok(());
        }
        let (credentials, principal_id) =
            assume(account, by.clone(), &role.arn, &session.session_name).await?;
        let identity = Identity {
            key_id: credentials.access_key_id().to_owned(),
            principal_id,
            user_type: "AssumedRole",
            user_name: role.name.clone(),
        };
        self.hold(&session.name, credentials, identity);
        Ok(())
    }

    fn hold(&mut self, name: &str, credentials: Credentials, identity: Identity) {
        let actor = Actor {
            source: Source::Held(credentials),
            identity: Some(identity),
        };
        self.actors.insert(name.to_owned(), actor);
    }
}

/// Assumes a role; gives the credentials and the session's principal id.
async fn assume(
    account: &Account,
    by: Credentials,
    role_arn: &str,
    session_name: &str,
) -> Result<(Credentials, String), DrillError> {
    const OPERATION: &str = "sts:AssumeRole";
    let sts = aws_sdk_sts::Client::new(&account.sdk_config(by));
    let answer = sts
        .assume_role()
        .role_arn(role_arn)
        .role_session_name(session_name)
        .send()
        .await;
    let answer = answer.map_err(|error| call(OPERATION)(aws_sdk_sts::Error::from(error)))?;
    let lacking = |what| {
        move || DrillError::Incomplete {
            operation: OPERATION,
            what,
        }
    };
    let credentials = answer.credentials.ok_or_else(lacking("credentials"))?;
    let user = answer.assumed_role_user.ok_or_else(lacking("the session's id"))?;
    Ok((temporary(&credentials), user.assumed_role_id))
}

fn temporary(credentials: &aws_sdk_sts::types::Credentials) -> Credentials {
    Credentials::new(
        credentials.access_key_id(),
        credentials.secret_access_key(),
        Some(credentials.session_token().to_owned()),
        None,
        "backstop-drill",
    )
}

fn not_planted(kind: &'static str, name: &str) -> DrillError {
    DrillError::NotPlanted {
        kind,
        name: name.to_owned(),
    }
}

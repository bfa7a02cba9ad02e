//! Plants a drill's users, keys, roles, sessions, buckets and instances, and keeps the credentials that come of it.

mod buckets;
mod credentials;
mod identities;
mod instances;
mod load_balancers;
mod network;
mod sessions;
mod target;
mod trunk;

use std::collections::{BTreeMap, BTreeSet};

use aws_credential_types::Credentials;
use aws_sdk_sts::error::ProvideErrorMetadata as _;

use backstop_emulator::Account;
use backstop_playbook::drill::{ACCOUNT, Drill, Plant};

use super::{DrillError, finding};
pub(super) use identities::access_key;
pub use instances::PlantedInstance;
pub(super) use instances::groups_of;
use network::Network;
use sessions::assume;

/// The one object of every planted bucket.
pub const OBJECT: &str = "report.csv";

/// What a drill planted. Names are those of the drill's file.
#[derive(Debug)]
pub struct Fixtures {
    ending: String,
    users: BTreeMap<String, String>,
    /// What an attacker made, by the name of its state: no undo may bring it back.
    attackers: BTreeSet<String>,
    roles: BTreeMap<String, PlantedRole>,
    buckets: BTreeMap<String, String>,
    instances: BTreeMap<String, PlantedInstance>,
    network: Option<Network>,
    /// The instance that the finding is about, and the address that it says the instance talked with.
    remote: Option<(String, String)>,
    /// How many subnets there are beside the instances' own.
    subnets: u8,
    /// Auto Scaling groups and load balancers that are there already, by the names of the file.
    fleets: BTreeMap<String, String>,
    actors: BTreeMap<String, Actor>,
}

#[derive(Debug)]
struct PlantedRole {
    name: String,
    arn: String,
    trust: String,
    /// Its trust policy once everything is planted, if it is another.
    closed: Option<String>,
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
    /// An instance, by its id.
    Instance(&'a str),
    /// The account itself.
    Account,
}

impl Subject<'_> {
    /// The long-term key that the finding is about; undo leaves it off.
    pub fn key_id(&self) -> Option<&str> {
        match self {
            Self::Credential(identity) => identity.key_id.starts_with("AKIA").then_some(&identity.key_id),
            _ => None,
        }
    }
}

/// What asking for credentials gives.
#[derive(Debug)]
pub enum Held {
    /// Credentials to call with.
    Credentials(Credentials),
    /// AWS refused to give any, with this code.
    Refused(String),
}

impl Fixtures {
    /// Plants everything, in the file's order. Names end in `ending`, so that drills can share an account.
    pub async fn plant(account: &Account, drill: &Drill, ending: &str) -> Result<Self, DrillError> {
        let mut fixtures = Self {
            ending: ending.to_owned(),
            users: BTreeMap::new(),
            attackers: BTreeSet::new(),
            roles: BTreeMap::new(),
            buckets: BTreeMap::new(),
            instances: BTreeMap::new(),
            network: None,
            remote: finding::remote_address(drill).map(|address| (drill.about().to_owned(), address)),
            subnets: 0,
            fleets: BTreeMap::new(),
            actors: BTreeMap::new(),
        };
        for plant in &drill.plant {
            match plant {
                Plant::Bucket(bucket) => fixtures.add_bucket(account, bucket).await?,
                Plant::User(user) => fixtures.add_user(account, user).await?,
                Plant::KeySession(session) => fixtures.add_key_session(account, session).await?,
                Plant::Backdoor(backdoor) => fixtures.add_backdoor(account, backdoor).await?,
                Plant::AttackersCredential(made) => fixtures.add_attackers_credential(account, made).await?,
                Plant::Role(role) => fixtures.add_role(account, role).await?,
                Plant::RoleSession(session) => fixtures.add_role_session(account, session).await?,
                Plant::Subnet(_) => fixtures.add_subnet(account).await?,
                Plant::Instance(instance) => fixtures.add_instance(account, instance).await?,
            }
        }
        fixtures.close_roles(account).await?;
        Ok(fixtures)
    }

    /// What the names of everything planted end in.
    pub fn ending(&self) -> &str {
        &self.ending
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

    /// What a finding is about: the account, an instance, a bucket or somebody.
    pub fn subject(&self, name: &str) -> Result<Subject<'_>, DrillError> {
        if name == ACCOUNT {
            return Ok(Subject::Account);
        }
        if let Some(instance) = self.instances.get(name) {
            return Ok(Subject::Instance(&instance.id));
        }
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

    /// A planted instance.
    pub fn instance(&self, name: &str) -> Result<&PlantedInstance, DrillError> {
        self.instances
            .get(name)
            .ok_or_else(|| not_planted("instance", name))
    }

    /// The name in the account of a planted bucket.
    pub fn bucket(&self, name: &str) -> Result<&str, DrillError> {
        self.buckets
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| not_planted("bucket", name))
    }

    /// The name in the account of a planted role, and the trust policy that it was planted with.
    pub fn role(&self, name: &str) -> Result<(&str, &str), DrillError> {
        let role = self.roles.get(name).ok_or_else(|| not_planted("role", name))?;
        Ok((&role.name, &role.trust))
    }

    /// The names in the account of all planted users.
    pub fn users(&self) -> impl Iterator<Item = &str> {
        self.users.values().map(String::as_str)
    }

    /// What an attacker made, by the name of its state: no undo may bring it back.
    pub fn attackers_credentials(&self) -> &BTreeSet<String> {
        &self.attackers
    }

    /// The states that an undo must leave as containment made them, if a finding is about this: what an attacker made, the
    /// reported key, and, where only a session is reported, the keys that it may have come from.
    pub fn stays_off(&self, subject: Option<Subject<'_>>) -> BTreeSet<String> {
        let mut names = self.attackers.clone();
        let Some(Subject::Credential(reported)) = subject else {
            return names;
        };
        let is_session = reported.user_type == "IAMUser" && reported.key_id.starts_with("ASIA");
        let may_be_source = |of: &&Identity| {
            let is_source = is_session && of.user_name == reported.user_name;
            of.key_id.starts_with("AKIA") && (is_source || of.key_id == reported.key_id)
        };
        let held = self.actors.values().filter_map(|actor| actor.identity.as_ref());
        names.extend(
            held.filter(may_be_source)
                .map(|of| format!("access key {}", of.key_id)),
        );
        names
    }

    /// The names in the account of all planted roles.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.roles.values().map(|role| role.name.as_str())
    }

    /// The names in the account of all planted buckets.
    pub fn buckets(&self) -> impl Iterator<Item = &str> {
        self.buckets.values().map(String::as_str)
    }

    /// All planted instances.
    pub fn instances(&self) -> impl Iterator<Item = &PlantedInstance> {
        self.instances.values()
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

    fn hold(&mut self, name: &str, credentials: Credentials, identity: Identity) {
        let actor = Actor {
            source: Source::Held(credentials),
            identity: Some(identity),
        };
        self.actors.insert(name.to_owned(), actor);
    }
}

fn not_planted(kind: &'static str, name: &str) -> DrillError {
    DrillError::NotPlanted {
        kind,
        name: name.to_owned(),
    }
}

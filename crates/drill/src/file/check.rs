//! What a drill's file must satisfy beyond its shape, so that a slip is found before anything is started.

use std::collections::BTreeSet;

use super::{Drill, DrillFileError, Instance, Plant, Proposed, SessionName, Start};
use crate::{
    cast::ACCOUNT,
    check::{About, Check},
    probe::{ANYONE, Call},
};

/// The names that a drill has planted so far, by what they can be used for.
#[derive(Default)]
struct Planted<'a> {
    all: BTreeSet<&'a str>,
    keys: BTreeSet<&'a str>,
    actors: BTreeSet<&'a str>,
    users: BTreeSet<&'a str>,
    roles: BTreeSet<&'a str>,
    buckets: BTreeSet<&'a str>,
    instances: BTreeSet<&'a str>,
}

/// The first thing that can't work.
pub(super) fn problem(drill: &Drill) -> Option<String> {
    let mut planted = Planted::default();
    drill
        .plant
        .iter()
        .find_map(|plant| planted.add(plant).err())
        .or_else(|| planted.wrong_use(drill))
        .or_else(|| {
            (!drill.ends_something()).then(|| {
                "no probe goes from allowed to denied and no check changes, so it proves nothing".to_owned()
            })
        })
}

/// Two drills of one name couldn't be told apart.
pub(super) fn names(drills: &[Drill]) -> Result<(), DrillFileError> {
    let mut seen = BTreeSet::new();
    match drills.iter().find(|drill| !seen.insert(&drill.name)) {
        None => Ok(()),
        Some(twin) => Err(DrillFileError::Senseless {
            path: twin.folder.join(super::FILE),
            drill: twin.name.clone(),
            problem: "another drill has this name".to_owned(),
        }),
    }
}

impl<'a> Planted<'a> {
    fn add(&mut self, plant: &'a Plant) -> Result<(), String> {
        match plant {
            Plant::Bucket(bucket) => {
                self.name(&bucket.name)?;
                self.buckets.insert(&bucket.name);
            }
            Plant::User(user) => {
                self.name(&user.name)?;
                self.name(&user.key)?;
                self.users.insert(&user.name);
                self.keys.insert(&user.key);
                self.actors.insert(&user.key);
            }
            Plant::KeySession(session) => {
                known(&self.keys, "key", &session.of)?;
                self.name(&session.name)?;
                self.actors.insert(&session.name);
            }
            Plant::Backdoor(backdoor) => {
                known(&self.keys, "key", &backdoor.by)?;
                self.name(&backdoor.name)?;
                self.name(&backdoor.key)?;
                self.users.insert(&backdoor.name);
                self.keys.insert(&backdoor.key);
                self.actors.insert(&backdoor.key);
            }
            Plant::Role(role) => {
                known(&self.users, "user", &role.trusts)?;
                self.name(&role.name)?;
                self.roles.insert(&role.name);
            }
            Plant::RoleSession(session) => {
                known(&self.roles, "role", &session.role)?;
                known(&self.keys, "key", &session.by)?;
                match session.named_after() {
                    Some(SessionName::Text(_)) => {}
                    Some(SessionName::Instance(name)) => known(&self.instances, "instance", name)?,
                    None => {
                        let name = &session.name;
                        return Err(format!(
                            "session `{name}` needs either `session_name` or `instance`"
                        ));
                    }
                }
                self.name(&session.name)?;
                self.actors.insert(&session.name);
            }
            Plant::Subnet(subnet) => self.name(&subnet.name)?,
            Plant::Instance(instance) => self.instance(instance)?,
        }
        Ok(())
    }

    fn instance(&mut self, instance: &'a Instance) -> Result<(), String> {
        if let Some(role) = &instance.role {
            known(&self.roles, "role", role)?;
        }
        let name = &instance.name;
        if instance.interfaces.is_empty() || instance.interfaces.contains(&0) || instance.volumes == 0 {
            return Err(format!(
                "instance `{name}` needs an interface, a group on each, and a volume"
            ));
        }
        self.name(name)?;
        self.instances.insert(name);
        Ok(())
    }

    fn name(&mut self, name: &'a str) -> Result<(), String> {
        if name == ANYONE {
            return Err(format!(
                "`{ANYONE}` means whoever signs nothing, so nobody can be called that"
            ));
        }
        if name == ACCOUNT {
            return Err(format!(
                "`{ACCOUNT}` means the account itself, so nothing in it can be called that"
            ));
        }
        let is_new = self.all.insert(name);
        if is_new {
            Ok(())
        } else {
            Err(format!("`{name}` is planted twice"))
        }
    }

    fn wrong_use(&self, drill: &Drill) -> Option<String> {
        let start = self.wrong_start(drill);
        let probes = drill.probes.iter().find_map(|probe| {
            let who = match (probe.who.as_str(), &probe.call) {
                (ANYONE, Call::GetObject { .. }) => None,
                (who, _) => known(&self.actors, "credential", who).err(),
            };
            who.or_else(|| match &probe.call {
                Call::GetObject { bucket } => known(&self.buckets, "bucket", bucket).err(),
                Call::ListBuckets => None,
            })
        });
        let checks = drill.checks.iter().find_map(|check| self.wrong_check(check));
        let proposals = drill.proposals.iter().find_map(|proposed| match proposed {
            Proposed::DenyUser(user) => known(&self.users, "user", user).err(),
            Proposed::DeactivateKey(key) => known(&self.keys, "key", key).err(),
        });
        start.or(probes).or(checks).or(proposals)
    }

    fn wrong_start(&self, drill: &Drill) -> Option<String> {
        let is_resource =
            |name: &str| name == ACCOUNT || self.buckets.contains(name) || self.instances.contains(name);
        match drill.start() {
            Some(Start::Finding(subject)) if is_resource(subject) => None,
            Some(Start::Finding(subject)) => known(&self.actors, "credential", subject).err(),
            Some(Start::ByHand(run)) if is_resource(&run.target) => None,
            Some(Start::ByHand(run)) => {
                // A person can't name one session.
                let others = [&self.keys, &self.roles, &self.users].into_iter().flatten();
                known(
                    &others.copied().collect(),
                    "access key, role or user",
                    &run.target,
                )
                .err()
            }
            None => Some("it needs either `finding_about` or `run_by_hand`".to_owned()),
        }
    }

    fn wrong_check(&self, check: &Check) -> Option<String> {
        match check.about() {
            Some(About::Credential(_)) => known(&self.users, "user", &check.of).err(),
            Some(About::Instance(_)) => known(&self.instances, "instance", &check.of).err(),
            Some(About::Role(_)) => known(&self.roles, "role", &check.of).err(),
            None => Some(format!(
                "check `{}` needs one of `credential`, `instance` and `role`",
                check.name
            )),
        }
    }
}

fn known(names: &BTreeSet<&str>, kind: &str, name: &str) -> Result<(), String> {
    if names.contains(name) {
        return Ok(());
    }
    let there = names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    let there = if there.is_empty() {
        "none".to_owned()
    } else {
        there
    };
    Err(format!(
        "no {kind} `{name}` is planted before it is used; there is {there}"
    ))
}

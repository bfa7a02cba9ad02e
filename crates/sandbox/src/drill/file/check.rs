//! What a drill's file must satisfy beyond its shape, so that a slip is found before anything is started.

use std::collections::BTreeSet;

use super::{Drill, DrillFileError, Plant, Proposed};
use crate::drill::probe::{ANYONE, Call};

/// The names that a drill has planted so far, by what they can be used for.
#[derive(Default)]
struct Planted<'a> {
    all: BTreeSet<&'a str>,
    keys: BTreeSet<&'a str>,
    actors: BTreeSet<&'a str>,
    users: BTreeSet<&'a str>,
    roles: BTreeSet<&'a str>,
    buckets: BTreeSet<&'a str>,
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
            (!drill.ends_something())
                .then(|| "no probe goes from allowed to denied, so it proves nothing".to_owned())
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
                self.name(&session.name)?;
                self.actors.insert(&session.name);
            }
        }
        Ok(())
    }

    fn name(&mut self, name: &'a str) -> Result<(), String> {
        if name == ANYONE {
            return Err(format!(
                "`{ANYONE}` means whoever signs nothing, so nobody can be called that"
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
        let about = if self.buckets.contains(drill.finding_about.as_str()) {
            None
        } else {
            known(&self.actors, "credential", &drill.finding_about).err()
        };
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
        let checks = drill
            .checks
            .iter()
            .find_map(|check| known(&self.users, "user", &check.of).err());
        let proposals = drill.proposals.iter().find_map(|proposed| match proposed {
            Proposed::DenyUser(user) => known(&self.users, "user", user).err(),
            Proposed::DeactivateKey(key) => known(&self.keys, "key", key).err(),
        });
        about.or(probes).or(checks).or(proposals)
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

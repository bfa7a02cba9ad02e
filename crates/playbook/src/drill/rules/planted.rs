//! The names that a drill has planted so far, by what they can be used for.

use std::collections::BTreeSet;

use super::super::{ACCOUNT, ANYONE, Instance, Placed, Plant, Proposed, RoleSession, SessionName};
use crate::{problem::Problem, suggest};

/// See the module.
#[derive(Default)]
pub(super) struct Planted<'a> {
    all: BTreeSet<&'a str>,
    keys: BTreeSet<&'a str>,
    callers: BTreeSet<&'a str>,
    users: BTreeSet<&'a str>,
    roles: BTreeSet<&'a str>,
    buckets: BTreeSet<&'a str>,
    instances: BTreeSet<&'a str>,
}

impl<'a> Planted<'a> {
    pub(super) fn add(&mut self, plant: &'a Plant, problems: &mut Vec<Problem>) {
        match plant {
            Plant::Bucket(bucket) => {
                self.name(&bucket.name, problems);
                self.buckets.insert(&bucket.name);
            }
            Plant::User(user) => {
                user.allow
                    .iter()
                    .for_each(|action| check_action(action, problems));
                self.add_user(&user.name, &user.key, problems);
            }
            Plant::KeySession(session) => {
                known(&self.keys, "access key", &session.of, problems);
                self.name(&session.name, problems);
                self.callers.insert(&session.name);
            }
            Plant::Backdoor(backdoor) => {
                known(&self.keys, "access key", &backdoor.by, problems);
                self.add_user(&backdoor.name, &backdoor.key, problems);
            }
            Plant::AttackersCredential(made) => {
                known(&self.users, "user", &made.of, problems);
                known(&self.keys, "access key", &made.by, problems);
            }
            Plant::Role(role) => {
                known(&self.users, "user", &role.trusts, problems);
                role.allow
                    .iter()
                    .for_each(|action| check_action(action, problems));
                self.name(&role.name, problems);
                self.roles.insert(&role.name);
            }
            Plant::RoleSession(session) => self.add_role_session(session, problems),
            Plant::Subnet(subnet) => self.name(&subnet.name, problems),
            Plant::Instance(instance) => self.add_instance(instance, problems),
        }
    }

    fn add_user(&mut self, name: &'a Placed<String>, key: &'a Placed<String>, problems: &mut Vec<Problem>) {
        self.name(name, problems);
        self.name(key, problems);
        self.users.insert(name);
        self.keys.insert(key);
        self.callers.insert(key);
    }

    fn add_role_session(&mut self, session: &'a RoleSession, problems: &mut Vec<Problem>) {
        known(&self.roles, "role", &session.role, problems);
        known(&self.keys, "access key", &session.by, problems);
        match session.named_after() {
            Some(SessionName::Text(_)) => {}
            Some(SessionName::Instance(name)) => known(&self.instances, "instance", name, problems),
            None => problems.push(
                Problem::at(
                    session.name.place(),
                    "session-name",
                    "it needs either `session_name` or `instance`, and not both",
                )
                .help("write `session_name: deploy-7`, or `instance:` with the instance whose credentials they are"),
            ),
        }
        self.name(&session.name, problems);
        self.callers.insert(&session.name);
    }

    fn add_instance(&mut self, instance: &'a Instance, problems: &mut Vec<Problem>) {
        if let Some(role) = &instance.role {
            known(&self.roles, "role", role, problems);
        }
        if instance.interfaces.is_empty() || instance.interfaces.contains(&0) {
            problems.push(
                Problem::at(
                    instance.interfaces.place(),
                    "instance-parts",
                    "an instance has an interface, and each interface a security group",
                )
                .help("write how many security groups each interface has, such as `interfaces: [1]`"),
            );
        }
        if *instance.volumes == 0 {
            problems.push(
                Problem::at(
                    instance.volumes.place(),
                    "instance-parts",
                    "an instance has a volume",
                )
                .help("write `volumes: 1`"),
            );
        }
        self.name(&instance.name, problems);
        self.instances.insert(&instance.name);
    }

    fn name(&mut self, name: &'a Placed<String>, problems: &mut Vec<Problem>) {
        let message = match name.as_str() {
            ANYONE => format!("`{ANYONE}` means whoever signs nothing, so nobody can be called that"),
            ACCOUNT => format!("`{ACCOUNT}` means the account itself, so nothing in it can be called that"),
            text if !self.all.insert(text) => format!("`{text}` is planted twice"),
            _ => return,
        };
        problems.push(Problem::at(name.place(), "planted-name", message).help("give it a name of its own"));
    }

    /// Who makes a probe's call.
    pub(super) fn caller(&self, name: &Placed<String>, problems: &mut Vec<Problem>) {
        let words = self.callers.iter().copied().chain([ANYONE]).collect();
        known(&words, "credential", name, problems);
    }

    /// Who makes an attacker's call, which must be signed.
    pub(super) fn attacker(&self, name: &Placed<String>, problems: &mut Vec<Problem>) {
        known(&self.callers, "credential", name, problems);
    }

    pub(super) fn key(&self, name: &Placed<String>, problems: &mut Vec<Problem>) {
        known(&self.keys, "access key", name, problems);
    }

    pub(super) fn bucket(&self, name: &Placed<String>, problems: &mut Vec<Problem>) {
        known(&self.buckets, "bucket", name, problems);
    }

    pub(super) fn user(&self, name: &Placed<String>, problems: &mut Vec<Problem>) {
        known(&self.users, "user", name, problems);
    }

    pub(super) fn role(&self, name: &Placed<String>, problems: &mut Vec<Problem>) {
        known(&self.roles, "role", name, problems);
    }

    pub(super) fn instance(&self, name: &Placed<String>, problems: &mut Vec<Problem>) {
        known(&self.instances, "instance", name, problems);
    }

    pub(super) fn proposed(&self, proposed: &Proposed, problems: &mut Vec<Problem>) {
        match proposed {
            Proposed::DenyUser(user) => known(&self.users, "user", user, problems),
            Proposed::DeactivateKey(key) => known(&self.keys, "access key", key, problems),
        }
    }

    /// What a finding is about.
    pub(super) fn subject(&self, name: &Placed<String>, problems: &mut Vec<Problem>) {
        let words = self.resources().chain(self.callers.iter().copied()).collect();
        known(&words, "credential, bucket or instance", name, problems);
    }

    /// What a person runs a playbook on, who can't name one session.
    pub(super) fn target(&self, name: &Placed<String>, problems: &mut Vec<Problem>) {
        let others = [&self.keys, &self.roles, &self.users].into_iter().flatten();
        let words = self.resources().chain(others.copied()).collect();
        known(
            &words,
            "bucket, instance, role, user or access key",
            name,
            problems,
        );
    }

    fn resources(&self) -> impl Iterator<Item = &'a str> {
        let resources = self.buckets.iter().chain(&self.instances);
        resources.copied().chain([ACCOUNT])
    }
}

fn known(names: &BTreeSet<&str>, kind: &str, name: &Placed<String>, problems: &mut Vec<Problem>) {
    if names.contains(name.as_str()) {
        return;
    }
    let help = if names.is_empty() {
        format!("plant a {kind} first, above where its name is used")
    } else {
        suggest::one_of(name, names.iter().copied())
    };
    let message = format!("no {kind} `{name}` is planted before it is used");
    problems.push(Problem::at(name.place(), "not-planted", message).help(help));
}

/// An action of an IAM policy, `service:Operation`, where `*` stands for any characters.
fn check_action(action: &Placed<String>, problems: &mut Vec<Problem>) {
    let is_word = |word: &str, also: &str| {
        !word.is_empty()
            && word
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || also.contains(c))
    };
    let is_action = action
        .split_once(':')
        .is_some_and(|(service, operation)| is_word(service, "-") && is_word(operation, "*"));
    if !is_action {
        problems.push(
            Problem::at(
                action.place(),
                "iam-action",
                format!("`{action}` is no IAM action"),
            )
            .help("write the service and the operation, such as `s3:GetObject`"),
        );
    }
}

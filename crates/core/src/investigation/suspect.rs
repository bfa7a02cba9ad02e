//! Whose calls are looked for, and which of those found are the suspect's own.

use std::collections::BTreeSet;

use super::{call::Call, meaning, subject::Subject};
use crate::target::{Calls, Target, kind, name};

/// More keys than this aren't followed; people are told.
pub const MOST_KEYS: usize = 8;

/// What `LookupEvents` is asked for; it takes one attribute at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lookup {
    /// Calls signed with this key.
    Key(String),
    /// Calls by this user, or by sessions of this name.
    User(String),
    /// Calls about this resource.
    Resource(String),
    /// Calls of this name.
    Event(String),
}

/// Whoever the incident is about, with the credentials that came of its own.
#[derive(Clone, Debug)]
pub struct Suspect {
    pub(super) target: Target,
    pub(super) user: Option<String>,
    /// As IAM has it: what is known of a role by a finding lacks its path.
    arn: Option<String>,
    /// What the sessions are called that the suspect acts by, whosever role they are of.
    sessions: Option<String>,
    keys: BTreeSet<String>,
    left_out: usize,
}

impl Suspect {
    /// The suspect of an incident; `user` is the user's name as IAM has it.
    pub fn new(target: &Target, user: Option<String>) -> Self {
        let key = target.resource.calls().and_then(|calls| calls.key_id);
        Self {
            target: target.clone(),
            user,
            arn: None,
            sessions: None,
            keys: key.into_iter().map(str::to_owned).collect(),
            left_out: 0,
        }
    }

    /// The instance that an incident is about: its role did what the sessions did that are called like it. EC2 calls those
    /// so that it gives the instance; anybody else who may take a role can call a session so, too.
    pub fn instance(target: &Target) -> Self {
        Self {
            sessions: Some(target.resource.id()),
            ..Self::new(target, None)
        }
    }

    /// The same, by the ARN that IAM has: a role's has its path, and CloudTrail finds what was done to the role by
    /// the whole of it.
    #[must_use]
    pub fn known_as(mut self, arn: Option<String>) -> Self {
        self.arn = arn;
        self
    }

    /// Everything to look for, as far as is known now.
    pub fn lookups(&self) -> BTreeSet<Lookup> {
        let mut lookups: BTreeSet<Lookup> = self.keys.iter().cloned().map(Lookup::Key).collect();
        let calls = self.calls();
        lookups.extend(
            self.user(&calls)
                .or(calls.session)
                .or(self.sessions.as_deref())
                .map(|name| Lookup::User(name.to_owned())),
        );
        lookups.extend(calls.role.map(|_| {
            let known = self.arn.clone();
            Lookup::Resource(known.unwrap_or_else(|| self.target.probable_arn()))
        }));
        lookups
    }

    /// Takes in the credentials that a call gave the suspect. A session that was made from a leaked key goes on
    /// acting under a key of its own, and so does a role that was taken.
    pub fn learn(&mut self, call: &Call) {
        if !call.succeeded() || !(self.did(call) || self.is_of_its_role(call)) {
            return;
        }
        let given = [
            &["credentials", "accessKeyId"][..],
            &["accessKey", "accessKeyId"][..],
        ]
        .iter()
        .find_map(|path| call.answered(path));
        let Some(key) = given.filter(|key| !self.keys.contains(*key)) else {
            return;
        };
        if self.keys.len() < MOST_KEYS {
            self.keys.insert(key.to_owned());
        } else {
            self.left_out += 1;
        }
    }

    /// How many keys weren't followed.
    pub const fn keys_left_out(&self) -> usize {
        self.left_out
    }

    /// Whether the suspect made this call. Of a leaked key's user, only what that key and what came of it did: the
    /// user's own work goes on with others.
    pub fn did(&self, call: &Call) -> bool {
        let by_key = self.is_known_by_key(call);
        let calls = self.calls();
        let name = call.caller.name.as_deref();
        let is_by = |kind: &str, who: Option<&str>| who.is_some() && call.caller.kind == kind && name == who;
        let by_session = self.sessions.is_some() && call.caller.session == self.sessions;
        by_key || by_session || is_by("IAMUser", self.user(&calls)) || is_by("AssumedRole", calls.role)
    }

    /// Whether it is known by the key that signed it.
    pub fn is_known_by_key(&self, call: &Call) -> bool {
        let key = call.caller.key_id.as_ref();
        key.is_some_and(|key| self.keys.contains(key))
    }

    fn calls(&self) -> Calls<'_> {
        self.target.resource.calls().unwrap_or_default()
    }

    /// The user all of whose calls are meant, by the name that IAM has.
    fn user<'a>(&'a self, calls: &Calls<'a>) -> Option<&'a str> {
        calls.user.map(|user| self.user.as_deref().unwrap_or(user))
    }

    /// Whether the call gave somebody credentials of the role that the incident is about.
    fn is_of_its_role(&self, call: &Call) -> bool {
        let Some(role_name) = self.calls().role else {
            return false;
        };
        meaning::find(&call.seen.source, &call.seen.name).is_some_and(|meaning| {
            matches!(meaning.about, meaning::About::AssumedRole)
                && Subject::all_of(meaning, call)
                    .iter()
                    .any(|subject| matches!(subject, Subject::Role { name, .. } if name == role_name))
        })
    }

    /// The long-term key that the suspect session was made with, if this is the call that made it. Nothing in a temporary key
    /// tells its source, and whoever has that makes another.
    pub(super) fn minting_key<'call>(&self, call: &'call Call) -> Option<&'call str> {
        let session = kind::UserSession::of(&self.target.resource)?;
        let is_it = call.seen.source == "sts.amazonaws.com"
            && call.seen.name == "GetSessionToken"
            && call.succeeded()
            && call.answered(&["credentials", "accessKeyId"]) == Some(&session.key_id);
        call.caller
            .key_id
            .as_deref()
            .filter(|key| is_it && name::is_long_term_key(key))
    }

    /// Who made a federated session: the finding doesn't tell, each of its calls does.
    pub(super) fn issuer<'call>(&self, call: &'call Call) -> Option<&'call str> {
        let is_unknown = self.calls().name_issuer;
        call.caller
            .name
            .as_deref()
            .filter(|_| is_unknown && call.caller.kind == "FederatedUser" && self.did(call))
    }
}

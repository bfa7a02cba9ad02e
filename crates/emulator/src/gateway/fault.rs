//! Faults that a drill or a test adds and removes while the account runs.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wildmatch::WildMatch;

use crate::wire::{AwsRequest, Principal};

/// What happens to a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Effect {
    /// Refused with the service's own throttling error.
    Throttle,
    /// Refused with the service's own internal error, before it takes effect.
    InternalError,
    /// Never reaches the service; the connection is dropped after this long.
    Timeout(Duration),
    /// Takes effect, then the connection is dropped instead of an answer.
    LostResponse,
    /// Refused as a policy would refuse it, with this message.
    AccessDenied {
        /// The whole message, such as one that names a service control policy.
        message: String,
    },
    /// Answered as usual, this much later.
    Latency(Duration),
    /// Takes effect, and the process that made the call is killed before it hears of it: a function's process
    /// dies at the worst moment. Callers that aren't processes of this machine only lose the answer.
    Killed,
}

impl Effect {
    /// One word for the record.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Throttle => "throttle",
            Self::InternalError => "internal-error",
            Self::Timeout(_) => "timeout",
            Self::LostResponse => "lost-response",
            Self::AccessDenied { .. } => "access-denied",
            Self::Latency(_) => "latency",
            Self::Killed => "killed",
        }
    }
}

/// Which calls a fault hits. Patterns know `*` and `?`.
#[derive(Clone, Debug)]
pub struct Matcher {
    /// Of [`Principal`] as shown, such as `role/*-RespondIam*`; none is everyone.
    pub principal: Option<String>,
    /// The service, such as `iam`.
    pub service: String,
    /// The action, such as `UpdateAccessKey` or `Get*`.
    pub action: String,
    /// Texts one of which stands in one of the call's parameters or in its path, such as a user's name, or stood in
    /// an earlier call of the same invocation of a function, which may go on with ids made only then; none is
    /// whatever.
    pub about: Vec<String>,
    /// A text that stands in one of the call's own parameters, such as a tag's key; none is whatever.
    pub naming: Option<String>,
    /// How many matching calls pass before the first that is hit.
    pub skip: u32,
    /// How many are hit; none is all that follow.
    pub times: Option<u32>,
}

impl Matcher {
    /// Every call of this service and action, by anyone.
    pub fn new(service: impl Into<String>, action: impl Into<String>) -> Self {
        Self {
            principal: None,
            service: service.into(),
            action: action.into(),
            about: Vec::new(),
            naming: None,
            skip: 0,
            times: None,
        }
    }

    /// Only calls by this principal.
    #[must_use]
    pub fn by(mut self, principal: impl Into<String>) -> Self {
        self.principal = Some(principal.into());
        self
    }

    /// Only calls that name this somewhere in their parameters or path, or whose invocation has named it; given
    /// several times, one of them.
    #[must_use]
    pub fn about(mut self, text: impl Into<String>) -> Self {
        self.about.push(text.into());
        self
    }

    /// Only calls that name this in their own parameters, whatever their invocation named before.
    #[must_use]
    pub fn naming(mut self, text: impl Into<String>) -> Self {
        self.naming = Some(text.into());
        self
    }

    /// Only the first `times` matching calls.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Lets `skip` matching calls pass first: `skip(1).times(1)` hits the second only.
    #[must_use]
    pub fn skip(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    fn fits(&self, principal: &Principal, asked: &AwsRequest) -> bool {
        let by = self
            .principal
            .as_deref()
            .is_none_or(|pattern| WildMatch::new(pattern).matches(&principal.to_string()));
        let is_named = || self.naming.as_deref().is_none_or(|text| asked.names(text));
        by && WildMatch::new(&self.service).matches(&asked.service)
            && WildMatch::new(&self.action).matches(&asked.action)
            && is_named()
    }

    fn is_named_by(&self, asked: &AwsRequest) -> bool {
        self.about.iter().any(|text| asked.names(text))
    }
}

/// Names an added fault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FaultId(u64);

/// The faults in force; clones share them. Where several fit a call, the one added first wins.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    next: u64,
    armed: Vec<Armed>,
}

#[derive(Debug)]
struct Armed {
    id: FaultId,
    matcher: Matcher,
    effect: Effect,
    seen: u32,
    hits: u32,
    /// The invocations, by their traces, that named what the matcher is about.
    invocations: HashSet<String>,
}

impl Armed {
    /// Whether the call is about what the matcher is about, remembering its invocation if so.
    fn concerns(&mut self, asked: &AwsRequest) -> bool {
        if self.matcher.about.is_empty() {
            return true;
        }
        let is_named = self.matcher.is_named_by(asked);
        if let Some(trace) = asked.trace.as_ref().filter(|_| is_named) {
            self.invocations.insert(trace.clone());
        }
        let is_known = |trace: &String| self.invocations.contains(trace);
        is_named || asked.trace.as_ref().is_some_and(is_known)
    }
}

impl Faults {
    /// In force from the next call on.
    pub fn add(&self, matcher: Matcher, effect: Effect) -> FaultId {
        let mut inner = self.inner();
        let id = FaultId(inner.next);
        inner.next = inner.next.saturating_add(1);
        inner.armed.push(Armed {
            id,
            matcher,
            effect,
            seen: 0,
            hits: 0,
            invocations: HashSet::new(),
        });
        id
    }

    /// No longer in force; says how many calls it hit.
    pub fn remove(&self, id: FaultId) -> u32 {
        let mut inner = self.inner();
        let hits = inner
            .armed
            .iter()
            .find(|armed| armed.id == id)
            .map_or(0, |armed| armed.hits);
        inner.armed.retain(|armed| armed.id != id);
        hits
    }

    /// Removes them all.
    pub fn clear(&self) {
        self.inner().armed.clear();
    }

    /// The effect on this call, counting it.
    pub(super) fn take(&self, principal: &Principal, asked: &AwsRequest) -> Option<Effect> {
        let mut inner = self.inner();
        let mut effect = None;
        for armed in &mut inner.armed {
            // Every call is looked at for what it is about, since later ones may only follow from it.
            if !armed.concerns(asked) || !armed.matcher.fits(principal, asked) {
                continue;
            }
            armed.seen = armed.seen.saturating_add(1);
            let matcher = &armed.matcher;
            let is_due = armed.seen > matcher.skip && matcher.times.is_none_or(|times| armed.hits < times);
            if is_due && effect.is_none() {
                armed.hits = armed.hits.saturating_add(1);
                effect = Some(armed.effect.clone());
            }
        }
        effect
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Protocol, asked};

    fn user(name: &str) -> Principal {
        Principal::User {
            account: "123456789012".to_owned(),
            name: name.to_owned(),
        }
    }

    #[test]
    fn a_fault_hits_the_calls_it_names_and_no_others() {
        let faults = Faults::default();
        faults.add(Matcher::new("iam", "Get*").by("user/al*"), Effect::Throttle);
        let hit = |name, action| {
            faults
                .take(&user(name), &asked("iam", action, Protocol::Query))
                .is_some()
        };
        assert!(hit("alice", "GetUser"));
        assert!(!hit("bob", "GetUser"));
        assert!(!hit("alice", "ListUsers"));
    }

    #[test]
    fn a_fault_can_be_about_one_resource() {
        let faults = Faults::default();
        faults.add(Matcher::new("iam", "*").about("alice"), Effect::Throttle);
        let mut call = asked("iam", "GetUser", Protocol::Query);
        assert!(faults.take(&user("x"), &call).is_none());
        call.parameters.insert("UserName".to_owned(), "alice".to_owned());
        assert!(faults.take(&user("x"), &call).is_some());
    }

    #[test]
    fn a_fault_about_a_resource_hits_what_the_same_invocation_does_next() {
        let faults = Faults::default();
        faults.add(
            Matcher::new("ec2", "RevokeSecurityGroupEgress").about("i-1"),
            Effect::Throttle,
        );
        let call = |action, trace: &str, named: &str| {
            let mut call = asked("ec2", action, Protocol::Query);
            call.trace = Some(trace.to_owned());
            call.parameters.insert("Id".to_owned(), named.to_owned());
            faults.take(&user("x"), &call).is_some()
        };
        assert!(!call("RevokeSecurityGroupEgress", "trace", "sg-made-by-it"));
        assert!(!call("DescribeInstances", "trace", "i-1"));
        assert!(!call("RevokeSecurityGroupEgress", "another", "sg-made-by-it"));
        assert!(call("RevokeSecurityGroupEgress", "trace", "sg-made-by-it"));
    }

    #[test]
    fn a_fault_can_be_about_a_resource_and_hit_only_the_call_that_names_a_tag() {
        let faults = Faults::default();
        let of_tag = Matcher::new("ec2", "CreateTags").about("i-1").naming("before-x");
        faults.add(of_tag, Effect::Throttle);
        let call = |instance: &str, key: &str| {
            let mut call = asked("ec2", "CreateTags", Protocol::Query);
            call.parameters
                .insert("ResourceId.1".to_owned(), instance.to_owned());
            call.parameters.insert("Tag.1.Key".to_owned(), key.to_owned());
            faults.take(&user("x"), &call).is_some()
        };
        assert!(!call("i-1", "before-y"));
        assert!(!call("i-2", "before-x"));
        assert!(call("i-1", "before-x"));
    }

    #[test]
    fn skip_and_times_choose_the_nth_call() {
        let faults = Faults::default();
        let id = faults.add(
            Matcher::new("iam", "GetUser").skip(1).times(1),
            Effect::LostResponse,
        );
        let hits: Vec<bool> = (0..4)
            .map(|_| {
                faults
                    .take(&user("alice"), &asked("iam", "GetUser", Protocol::Query))
                    .is_some()
            })
            .collect();
        assert_eq!(hits, [false, true, false, false]);
        assert_eq!(faults.remove(id), 1);
        assert_eq!(faults.remove(id), 0);
    }
}

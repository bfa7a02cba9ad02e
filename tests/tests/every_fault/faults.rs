//! The calls of a playbook's steps that change something, and the ways in which they fail.

use std::{collections::BTreeMap, time::Duration};

use backstop_playbook::{Playbook, Step};
use backstop_sandbox::{Effect, Matcher};
use backstop_tests::{KnownAction, SafeUndo};

use super::Fails;

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Throttled,
    InternalError,
    TimedOut,
    AnswerLost,
    AccessDenied,
    FunctionKilled,
}

/// The way in which a call fails that no retry heals.
const FOR_GOOD: Kind = Kind::AccessDenied;
const KINDS: [Kind; 6] = [
    Kind::Throttled,
    Kind::InternalError,
    Kind::TimedOut,
    Kind::AnswerLost,
    Kind::AccessDenied,
    Kind::FunctionKilled,
];

/// A call by IAM's name of it; of several steps that make the same one, that of the `nth` from 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    pub(crate) call: &'static str,
    nth: u32,
    /// Whether no other step makes this call.
    is_alone: bool,
}

/// Every fault of a playbook.
pub(crate) fn of(playbook: &Playbook) -> Vec<Fails> {
    let acting = hits(playbook, |step| {
        known(step).map(|(action, _)| action.permissions.act)
    });
    let undoing = hits(playbook, |step| {
        // An undo that leaves the key off changes nothing.
        let is_calling = |safe| !matches!(safe, SafeUndo::KeepsTheKeyOff | SafeUndo::Nothing);
        known(step)
            .filter(|(_, known)| is_calling(known.safe_undo))
            .map(|(action, _)| action.permissions.undo)
    });
    let steps = acting
        .iter()
        .flat_map(|hit| KINDS.map(|kind| Fails::Step(*hit, kind)));
    let undone = undoing
        .iter()
        .filter(|hit| is_undone_by(hit.call))
        .map(|hit| Fails::Undo(*hit));
    steps.chain(undone).collect()
}

/// With the risk accepted, a deny is deleted and never narrowed.
fn is_undone_by(call: &str) -> bool {
    !["iam:PutUserPolicy", "iam:PutRolePolicy"].contains(&call)
}

fn known(step: &Step) -> Option<(&'static backstop_playbook::actions::Action, &'static KnownAction)> {
    let action = step.known_action().unwrap();
    KnownAction::is_tried(action).then(|| (action, KnownAction::find(action.id)))
}

fn hits(playbook: &Playbook, calls: impl Fn(&Step) -> Option<&'static [&'static str]>) -> Vec<Hit> {
    let mut counts: BTreeMap<&'static str, u32> = BTreeMap::new();
    for (_, step) in playbook.steps() {
        for call in calls(step).unwrap_or_default().iter().filter(|call| !reads(call)) {
            *counts.entry(call).or_default() += 1;
        }
    }
    let each = |(call, count)| {
        (0..count).map(move |nth| Hit {
            call,
            nth,
            is_alone: count == 1,
        })
    };
    counts.into_iter().flat_map(each).collect()
}

fn reads(call: &str) -> bool {
    let (_, call) = call.split_once(':').unwrap();
    ["Describe", "Get", "List", "Lookup"]
        .iter()
        .any(|read| call.starts_with(read))
}

impl Hit {
    /// The calls about `name` that it means.
    fn matchers(self, name: &str) -> Vec<Matcher> {
        let (service, action) = self.call.split_once(':').unwrap();
        let by_responder = |action: String| Matcher::new(service, action).by("role/*Respond*").about(name);
        let of_bucket = action.strip_prefix("PutBucket");
        match of_bucket.or_else(|| action.strip_prefix("PutAccount")) {
            // IAM's names of S3's calls aren't those of the API, and one permission is for both.
            Some(setting) => ["Put", "Delete"]
                .map(|verb| by_responder(format!("{verb}*{setting}")))
                .into(),
            None => vec![by_responder(action.to_owned())],
        }
    }

    /// Those calls, failing in this way.
    pub(crate) fn faults(self, kind: Kind, name: &str) -> Vec<(Matcher, Effect)> {
        let (effect, times) = kind.effect();
        let limit = |matcher: Matcher| match times {
            _ if kind == FOR_GOOD && self.is_alone => matcher,
            times => matcher.skip(self.nth).times(times),
        };
        let matchers = self.matchers(name).into_iter();
        matchers.map(|matcher| (limit(matcher), effect.clone())).collect()
    }
}

impl Kind {
    /// What the gateway does, and how often: the SDK itself tries three times, so three failures are needed for the
    /// function to hear of one.
    fn effect(self) -> (Effect, u32) {
        match self {
            Self::Throttled => (Effect::Throttle, 3),
            Self::InternalError => (Effect::InternalError, 3),
            // The SDK waits five seconds for an answer.
            Self::TimedOut => (Effect::Timeout(Duration::from_secs(6)), 1),
            Self::AnswerLost => (Effect::LostResponse, 3),
            Self::AccessDenied => {
                let message = "not authorized by this test".to_owned();
                (Effect::AccessDenied { message }, 1)
            }
            Self::FunctionKilled => (Effect::Killed, 1),
        }
    }

    pub(crate) fn is_healed_by_a_retry(self) -> bool {
        self != FOR_GOOD
    }
}

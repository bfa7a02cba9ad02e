//! The calls of a playbook's steps that change something, and the ways in which they fail.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use backstop_actions::{ActionSpec, Grant};
use backstop_core::{StepId, TargetKind};
use backstop_drill::{Drill, Drills};
use backstop_emulator::{Effect, Matcher};
use backstop_playbook::{Playbook, Step};
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
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub(crate) step: StepId,
    pub(crate) action: &'static str,
    pub(crate) call: &'static str,
    /// The tag that is written or deleted, of an action of instances: most of them make that call, side by side.
    tag: Option<String>,
    nth: u32,
    /// Whether no other step makes this call.
    is_alone: bool,
}

/// The calls that one step makes.
type OfStep = Vec<Hit>;

/// What an action may do and does in no drill. A call that isn't here and isn't made fails the test.
const NOT_MADE: &[(&str, &[&str])] = &[
    // Only with the option to untrack connections, or if somebody has given the isolation group rules.
    (
        "ec2.isolate-instance",
        &[
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:DeleteSecurityGroup",
            "ec2:RevokeSecurityGroupIngress",
        ],
    ),
    // Only for an address that EC2 has assigned.
    (
        "ec2.remove-public-addresses",
        &["ec2:ModifyNetworkInterfaceAttribute"],
    ),
    // Only where AWS refuses the deny.
    ("ec2.revoke-instance-credentials", &["ec2:CreateTags"]),
    // EC2 asks for it as the snapshots are made.
    ("ec2.snapshot-volumes", &["ec2:CreateTags"]),
    // Only where nobody but a service may assume the role, as in another drill.
    ("iam.deny-session", &["iam:PutRolePolicy"]),
    // Only for a user with a second access key, which the first drill's hasn't.
    ("iam.deactivate-other-credentials", &["iam:UpdateAccessKey"]),
    // Only for a user whose inline policies leave no room.
    (
        "iam.deny-user",
        &["iam:AttachUserPolicy", "iam:PutUserPermissionsBoundary"],
    ),
    (
        "iam.revoke-role-sessions",
        &["iam:AttachRolePolicy", "iam:PutRolePermissionsBoundary"],
    ),
];

/// The same for undo.
const NOT_MADE_UNDOING: &[(&str, &[&str])] = &[
    // Only for a member that was in standby, or protected from scaling in.
    (
        "ec2.detach-from-auto-scaling",
        &["autoscaling:EnterStandby", "autoscaling:SetInstanceProtection"],
    ),
    // EC2 asks for it as the profile is associated. With the risk accepted, a deny is deleted and never narrowed.
    (
        "ec2.revoke-instance-credentials",
        &["ec2:DeleteTags", "iam:PassRole", "iam:PutRolePolicy"],
    ),
    // As above.
    (
        "ec2.remove-public-addresses",
        &["ec2:ModifyNetworkInterfaceAttribute"],
    ),
    // Only if the instance had such a tag before.
    ("ec2.tag-instance", &["ec2:CreateTags"]),
    ("iam.deactivate-other-credentials", &["iam:UpdateAccessKey"]),
    // As above.
    ("iam.deny-instance-sessions", &["iam:PutRolePolicy"]),
    ("iam.deny-session", &["iam:DeleteRolePolicy", "iam:PutRolePolicy"]),
    ("iam.deny-user", &["iam:PutUserPolicy"]),
    ("iam.revoke-role-sessions", &["iam:PutRolePolicy"]),
];

/// Actions that change nothing in the first drill of their playbook, and the drill in which they do.
const IN_ANOTHER_DRILL: &[(&str, &str)] = &[("ec2.remove-public-addresses", "live-connection")];

/// Its change and the tag that says what was before are one call.
const TAGGING: &str = "ec2.tag-instance";

/// As long as the first one's undo has failed, those of the others refuse: what they would bring back takes an instance that
/// is cut off for broken and terminates it, evidence included.
pub(crate) const ISOLATION: &str = "ec2.isolate-instance";
pub(crate) const HELD_BACK: [&str; 3] = [
    "ec2.deregister-from-load-balancers",
    "ec2.detach-from-auto-scaling",
    "ec2.protect-instance",
];

/// Every fault of a playbook, each with the drill that meets it: the first, but for what changes nothing in that one.
pub(crate) fn of(playbook: &Playbook, first: &Drill, drills: &Drills) -> Vec<(Drill, Fails)> {
    let is_elsewhere = |action: &str| IN_ANOTHER_DRILL.iter().any(|(id, _)| *id == action);
    let mut all = with(first, of_actions(playbook, |action| !is_elsewhere(action)));
    for (id, drill) in IN_ANOTHER_DRILL {
        let drill = drills.find(drill).unwrap();
        if drill.playbook == playbook.name.as_str() {
            all.extend(with(drill, of_actions(playbook, |action| action == *id)));
        }
    }
    all
}

fn with(drill: &Drill, faults: Vec<Fails>) -> Vec<(Drill, Fails)> {
    faults.into_iter().map(|fails| (drill.clone(), fails)).collect()
}

/// Each changing call of these actions in each way, and each call of their undo in each way. Where incidents take long, each of
/// them meets a fault in every step.
fn of_actions(playbook: &Playbook, is_wanted: impl Fn(&str) -> bool) -> Vec<Fails> {
    let wanted: Vec<&Step> = playbook
        .steps()
        .map(|(_, step)| step)
        .filter(|step| is_wanted(step.action.as_str()))
        .collect();
    let backwards = wanted.iter().rev().copied();
    let acting = hits(wanted.iter().copied(), |action, _| (action.grants.act, NOT_MADE));
    let undoing = hits(backwards, |action, known| {
        // An undo that leaves the key off changes nothing.
        let is_calling = !matches!(known.safe_undo, SafeUndo::KeepsTheKeyOff | SafeUndo::Nothing);
        let calls = if is_calling { action.grants.undo } else { &[] };
        (calls, NOT_MADE_UNDOING)
    });
    if playbook.targets.contains(&TargetKind::Instance) {
        return in_every_step(&acting)
            .chain(undo_of_every_step(&undoing))
            .collect();
    }
    let steps = acting
        .concat()
        .into_iter()
        .flat_map(|hit| KINDS.map(|kind| Fails::Steps(vec![(hit.clone(), kind)])));
    let undone = undoing
        .concat()
        .into_iter()
        .flat_map(|hit| KINDS.map(|kind| Fails::Undo(vec![(hit.clone(), kind)])));
    steps.chain(undone).collect()
}

/// So many incidents that each call fails in each way once; steps that have fewer calls go undisturbed in some.
fn in_every_step(steps: &[OfStep]) -> impl Iterator<Item = Fails> {
    let most = steps.iter().map(Vec::len).max().unwrap_or_default();
    (0..most).flat_map(move |call| {
        (0..KINDS.len()).map(move |round| {
            let of_step = |(at, hits): (usize, &OfStep)| {
                // Each step fails in another way, so that no round refuses everything.
                let kind = *KINDS.iter().cycle().nth(round + at).unwrap();
                Some((hits.get(call)?.clone(), kind))
            };
            Fails::Steps(steps.iter().enumerate().filter_map(of_step).collect())
        })
    })
}

/// Each call in each way once. All steps fail in the same way, so that the undo is stuck or isn't. Isolation that fails for
/// good has an incident of its own: others' calls aren't made then.
fn undo_of_every_step(steps: &[OfStep]) -> impl Iterator<Item = Fails> {
    let most = steps.iter().map(Vec::len).max().unwrap_or_default();
    (0..most).flat_map(move |call| {
        KINDS.into_iter().flat_map(move |kind| {
            let of_step = |hits: &OfStep| Some((hits.get(call)?.clone(), kind));
            let hits = steps.iter().filter_map(of_step);
            let (alone, together): (Vec<_>, Vec<_>) =
                hits.partition(|(hit, kind)| *kind == FOR_GOOD && hit.action == ISOLATION);
            let incidents = [alone, together].into_iter().filter(|hits| !hits.is_empty());
            incidents.map(Fails::Undo).collect::<Vec<_>>()
        })
    })
}

/// A list of calls, and those of them that aren't made.
type Calls = (
    &'static [Grant],
    &'static [(&'static str, &'static [&'static str])],
);

/// The calls of each step that change something, in the order in which the steps come.
fn hits<'a>(
    steps: impl Iterator<Item = &'a Step>,
    calls: impl Fn(&ActionSpec, &KnownAction) -> Calls,
) -> Vec<OfStep> {
    let mut counts: BTreeMap<(&'static str, Option<String>), u32> = BTreeMap::new();
    let mut found: Vec<OfStep> = Vec::new();
    for step in steps {
        let action = step.known_action().unwrap();
        if !KnownAction::is_tried(action) {
            continue;
        }
        let (calls, not_made) = calls(action, &KnownAction::find(action.id));
        let not_made = not_made.iter().find(|(id, _)| *id == action.id);
        let is_made = |call: &&str| !reads(call) && not_made.is_none_or(|(_, not)| !not.contains(call));
        // One call may need a grant for each kind of resource.
        let calls: BTreeSet<&'static str> = calls.iter().map(|grant| grant.action).collect();
        let of_step = calls.into_iter().filter(is_made).map(|call| {
            let tag = tag_of(action.id, call);
            let count = counts.entry((call, tag.clone())).or_default();
            *count += 1;
            Hit {
                step: step.step.clone(),
                action: action.id,
                call,
                tag,
                nth: *count - 1,
                is_alone: true,
            }
        });
        found.push(of_step.collect());
    }
    for hit in found.iter_mut().flatten() {
        hit.is_alone = counts.get(&(hit.call, hit.tag.clone())) == Some(&1);
    }
    found
}

/// The tag that says what was before the action, if the call is about one.
fn tag_of(action: &str, call: &str) -> Option<String> {
    let (_service, name) = action.split_once('.').unwrap();
    ["ec2:CreateTags", "ec2:DeleteTags"]
        .contains(&call)
        .then(|| format!("backstop:before-{name}"))
}

fn reads(call: &str) -> bool {
    let (_, call) = call.split_once(':').unwrap();
    ["Describe", "Get", "List", "Lookup"]
        .iter()
        .any(|read| call.starts_with(read))
}

impl Hit {
    /// The calls about one of these that it means.
    fn matchers(&self, names: &[String]) -> Vec<Matcher> {
        let (service, action) = self.call.split_once(':').unwrap();
        let by_responder = |action: String| {
            let any = Matcher::new(service, action).by("role/*Respond*");
            let about = names.iter().fold(any, Matcher::about);
            match &self.tag {
                Some(tag) => about.naming(tag),
                None => about,
            }
        };
        let of_bucket = action.strip_prefix("PutBucket");
        match of_bucket.or_else(|| action.strip_prefix("PutAccount")) {
            // IAM's names of S3's calls aren't those of the API, and one permission is for both.
            Some(setting) => ["Put", "Delete"]
                .map(|verb| by_responder(format!("{verb}*{setting}")))
                .into(),
            None => vec![by_responder(action.to_owned())],
        }
    }

    /// Whether it writes a tag beside the change, without which undo refuses.
    pub(crate) fn is_witness(&self) -> bool {
        self.tag.is_some() && self.action != TAGGING
    }

    /// Those calls, failing in this way.
    pub(crate) fn faults(&self, kind: Kind, names: &[String]) -> Vec<(Matcher, Effect)> {
        let (effect, times) = kind.effect();
        let limit = |matcher: Matcher| match times {
            _ if kind == FOR_GOOD && self.is_alone => matcher,
            times => matcher.skip(self.nth).times(times),
        };
        let matchers = self.matchers(names).into_iter();
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

//! What the loops over the registry know of each action that changes something: where a target for it is planted,
//! how its effect is seen, and how an undo of it ends. An action without an entry is tried by what holds for each: on the
//! target of a drill of a playbook that has it, something changes, and undo brings everything back.

use backstop_actions::ActionSpec;
use backstop_core::{IncidentId, Target, kind};
use backstop_drill::Drill;
use serde_json::{Value, json};

use crate::{Drift, Planted, States, drill, drill_with};

/// One action.
#[derive(Clone, Copy, Debug)]
pub struct KnownAction {
    pub id: &'static str,
    /// The shipped drill whose target it acts on; the first of a playbook that has the action, where none is named.
    drill: Option<&'static str>,
    /// What an undo leaves if nobody accepts a risk.
    pub safe_undo: SafeUndo,
    /// Whether the effect that the incident has on the target is there.
    pub effect: fn(&Seen<'_>) -> bool,
    /// How somebody comes in between; none where undo puts nothing back, whatever happened since.
    pub drift: Option<Drift>,
    /// Whether it has an entry, that tells its effect from those of other steps.
    pub has_entry: bool,
}

/// How an undo ends if nobody accepts a risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SafeUndo {
    /// Everything is back.
    Restores,
    /// All but sessions from before, which stay denied by the incident's own policy.
    KeepsSessionsDenied,
    /// The leaked key stays off.
    KeepsTheKeyOff,
    /// It keeps evidence, or ended something: there is nothing to put back.
    Nothing,
}

/// The states before and now, and whose they are.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    pub before: &'a States,
    pub now: &'a States,
    pub planted: &'a Planted,
    pub incident: &'a IncidentId,
}

impl<'a> Seen<'a> {
    /// The present states whose names begin so.
    fn all(&self, prefix: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.now.iter().filter(move |(what, _)| what.starts_with(prefix))
    }

    /// Those of them that are another than before.
    fn changed(&self, prefix: &str) -> Vec<&'a Value> {
        let is_new = |(what, state): &(&String, &Value)| self.before.get(*what) != Some(*state);
        self.all(prefix).filter(is_new).map(|(_, state)| state).collect()
    }

    fn has_policy(&self, name: &str) -> bool {
        self.all(&format!("inline policy {name}-{} of", self.incident))
            .count()
            == 1
    }

    fn of_instance(&self, what: &str) -> &'a Value {
        let kind::Instance { instance_id } = self.planted.expect(kind::Instance::of);
        &self.now[&format!("{what} of instance {instance_id}")]
    }
}

/// What most actions have.
const PLAIN: KnownAction = KnownAction {
    id: "",
    drill: Some("compromised-instance"),
    safe_undo: SafeUndo::Restores,
    effect: |_| false,
    drift: None,
    has_entry: true,
};

/// An action that nothing is known of.
const ANY: KnownAction = KnownAction {
    drill: None,
    effect: |seen| seen.now != seen.before,
    has_entry: false,
    ..PLAIN
};

/// The actions that more is known of than holds for each.
pub const KNOWN_ACTIONS: &[KnownAction] = &[
    KnownAction {
        id: "ec2.deny-remote-address",
        effect: |seen| seen.changed("network ACL ").len() == 2,
        drift: Some(Drift::ReplaceARule),
        ..PLAIN
    },
    KnownAction {
        id: "ec2.deny-subnet-traffic",
        effect: |seen| !seen.changed("network ACL ").is_empty(),
        drift: Some(Drift::ReplaceARule),
        ..PLAIN
    },
    KnownAction {
        id: "ec2.deregister-from-load-balancers",
        drift: Some(Drift::DeleteATargetGroup),
        effect: |seen| {
            let registrations = seen.changed("registration of instance ");
            let is_out = |state: &&Value| **state == json!([]) || **state == json!(false);
            !registrations.is_empty() && registrations.iter().all(is_out)
        },
        ..PLAIN
    },
    KnownAction {
        id: "ec2.detach-from-auto-scaling",
        effect: |seen| seen.of_instance("Auto Scaling groups") == &json!([]),
        drift: Some(Drift::DeleteTheAutoScalingGroup),
        ..PLAIN
    },
    KnownAction {
        id: "ec2.end-sessions",
        safe_undo: SafeUndo::Nothing,
        effect: |seen| seen.now["open sessions"] == 0,
        ..PLAIN
    },
    KnownAction {
        id: "ec2.isolate-instance",
        effect: |seen| {
            let groups = seen.changed("security groups of interface ");
            let is_one = |groups: &&Value| groups.as_array().is_some_and(|groups| groups.len() == 1);
            groups.len() == seen.planted.interfaces() && groups.iter().all(is_one)
        },
        drift: Some(Drift::MoveAnInterface),
        ..PLAIN
    },
    KnownAction {
        id: "ec2.protect-instance",
        drift: Some(Drift::DetachAVolume),
        effect: |seen| seen.of_instance("disableApiTermination")[0] == true,
        ..PLAIN
    },
    KnownAction {
        id: "ec2.remove-public-addresses",
        drill: Some("live-connection"),
        effect: |seen| seen.of_instance("Elastic IP addresses") == &json!([]),
        drift: Some(Drift::MoveTheAddress),
        ..PLAIN
    },
    KnownAction {
        id: "ec2.revoke-instance-credentials",
        safe_undo: SafeUndo::KeepsSessionsDenied,
        effect: |seen| seen.of_instance("instance profile") == &json!([]) && seen.has_policy("BackstopDeny"),
        drift: Some(Drift::RewriteThePolicy),
        ..PLAIN
    },
    KnownAction {
        id: "ec2.snapshot-volumes",
        safe_undo: SafeUndo::Nothing,
        effect: |seen| seen.all("snapshots of volume ").all(|(_, count)| count == 1),
        ..PLAIN
    },
    KnownAction {
        id: "ec2.tag-instance",
        effect: |seen| {
            let tags = seen.changed("tag ");
            tags.iter()
                .any(|value| value.as_str() == Some(seen.incident.as_str()))
        },
        drift: Some(Drift::RewriteTheTag),
        ..PLAIN
    },
    KnownAction {
        id: "iam.deactivate-access-key",
        drill: Some("leaked-access-key"),
        safe_undo: SafeUndo::KeepsTheKeyOff,
        effect: |seen| {
            let key = leaked_key(&seen.planted.target);
            key.is_some_and(|key| seen.now.get(&key) == Some(&json!("Inactive")))
        },
        drift: Some(Drift::DeleteTheKey),
        ..PLAIN
    },
    KnownAction {
        id: "iam.deactivate-other-credentials",
        drill: Some("leaked-access-key"),
        effect: |seen| {
            let kinds = [
                "signing certificate ",
                "service-specific credential ",
                "SSH public key ",
            ];
            kinds
                .iter()
                .all(|kind| seen.all(kind).all(|(_, status)| status == "Inactive"))
        },
        drift: Some(Drift::DeleteACredential),
        ..PLAIN
    },
    KnownAction {
        id: "iam.deny-instance-sessions",
        drill: Some("stolen-role-session"),
        safe_undo: SafeUndo::KeepsSessionsDenied,
        effect: |seen| seen.has_policy("BackstopDenyInstance"),
        drift: Some(Drift::RewriteThePolicy),
        ..PLAIN
    },
    KnownAction {
        id: "iam.deny-session",
        drill: Some("lambda-session"),
        safe_undo: SafeUndo::KeepsSessionsDenied,
        effect: |seen| seen.has_policy("BackstopDenySession"),
        drift: Some(Drift::RewriteThePolicy),
        ..PLAIN
    },
    KnownAction {
        id: "iam.deny-user",
        drill: Some("leaked-access-key"),
        safe_undo: SafeUndo::KeepsSessionsDenied,
        effect: |seen| seen.has_policy("BackstopDeny"),
        drift: Some(Drift::RewriteThePolicy),
        ..PLAIN
    },
    KnownAction {
        id: "iam.narrow-role-trust",
        drill: Some("stolen-role-session"),
        effect: |seen| {
            let trusts = seen.changed("trust policy of role ");
            let ours = format!("Backstop{}", seen.incident);
            trusts.iter().any(|trust| trust.to_string().contains(&ours))
        },
        drift: Some(Drift::RewriteTheTrust),
        ..PLAIN
    },
    KnownAction {
        id: "iam.revoke-role-sessions",
        drill: Some("stolen-role-session"),
        safe_undo: SafeUndo::KeepsSessionsDenied,
        effect: |seen| seen.has_policy("BackstopDeny"),
        drift: Some(Drift::RewriteThePolicy),
        ..PLAIN
    },
    KnownAction {
        id: "s3.block-account-public-access",
        drill: Some("public-account"),
        effect: |seen| is_blocked(seen, "account"),
        drift: Some(Drift::RewriteTheBlock),
        ..PLAIN
    },
    KnownAction {
        id: "s3.block-public-access",
        drill: Some("public-bucket"),
        effect: |seen| is_blocked(seen, "bucket"),
        drift: Some(Drift::RewriteTheBlock),
        ..PLAIN
    },
];

/// Whether the one Block Public Access that changed has all of its settings on.
fn is_blocked(seen: &Seen<'_>, whose: &str) -> bool {
    let blocks = seen.changed(&format!("Block Public Access of {whose} "));
    let is_full = |block: &Value| {
        block
            .as_object()
            .is_some_and(|settings| settings.values().all(|setting| setting == true))
    };
    blocks.len() == 1 && blocks.iter().all(|block| is_full(block))
}

/// What its function's own tests try: what does nothing unless a stack parameter says where to, or where GuardDuty is off,
/// as in the disposable account, and what is done to a container instance, which no emulator has.
const TRIED_ELSEWHERE: [&str; 3] = [
    "ec2.scan-for-malware",
    "ec2.secure-snapshots",
    "ecs.drain-container-instance",
];

impl KnownAction {
    /// Whether the loops are to try it: it changes something.
    pub fn is_tried(action: &ActionSpec) -> bool {
        action.changes_something() && !TRIED_ELSEWHERE.contains(&action.id)
    }

    /// What the loops know of an action that the registry has.
    pub fn find(id: &'static str) -> Self {
        let found = KNOWN_ACTIONS.iter().find(|known| known.id == id);
        found.copied().unwrap_or(Self { id, ..ANY })
    }

    /// The drill whose target it acts on; none where the action is only in playbooks without a drill.
    pub fn drill(&self) -> Option<Drill> {
        match self.drill {
            Some(name) => Some(drill(name).unwrap_or_else(|error| panic!("`{}`: {error}", self.id))),
            None => drill_with(self.id),
        }
    }
}

/// The states, but for the leaked key, which undo leaves as it is.
pub fn but_for_the_key(before: &States, now: &States, target: &Target) -> States {
    let mut states = before.clone();
    if let Some(key) = leaked_key(target) {
        states.insert(key.clone(), now[&key].clone());
    }
    states
}

/// As the states name it; a session has none of its own.
fn leaked_key(target: &Target) -> Option<String> {
    let key = kind::AccessKey::of(&target.resource)?;
    Some(format!("access key {}", key.key_id))
}

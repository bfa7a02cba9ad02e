//! What the plan of an isolation says to people: what changes, what breaks, what goes on all the same.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_ec2::types::SecurityGroup;
use backstop_actions::permissions;
use backstop_core::{Change, Playbooks, Target, TargetKind};
use backstop_runtime::CallError;

use super::{
    Before, SHORTEST_TIMEOUT, default_timeout,
    group::{ISOLATION, Isolation, rules_of},
    tracked::Paths,
};
use crate::{
    instance::{Instance, Interface},
    nitro,
    owner::{self, branches::Branch},
};

const MODIFY: &str = permissions::ec2::MODIFY_NETWORK_INTERFACE_ATTRIBUTE.action;
/// What reaches the connections that isolation leaves.
const CUT: &str = "ec2.deny-subnet-traffic";
const SECONDS_OF_A_DAY: i32 = 86_400;
/// Set by EC2 Auto Scaling on the instances of a group.
const AUTO_SCALING_TAG: &str = "aws:autoscaling:groupName";

/// Whether the step opens interfaces first.
pub(super) struct Untracking {
    pub(super) wanted: bool,
    pub(super) done: bool,
    pub(super) open_for: Duration,
}

/// Our group has rules that nobody but us should have given it.
pub(super) fn strip(vpc: &str, isolation: &Isolation) -> Option<Change> {
    let Isolation::Ruled { id, rules } = isolation else {
        return None;
    };
    Some(Change {
        api: format!(
            "{} and {}",
            permissions::ec2::REVOKE_SECURITY_GROUP_EGRESS.action,
            permissions::ec2::REVOKE_SECURITY_GROUP_INGRESS.action
        ),
        what: format!("rules of security group {id} ({ISOLATION} of {vpc})"),
        now: format!("{rules} sets of rules"),
        after: "none".to_owned(),
    })
}

pub(super) fn shorten(before: &Before) -> Change {
    Change {
        api: MODIFY.to_owned(),
        what: format!(
            "idle timeout of established TCP connections of network interface {}",
            before.id
        ),
        now: before.tcp_established_timeout.map_or_else(
            || "unset, EC2's default".to_owned(),
            |seconds| format!("{seconds} seconds"),
        ),
        after: format!("{SHORTEST_TIMEOUT} seconds"),
    }
}

pub(super) fn open(before: &Before, open_for: Duration) -> Change {
    Change {
        api: MODIFY.to_owned(),
        what: format!("security groups of network interface {}, at first", before.id),
        now: before.groups.join(", "),
        after: format!(
            "for about {} seconds only a new group that lets everything in and out, so that connections lose their \
             tracking",
            open_for.as_secs()
        ),
    }
}

pub(super) fn isolate(before: &Before) -> Change {
    Change {
        api: MODIFY.to_owned(),
        what: format!("security groups of network interface {}", before.id),
        now: before.groups.join(", "),
        after: format!("only {ISOLATION} of {}, which has no rules", before.vpc),
    }
}

pub(super) fn blast_radius(
    instance: &Instance,
    groups: &BTreeMap<String, Isolation>,
    untracking: &Untracking,
) -> Vec<String> {
    let who = "its users, monitoring, backups and Systems Manager included";
    let mut lines = vec![if owner::may_talk_on(instance) {
        format!(
            "what shares the {} network interface(s) of instance {} that can be isolated reaches nothing over them any more, \
             and nothing reaches it: {who}; pods and tasks on it that have interfaces of their own talk on and can be \
             reached, see below",
            owner::changeable(instance).count(),
            instance.id
        )
    } else {
        format!(
            "nothing reaches instance {} over the network any more and it reaches nothing, on {} network interface(s): {who}",
            instance.id,
            instance.interfaces.len()
        )
    }];
    for (vpc, isolation) in groups {
        if *isolation == Isolation::Absent {
            lines.push(format!(
                "security group {ISOLATION} is made in {vpc}, without rules; it stays there for other incidents"
            ));
        }
    }
    if let Some(group) = instance.tags.get(AUTO_SCALING_TAG) {
        lines.push(format!(
            "Auto Scaling group {group} terminates it, evidence included, when its health check fails, unless it \
             was detached before"
        ));
    }
    if untracking.done {
        lines.push(format!(
            "`untrack` OPENS the instance to the whole internet on all ports, both ways, for about {} seconds \
             before it is isolated: whoever knows its address can get in, and what runs on it can send everything \
             out",
            untracking.open_for.as_secs()
        ));
    }
    lines
}

pub(super) fn limits(
    instance: &Instance,
    paths: &Paths,
    branches: &Result<Vec<Branch>, CallError>,
    untracking: &Untracking,
    playbooks: &Playbooks,
) -> Vec<String> {
    let idle = idle_timeout(instance);
    let mut lines = vec![if untracking.done {
        format!(
            "connections that send nothing while the instance is open stay tracked and live on until they have been \
             idle for {idle}"
        )
    } else {
        format!(
            "connections that are open now are tracked and go on, in spite of the new group, until they have been \
             idle for {idle}; a shell or a beacon that keeps sending never is, and nothing here proves that it ended"
        )
    }];
    let tracked: Vec<&str> = paths.tracked.iter().map(String::as_str).collect();
    if !tracked.is_empty() {
        lines.push(format!(
            "connections through {} are always tracked, whatever the groups say",
            tracked.join(", ")
        ));
    }
    let cuts = playbooks.containing_by(CUT, TargetKind::Instance);
    lines.extend(cuts.filter(|_| paths.shared_by.is_empty()).map(|playbook| {
        format!(
            "to cut at once what leaves its subnet for another one (NAT gateway, load balancer, endpoint, \
             neighbour): `backstop run {playbook} --target {}`",
            instance.arn
        )
    }));
    lines.extend(paths.shared_by.iter().map(|(vpc, owner)| {
        format!(
            "{vpc} is shared by account {owner}: its network ACLs, which could cut open connections, can be changed only \
             there; to cut them here, take the public address away or stop the instance, which loses its memory"
        )
    }));
    if !untracking.done
        && instance
            .interfaces
            .iter()
            .any(|interface| paths.is_direct(interface))
    {
        lines.push(
            "connections straight through the internet gateway are cut by the option `untrack` of this step, by \
             taking the public address away (an Elastic IP address can be given back, one that was assigned by itself \
             never comes back), by a rule of its subnet's network ACL that denies the remote address, or by stopping \
             the instance, which loses its memory"
                .to_owned(),
        );
    }
    if untracking.wanted && !untracking.done {
        lines.push(
            "`untrack` is asked for and isn't done: no interface reaches the internet directly, so connections \
             would stay tracked and opening it would only be a risk"
                .to_owned(),
        );
    }
    lines.extend(owner::limits(instance));
    lines.extend(owner::uncovered_interfaces(
        instance,
        branches.as_deref().unwrap_or_default(),
    ));
    let tasks = instance.interfaces.iter();
    let tasks = tasks.filter(|interface| interface.looks_like_a_tasks && interface.operator.is_none());
    lines.extend(tasks.map(|interface| owner::of_task(&interface.id)));
    if let Err(error) = branches {
        lines.push(format!(
            "which branch interfaces its trunk has is not known: {error}"
        ));
    }
    for unknown in &paths.unknown {
        lines.push(format!(
            "whether connections go through a gateway or load balancer that always tracks them is not known: {unknown}"
        ));
    }
    lines.push(
        "security groups filter neither the VPC's DNS resolver nor the metadata service (169.254.169.254) nor time \
         sync: data can still leave by DNS, and credentials can still be fetched on the instance"
            .to_owned(),
    );
    lines
}

/// For how long a connection must be idle to be forgotten, in words.
fn idle_timeout(instance: &Instance) -> String {
    let without = instance
        .instance_type
        .as_deref()
        .filter(|it| nitro::is_without(it));
    without.map_or_else(
        || format!("{SHORTEST_TIMEOUT} seconds"),
        |kind| {
            format!(
                "{} days (EC2's default, which can't be changed on {kind}: it lacks the Nitro System)",
                default_timeout::of(Some(kind)) / SECONDS_OF_A_DAY
            )
        },
    )
}

pub(super) fn manual_undo(interfaces: &[Before], instance: &Instance, target: &Target) -> Vec<String> {
    let default = default_timeout::of(instance.instance_type.as_deref());
    let command = |id: &str| {
        format!(
            "aws ec2 modify-network-interface-attribute --region {} --network-interface-id {id}",
            target.region
        )
    };
    interfaces
        .iter()
        .flat_map(|before| {
            let groups = format!("{} --groups {}", command(&before.id), before.groups.join(" "));
            if before.has_fixed_tracking {
                return vec![groups];
            }
            let timeout = format!(
                "{} --connection-tracking-specification TcpEstablishedTimeout={}",
                command(&before.id),
                before.tcp_established_timeout.unwrap_or(default)
            );
            vec![groups, timeout]
        })
        .collect()
}

/// Why an interface isn't isolated; nothing if it is.
pub(super) fn fault(interface: &Interface, groups: &BTreeMap<String, Vec<SecurityGroup>>) -> Option<String> {
    let id = &interface.id;
    let ours = interface.vpc.as_ref().and_then(|vpc| groups.get(vpc));
    let Some(first) = ours.and_then(|ours| ours.first()) else {
        return Some(format!(
            "there is no security group {ISOLATION} of Backstop's for network interface {id}"
        ));
    };
    let id_of = |group: &SecurityGroup| group.group_id().unwrap_or_default().to_owned();
    let held = ours
        .into_iter()
        .flatten()
        .find(|group| interface.groups == [id_of(group)]);
    let Some(group) = held else {
        if interface.looks_like_a_tasks {
            return Some(owner::of_task(id));
        }
        return Some(format!(
            "network interface {id} has the groups {}, not only {ISOLATION} ({})",
            interface.groups.join(", "),
            id_of(first)
        ));
    };
    let isolation = id_of(group);
    (rules_of(group) > 0).then(|| format!("security group {ISOLATION} ({isolation}) of {id} has rules"))
}

pub(super) fn isolated(instance: &Instance) -> String {
    let is_fixed = instance.instance_type.as_deref().is_some_and(nitro::is_without);
    let interfaces: Vec<String> = instance
        .interfaces
        .iter()
        .map(|interface| {
            let timeout = match interface.tcp_established_timeout {
                Some(seconds) => format!("{seconds} seconds"),
                None if is_fixed => idle_timeout(instance),
                None => "unset".to_owned(),
            };
            format!("{} (TCP timeout {timeout})", interface.id)
        })
        .collect();
    format!(
        "no new connection is let through: every network interface of {} is in {ISOLATION} only, which has no rules: \
         {}. Whether connections that were open before have ended isn't proven",
        instance.id,
        interfaces.join(", ")
    )
}

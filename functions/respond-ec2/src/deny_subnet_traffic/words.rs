//! What the plan of a hard cut and its proof say to people.

use backstop_actions::permissions;
use backstop_core::{Change, IncidentId, Target};
use jiff::{Timestamp, Unit};

use super::{
    Cut,
    acl::{Acl, Entry, MOST_RULES},
};
use crate::instance::Instance;

/// The rules' numbers are in the receipt, not here: another cut in between moves them, and the plan that people
/// approved is the same.
pub(super) fn changes(cuts: &[Cut]) -> Vec<Change> {
    cuts.iter()
        .filter_map(|cut| cut.wanted.as_ref())
        .flatten()
        .map(|entry| Change {
            api: permissions::ec2::CREATE_NETWORK_ACL_ENTRY.action.to_owned(),
            what: format!("{} rules of network ACL {}", direction(entry.egress), entry.acl),
            now: "no rule for this address".to_owned(),
            after: format!(
                "before all others: deny all traffic {} {}",
                side(entry.egress),
                entry.cidr
            ),
        })
        .collect()
}

pub(super) fn blast_radius(
    instance: &Instance,
    cuts: &[Cut],
    incident: &IncidentId,
    until: Timestamp,
) -> Vec<String> {
    let mut lines = vec![format!(
        "nothing in another subnet of its VPC exchanges traffic with instance {} any more, NAT gateways, load \
         balancers and endpoints there included; open connections end at once",
        instance.id
    )];
    // The VPC's default one first, so that the same plan always reads the same.
    let (default, others): (Vec<_>, Vec<_>) = cuts
        .iter()
        .filter(|cut| cut.wanted.is_some())
        .partition(|cut| cut.acl.is_default);
    for cut in default.into_iter().chain(others) {
        let kind = if cut.acl.is_default {
            "the VPC's default one, "
        } else {
            ""
        };
        lines.push(format!(
            "network ACL {} ({kind}of {}) gets rules that name only the instance's addresses: nobody else in those \
             subnets is cut off",
            cut.acl.id,
            cut.acl.subnets.join(", ")
        ));
    }
    // A fraction of a second says nothing to people, and reads like a host's name.
    let until = until.round(Unit::Second).unwrap_or(until);
    lines.push(format!(
        "if another machine gets one of these addresses while the rules stand, it is cut off too: undo it by {until} \
         at the latest, nothing does it by itself: `backstop undo {incident}`"
    ));
    lines
}

pub(super) fn limits(instance: &Instance, cuts: &[Cut]) -> Vec<String> {
    let mut lines: Vec<String> = cuts
        .iter()
        .filter(|cut| cut.wanted.is_none())
        .map(|cut| {
            format!(
                "network ACL {} has no room below its rules, or {MOST_RULES} rules in one direction, which is the \
                 quota: traffic with {} goes on",
                cut.acl.id,
                cut.acl.subnets.join(", ")
            )
        })
        .collect();
    let public: Vec<&str> = instance
        .interfaces
        .iter()
        .filter_map(|interface| interface.public_address.as_deref())
        .collect();
    let has_ipv6 = instance
        .interfaces
        .iter()
        .any(|interface| !interface.ipv6_addresses.is_empty());
    if !public.is_empty() || has_ipv6 {
        let addresses = if public.is_empty() {
            "IPv6".to_owned()
        } else {
            public.join(", ")
        };
        lines.push(format!(
            "traffic straight through an internet gateway ({addresses}) crosses only the instance's own subnet, whose \
             ACL can't name it: isolate the instance with `untrack`, take the address away, or stop the instance, \
             which loses its memory"
        ));
    }
    lines.push(
        "what comes through a transit gateway whose attachment is in the instance's own subnet is looked at by no \
         network ACL: there, only what the instance sends is cut"
            .to_owned(),
    );
    lines.push(
        "traffic inside one subnet crosses no network ACL, and neither does DNS to the VPC's resolver nor the \
         metadata service"
            .to_owned(),
    );
    lines.push(
        "what leaves by the instance's own subnet's routes crosses no other subnet and goes on: gateway endpoints (data \
         to S3 and DynamoDB), VPC peering, virtual private gateways (VPN, Direct Connect)"
            .to_owned(),
    );
    lines
}

pub(super) fn manual_undo(target: &Target, entries: &[Entry]) -> Vec<String> {
    entries
        .iter()
        .map(|entry| {
            format!(
                "aws ec2 delete-network-acl-entry --region {} --network-acl-id {} --rule-number {} --{}",
                target.region,
                entry.acl,
                entry.number,
                if entry.egress { "egress" } else { "ingress" }
            )
        })
        .collect()
}

/// Why a rule doesn't do its work; nothing if it does.
pub(super) fn fault(entry: &Entry, acl: Option<&Acl>) -> Option<String> {
    // No subnet is behind an ACL that is gone: those it had are behind another, which isn't cut.
    let Some(acl) = acl else {
        return Some(format!("network ACL {} no longer exists", entry.acl));
    };
    if !acl.has(entry) {
        return Some(format!("{} is missing or another", named(entry)));
    }
    acl.overtaken_by(entry)
        .map(|number| format!("{} comes after rule {number}, which allows traffic", named(entry)))
}

/// What someone made of a rule; nothing if it is ours, or gone.
pub(super) fn drift(entry: &Entry, acl: Option<&Acl>) -> Option<String> {
    let acl = acl?;
    acl.rule(entry)?;
    (!acl.has(entry)).then(|| format!("{} is no longer the deny that Backstop made", named(entry)))
}

pub(super) fn stands(entries: &[Entry]) -> String {
    let all: Vec<String> = entries.iter().map(named).collect();
    format!("these deny rules stand before all that allow: {}", all.join("; "))
}

fn named(entry: &Entry) -> String {
    format!(
        "{} rule {} of network ACL {} ({})",
        direction(entry.egress),
        entry.number,
        entry.acl,
        entry.cidr
    )
}

const fn direction(egress: bool) -> &'static str {
    if egress { "outbound" } else { "inbound" }
}

const fn side(egress: bool) -> &'static str {
    if egress { "to" } else { "from" }
}

//! What the plan of a hard cut says to people.

use backstop_core::IncidentId;
use jiff::{Timestamp, Unit};

use crate::{
    instance::Instance,
    network_acl::{Cut, words::no_room},
};

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
         at the latest. Nothing does it by itself; from then on people are paged each day: `backstop undo {incident}`"
    ));
    lines
}

pub(super) fn limits(instance: &Instance, cuts: &[Cut]) -> Vec<String> {
    let mut lines: Vec<String> = cuts
        .iter()
        .filter(|cut| cut.wanted.is_none())
        .map(no_room)
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
        "what comes through a transit gateway or Cloud WAN whose attachment is in the instance's own subnet is looked at \
         by no network ACL: there, only what the instance sends is cut"
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

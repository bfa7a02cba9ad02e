//! What the plan of such a denial says to people.

use super::remote::Remote;
use crate::{
    instance::Instance,
    network_acl::{Cut, words::no_room},
};

pub(super) fn blast_radius(remote: &Remote, cuts: &[Cut]) -> Vec<String> {
    let addresses = remote.named();
    // The VPC's default one first, so that the same plan always reads the same.
    let (default, others): (Vec<_>, Vec<_>) = cuts
        .iter()
        .filter(|cut| cut.wanted.as_ref().is_some_and(|wanted| !wanted.is_empty()))
        .partition(|cut| cut.acl.is_default);
    default
        .into_iter()
        .chain(others)
        .map(|cut| {
            let kind = if cut.acl.is_default {
                "the VPC's default one, "
            } else {
                ""
            };
            format!(
                "network ACL {} ({kind}of {}) denies {addresses} both ways: nothing in those subnets exchanges traffic with \
                 that address any more, the instance's neighbours included; all other addresses stay as they are",
                cut.acl.id,
                cut.acl.subnets.join(", ")
            )
        })
        .collect()
}

pub(super) fn limits(remote: &Remote, cuts: &[Cut]) -> Vec<String> {
    let full = cuts.iter().filter(|cut| cut.wanted.is_none()).map(no_room);
    let mut lines: Vec<String> = full.chain(remote.left.iter().cloned()).collect();
    lines.push(format!(
        "only connections with {} are cut: another address of the attacker's is let through as before, and whether a \
         connection has ended isn't proven: the second reading looks for it in flow logs, where they are on",
        remote.named()
    ));
    lines
}

/// In a shared VPC only its owner sees and changes network ACLs (VPC User Guide, "Share your VPC subnets").
pub(super) fn no_acl(instance: &Instance) -> String {
    format!(
        "no network ACL of instance {}'s subnets is this account's: in a shared VPC its owner alone can deny an address",
        instance.id
    )
}

/// What is read back of a step that found the address denied already.
pub(super) fn others(missing: usize) -> String {
    if missing == 0 {
        "the network ACLs of the instance's subnets deny the finding's address".to_owned()
    } else {
        format!("{missing} rule(s) for the finding's address are missing")
    }
}

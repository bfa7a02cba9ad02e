//! What plans of denials and their proofs say to people.

use backstop_actions::permissions;
use backstop_core::{Change, Target};

use super::{Acl, Cut, Entry, MOST_RULES};

/// The rules' numbers are in the receipt, not here: another cut in between moves them, and the plan that people
/// approved is the same.
pub(crate) fn changes(cuts: &[Cut]) -> Vec<Change> {
    cuts.iter()
        .filter_map(|cut| cut.wanted.as_ref())
        .flatten()
        .map(|entry| Change {
            api: permissions::ec2::CREATE_NETWORK_ACL_ENTRY.action.to_owned(),
            what: format!("{} rules of network ACL {}", direction(entry.egress), entry.acl),
            now: "no rule for this address".to_owned(),
            after: format!(
                "before all that allow: deny all traffic {} {}",
                side(entry.egress),
                entry.cidr
            ),
        })
        .collect()
}

pub(crate) fn manual_undo(target: &Target, entries: &[Entry]) -> Vec<String> {
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

/// An ACL that has no room, in words.
pub(crate) fn no_room(cut: &Cut) -> String {
    format!(
        "network ACL {} has no room below its rules, or {MOST_RULES} rules in one direction, which is the quota: traffic \
         with {} goes on",
        cut.acl.id,
        cut.acl.subnets.join(", ")
    )
}

/// Why a rule doesn't do its work; nothing if it does.
pub(crate) fn fault(entry: &Entry, acl: Option<&Acl>) -> Option<String> {
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
pub(crate) fn drift(entry: &Entry, acl: Option<&Acl>) -> Option<String> {
    let acl = acl?;
    acl.rule(entry)?;
    (!acl.has(entry)).then(|| format!("{} is no longer the deny that Backstop made", named(entry)))
}

pub(crate) fn stands(entries: &[Entry]) -> String {
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

//! Network ACLs and their numbered rules, and what the actions share that deny something there: which rules, making them,
//! reading them back, and deleting just them.

mod rules;
pub(crate) mod words;

use std::net::{Ipv4Addr, Ipv6Addr};

use aws_sdk_ec2::{
    Client,
    types::{NetworkAcl, NetworkAclEntry, RuleAction},
};
use backstop_actions::permissions;
use backstop_runtime::{CallError, StepError, action::StepRequest};
pub(crate) use rules::{Cut, check, entries, make, read_back, take_out};
use serde::{Deserialize, Serialize};

use crate::filter::filter;

/// The quota of rules in one direction, the default deny rules included (VPC User Guide, "Amazon VPC quotas").
/// It can be raised to 40; whether it was isn't ours to see.
pub(crate) const MOST_RULES: usize = 20;

/// The number of the deny that ends every ACL (VPC User Guide, "Network ACL rules").
const DEFAULT_DENY: i32 = 32_767;

/// As many numbers are chosen among, as far as there are any.
const SPREAD: usize = 64;

/// What EC2 answers where a rule of this number and direction stands.
const ALREADY_THERE: &str = "NetworkAclEntryAlreadyExists";

/// What EC2 answers where none stands.
const NOT_THERE: &str = "InvalidNetworkAclEntry.NotFound";

/// One deny rule of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) acl: String,
    pub(crate) egress: bool,
    pub(crate) number: i32,
    /// An IPv4 `/32` or an IPv6 `/128`; of a delegated prefix, a `/28` or a `/80`.
    pub(crate) cidr: String,
}

impl Entry {
    /// Whether it is a rule for one address or one delegated prefix, under a number that a rule may have.
    pub(crate) fn is_of_one_interface(&self) -> bool {
        let is_one = match self.cidr.split_once('/') {
            Some((address, "32" | "28")) => address.parse::<Ipv4Addr>().is_ok(),
            Some((address, "128" | "80")) => address.parse::<Ipv6Addr>().is_ok(),
            _ => false,
        };
        is_one && (1..DEFAULT_DENY).contains(&self.number)
    }
}

/// A network ACL as EC2 shows it.
#[derive(Clone, Debug)]
pub(crate) struct Acl {
    pub(crate) id: String,
    pub(crate) is_default: bool,
    /// The account of the VPC, which others may share subnets of.
    pub(crate) owner: Option<String>,
    pub(crate) subnets: Vec<String>,
    rules: Vec<NetworkAclEntry>,
}

impl Acl {
    fn of(found: &NetworkAcl) -> Option<Self> {
        Some(Self {
            id: found.network_acl_id()?.to_owned(),
            is_default: found.is_default() == Some(true),
            owner: found.owner_id().map(str::to_owned),
            subnets: found
                .associations()
                .iter()
                .filter_map(|one| one.subnet_id().map(str::to_owned))
                .collect(),
            rules: found.entries().to_vec(),
        })
    }

    /// Whether this very rule stands.
    pub(crate) fn has(&self, entry: &Entry) -> bool {
        entry.acl == self.id && self.rule(entry).is_some_and(|rule| denies(rule, &entry.cidr))
    }

    /// Whatever stands under the entry's number.
    pub(crate) fn rule(&self, entry: &Entry) -> Option<&NetworkAclEntry> {
        self.rules_to(entry.egress)
            .find(|rule| rule.rule_number() == Some(entry.number))
    }

    /// The number of a rule that lets traffic through before the entry is looked at.
    pub(crate) fn overtaken_by(&self, entry: &Entry) -> Option<i32> {
        self.rules_to(entry.egress)
            .filter(|rule| rule.rule_action() == Some(&RuleAction::Allow))
            .filter_map(NetworkAclEntry::rule_number)
            .find(|number| *number < entry.number)
    }

    /// Deny rules for these addresses before all that allow, without those that stand; `None` if there is no room. By
    /// another seed they have other numbers.
    pub(crate) fn room_for(&self, egress: bool, addresses: &[String], seed: u8) -> Option<Vec<Entry>> {
        let lowest_allow = self
            .rules_to(egress)
            .filter(|rule| rule.rule_action() == Some(&RuleAction::Allow))
            .filter_map(NetworkAclEntry::rule_number)
            .min();
        let is_denied = |cidr: &String| {
            self.rules_to(egress).any(|rule| {
                denies(rule, cidr) && lowest_allow.is_none_or(|lowest| rule.rule_number() < Some(lowest))
            })
        };
        let missing: Vec<&String> = addresses.iter().filter(|cidr| !is_denied(cidr)).collect();
        if missing.is_empty() {
            return Some(Vec::new());
        }
        if self.rules_to(egress).count() + missing.len() > MOST_RULES {
            return None;
        }
        // One after another would be everybody's choice: whoever answers two incidents at once must not want one number.
        let mut free: Vec<i32> = (1..lowest_allow.unwrap_or(DEFAULT_DENY))
            .rev()
            .filter(|number| {
                self.rules_to(egress)
                    .all(|rule| rule.rule_number() != Some(*number))
            })
            .take(SPREAD)
            .collect();
        let first = usize::from(seed).checked_rem(free.len()).unwrap_or_default();
        free.rotate_left(first);
        let entries: Vec<Entry> = free
            .into_iter()
            .zip(missing.iter())
            .map(|(number, cidr)| Entry {
                acl: self.id.clone(),
                egress,
                number,
                cidr: (*cidr).clone(),
            })
            .collect();
        (entries.len() == missing.len()).then_some(entries)
    }

    fn rules_to(&self, egress: bool) -> impl Iterator<Item = &NetworkAclEntry> {
        self.rules
            .iter()
            .filter(move |rule| rule.egress() == Some(egress))
    }
}

fn denies(rule: &NetworkAclEntry, cidr: &str) -> bool {
    rule.rule_action() == Some(&RuleAction::Deny)
        && rule.protocol() == Some("-1")
        && (rule.cidr_block() == Some(cidr) || rule.ipv6_cidr_block() == Some(cidr))
}

/// The ACLs of a VPC that any subnet uses.
pub(crate) async fn of_vpc(ec2: &Client, vpc: &str) -> Result<Vec<Acl>, CallError> {
    let mut acls = of_vpcs(ec2, &[vpc.to_owned()]).await?;
    acls.retain(|acl| !acl.subnets.is_empty());
    acls.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(acls)
}

/// All ACLs of these VPCs.
pub(crate) async fn of_vpcs(ec2: &Client, vpcs: &[String]) -> Result<Vec<Acl>, CallError> {
    let on = format!("the network ACLs of `{}`", vpcs.join("`, `"));
    let found = ec2
        .describe_network_acls()
        .filters(filter("vpc-id", vpcs))
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .map_err(CallError::of(permissions::ec2::DESCRIBE_NETWORK_ACLS.action, on))?;
    Ok(found.iter().filter_map(Acl::of).collect())
}

/// Whoever a subnet is shared with can't change its network ACL (VPC User Guide, "Share your VPC subnets").
pub(crate) fn check_own(acl: &Acl, of: &str, request: &StepRequest) -> Result<(), StepError> {
    let is_foreign = |owner: &&String| owner.as_str() != request.target.account.as_str();
    match acl.owner.as_ref().filter(is_foreign) {
        None => Ok(()),
        Some(owner) => Err(StepError::NotApplicable {
            reason: format!(
                "{of} is shared by account {owner}, whose network ACLs can be changed only there: have them deny the \
                 same, or stop the instance, which loses its memory"
            ),
        }),
    }
}

/// Makes a deny rule. One that stands under its number already is success if it is ours: the answer to an earlier request
/// was lost, and it was sent again.
pub(crate) async fn create(ec2: &Client, vpcs: &[String], entry: &Entry) -> Result<(), CallError> {
    match create_new(ec2, entry).await {
        Err(error) if error.code == ALREADY_THERE => {
            let standing = of_vpcs(ec2, vpcs).await?;
            if standing.iter().any(|acl| acl.has(entry)) {
                Ok(())
            } else {
                Err(error)
            }
        }
        created => created,
    }
}

async fn create_new(ec2: &Client, entry: &Entry) -> Result<(), CallError> {
    let call = ec2
        .create_network_acl_entry()
        .network_acl_id(&entry.acl)
        .rule_number(entry.number)
        .egress(entry.egress)
        .protocol("-1")
        .rule_action(RuleAction::Deny);
    let call = if entry.cidr.contains(':') {
        call.ipv6_cidr_block(&entry.cidr)
    } else {
        call.cidr_block(&entry.cidr)
    };
    call.send().await.map(drop).map_err(CallError::of(
        permissions::ec2::CREATE_NETWORK_ACL_ENTRY.action,
        on(entry),
    ))
}

/// Deletes a deny rule. One that is gone is what was wanted: the answer to an earlier request was lost, and it was sent again.
pub(crate) async fn delete(ec2: &Client, entry: &Entry) -> Result<(), CallError> {
    let deleted = ec2
        .delete_network_acl_entry()
        .network_acl_id(&entry.acl)
        .rule_number(entry.number)
        .egress(entry.egress)
        .send()
        .await
        .map_err(CallError::of(
            permissions::ec2::DELETE_NETWORK_ACL_ENTRY.action,
            on(entry),
        ));
    match deleted {
        Err(error) if error.code == NOT_THERE => Ok(()),
        deleted => deleted.map(drop),
    }
}

fn on(entry: &Entry) -> String {
    format!("rule {} of network ACL `{}`", entry.number, entry.acl)
}

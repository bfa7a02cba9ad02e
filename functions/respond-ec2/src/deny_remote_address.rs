//! `ec2.deny-remote-address`: denies the address that the finding says the instance talked with, in the network ACLs of
//! the instance's own subnets.
//!
//! Security groups let tracked connections live on; a network ACL keeps no connections and looks at each packet. The ACL of
//! the own subnet can name the other end, whichever gateway the traffic takes. The address comes from the finding, so that
//! it may be anybody's: [`remote`] decides which are never denied, and one in Amazon's network, where AWS's services are
//! too, waits for a person. Any other is denied unasked: all that stands in those subnets loses one address, which it was
//! reported for, and undo is exact.
//! *Changes* two rules for each ACL and address. *Undo* is exact: it deletes the rules of the receipt, and refuses if one of
//! them is another now, or the instance's tag doesn't say that they were made. *Twice* is harmless: a rule that stands is not
//! made again.
//!
//! Whether traffic with the address is still let through is in VPC flow logs, which are delivered minutes late: the second
//! reading looks into them, where they are on, and here nothing is said to be proven of open connections.

mod remote;
mod words;

use std::sync::Arc;

use async_trait::async_trait;
use backstop_actions::{ActionSpec, ec2};
use backstop_aws::Accounts;
use backstop_core::{IncidentId, Plan, Receipt, UndoOutcome, Verification, guardrail::Permit};
use backstop_runtime::{
    Action, StepError,
    action::{StepRequest, read_receipt, write_receipt},
};
use serde::{Deserialize, Serialize};

use self::remote::Remote;
use crate::{
    instance::{self, Instance},
    network_acl::{self, Acl, Cut, Entry, MOST_RULES},
    routes,
    services::Ec2,
    witness::{self, Witness},
};

/// See the module.
pub(crate) struct DenyRemoteAddress {
    accounts: Arc<Accounts>,
}

/// The rules as we make them.
#[derive(Debug, Serialize, Deserialize)]
struct DenialReceipt {
    instance: String,
    vpcs: Vec<String>,
    entries: Vec<Entry>,
}

impl DenyRemoteAddress {
    pub(crate) const fn new(accounts: Arc<Accounts>) -> Self {
        Self { accounts }
    }
}

#[async_trait]
impl Action for DenyRemoteAddress {
    fn spec(&self) -> &'static ActionSpec {
        &ec2::deny_remote_address::SPEC
    }

    fn reads_the_finding(&self) -> bool {
        true
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        if request.peers.is_empty() {
            return Err(not_applicable(
                "the finding names no address that the instance talked with",
            ));
        }
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let instance = instance::read(&ec2, &request.target).await?;
        let vpcs = instance.vpcs();
        if vpcs.is_empty() {
            return Err(not_applicable(format!("instance {} is in no VPC", instance.id)));
        }
        let (tables, acls) = tokio::join!(routes::tables(&ec2, &vpcs), network_acl::of_vpcs(&ec2, &vpcs));
        let remote = Remote::of(&request.peers, &instance, &tables?);
        if remote.addresses.is_empty() {
            return Err(not_applicable(remote.left.join("; ")));
        }
        let own = own_acls(acls?, &instance);
        if own.is_empty() {
            return Err(not_applicable(words::no_acl(&instance)));
        }
        for acl in &own {
            network_acl::check_own(acl, &format!("the VPC of network ACL {}", acl.id), request)?;
        }
        let seed = seed(&request.incident);
        let cuts: Vec<Cut> = own
            .into_iter()
            .map(|acl| Cut::of(acl, &remote.cidrs(), seed))
            .collect();
        let Some(entries) = network_acl::entries(&cuts) else {
            return Err(StepError::Refused {
                guardrail: "network-acl-quota".to_owned(),
                reason: format!(
                    "every network ACL of instance {}'s subnets has {MOST_RULES} rules in one direction, which is the \
                     quota, or no room below them: delete rules, or ask for a higher quota, and deny {} by hand",
                    instance.id,
                    remote.named()
                ),
            });
        };
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            principal: instance.arn.clone(),
            tags: instance.tags.clone(),
            changes: network_acl::words::changes(&cuts),
            blast_radius: words::blast_radius(&remote, &cuts),
            limits: words::limits(&remote, &cuts),
            needs_approval: remote.why_ask().filter(|_| !entries.is_empty()),
            captured: None,
            manual_undo: witness::by_hand(
                self.spec().id,
                &request.target,
                &instance.id,
                network_acl::words::manual_undo(&request.target, &entries),
            ),
            receipt: write_receipt(&DenialReceipt {
                instance: instance.id,
                vpcs,
                entries,
            })?,
        })
    }

    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let receipt: DenialReceipt = read_receipt(receipt)?;
        check(request, &receipt)?;
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let instance = instance::read(&ec2, &request.target).await?;
        let vpcs = instance.vpcs();
        let standing = network_acl::of_vpcs(&ec2, &vpcs).await?;
        check_entries(request, &receipt.entries, &own_acls(standing.clone(), &instance))?;
        let witness = witness(request, &receipt)?;
        network_acl::make(&ec2, &instance, &vpcs, &standing, &receipt.entries, &witness).await
    }

    async fn verify(
        &self,
        request: &StepRequest,
        receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        // Without a receipt the step ended `already`: others' rules do it.
        let Some(receipt) = receipt else {
            let plan = self.plan(request).await?;
            return Ok(Verification {
                holds: plan.changes.is_empty(),
                observed: words::others(plan.changes.len()),
            });
        };
        let DenialReceipt { entries, vpcs, .. } = read_receipt(receipt)?;
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        Ok(network_acl::read_back(&ec2, &vpcs, &entries).await?)
    }

    async fn undo(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        let receipt: DenialReceipt = read_receipt(receipt)?;
        check(request, &receipt)?;
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let of = format!("the remote address of instance {}'s finding", receipt.instance);
        let witness = witness(request, &receipt)?;
        network_acl::take_out(&ec2, request, &receipt.vpcs, &receipt.entries, &witness, &of).await
    }
}

fn not_applicable(reason: impl Into<String>) -> StepError {
    StepError::NotApplicable {
        reason: reason.into(),
    }
}

/// Refuses a receipt of another instance, or with rules that this step never makes: for more than one public address.
fn check(request: &StepRequest, receipt: &DenialReceipt) -> Result<(), StepError> {
    instance::check_own(request, &receipt.instance)?;
    let is_own = |entry: &Entry| entry.is_of_one_interface() && remote::is_public_cidr(&entry.cidr);
    network_acl::check(&receipt.entries, is_own, "is none that this step makes")
}

/// Refuses rules that this step wouldn't make now: for another address than the finding's, in ACLs of other subnets, under
/// other numbers. Once one stands, the numbers of the rest are those that were planned with it.
fn check_entries(request: &StepRequest, entries: &[Entry], own: &[Acl]) -> Result<(), StepError> {
    // In the order of the plan, which left out those that are denied to nobody.
    let named: Vec<String> = request
        .peers
        .iter()
        .map(|peer| remote::cidr(peer.address))
        .filter(|cidr| entries.iter().any(|entry| entry.cidr == *cidr))
        .collect();
    let one_stands = entries.iter().any(|entry| own.iter().any(|acl| acl.has(entry)));
    let seed = seed(&request.incident);
    let is_wanted = |acl: &Acl, entry: &Entry| {
        let wanted = Cut::of(acl.clone(), &named, seed).wanted;
        wanted.is_some_and(|wanted| wanted.contains(entry))
    };
    let is_own = |entry: &Entry| {
        let mut acls = own.iter().filter(|acl| acl.id == entry.acl);
        named.contains(&entry.cidr) && acls.any(|acl| one_stands || is_wanted(acl, entry))
    };
    let why = "isn't one against this finding's address in a subnet of this instance";
    network_acl::check(entries, is_own, why)
}

/// What the instance's tag says: which rules weren't there.
fn witness(request: &StepRequest, receipt: &DenialReceipt) -> Result<Witness, StepError> {
    Witness::of(ec2::deny_remote_address::SPEC.id, request, &receipt.entries)
}

/// Those of the subnets that the instance's interfaces are in.
fn own_acls(acls: Vec<Acl>, instance: &Instance) -> Vec<Acl> {
    let own = |subnet: &String| {
        instance
            .interfaces
            .iter()
            .any(|interface| interface.subnet.as_ref() == Some(subnet))
    };
    let mut acls: Vec<Acl> = acls
        .into_iter()
        .filter(|acl| acl.subnets.iter().any(own))
        .collect();
    acls.sort_by(|one, other| one.id.cmp(&other.id));
    acls
}

/// Incidents that are answered at the same time want rules of other numbers.
fn seed(incident: &IncidentId) -> u8 {
    incident.as_str().bytes().fold(0, u8::wrapping_add)
}

#[cfg(test)]
mod tests;

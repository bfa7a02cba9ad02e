//! `ec2.deny-subnet-traffic`: the hard cut of one instance, by deny rules in the VPC's network ACLs that name only
//! its addresses.
//!
//! An ACL's inbound rule looks at the source and its outbound rule at the destination, so an ACL can name the
//! instance only where its traffic enters or leaves *another* subnet: that of the NAT gateway, load balancer,
//! endpoint or neighbour it talks to. The rules therefore go into every ACL of the VPC that has subnets. ACLs keep
//! no connections, so what is open is cut, too.
//! *Changes* two rules for each ACL and address. *Undo* is exact: it deletes the rules of the receipt, and refuses
//! if one of them is another now, or the instance's tag doesn't say that they were made. *Twice* is harmless: a rule that
//! stands is not made again.

mod words;

use std::sync::Arc;

use async_trait::async_trait;
use backstop_actions::{ActionSpec, ec2};
use backstop_aws::Accounts;
use backstop_core::{Plan, Receipt, UndoOutcome, Verification, guardrail::Permit};
use backstop_runtime::{
    Action, StepError,
    action::{StepRequest, read_receipt, write_receipt},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    instance::{self, Instance},
    network_acl::{self, Acl, Cut, Entry, MOST_RULES},
    services::Ec2,
    witness::{self, Witness},
};

/// See the module.
pub(crate) struct DenySubnetTraffic {
    accounts: Arc<Accounts>,
}

/// The rules as we make them.
#[derive(Debug, Serialize, Deserialize)]
struct CutReceipt {
    instance: String,
    vpcs: Vec<String>,
    entries: Vec<Entry>,
    /// Until when the rules should stand; from then on people are paged, and nothing is deleted by itself.
    until: Timestamp,
}

impl DenySubnetTraffic {
    pub(crate) const fn new(accounts: Arc<Accounts>) -> Self {
        Self { accounts }
    }
}

#[async_trait]
impl Action for DenySubnetTraffic {
    fn spec(&self) -> &'static ActionSpec {
        &ec2::deny_subnet_traffic::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let hours = request.number(&ec2::deny_subnet_traffic::HOURS)?;
        let until = request
            .at
            .saturating_add(SignedDuration::from_hours(i64::from(hours)))
            .unwrap_or(request.at);
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let instance = instance::read(&ec2, &request.target).await?;
        let addresses = addresses(&instance);
        if addresses.is_empty() {
            return Err(StepError::NotApplicable {
                reason: format!("instance {} has no address in a VPC", instance.id),
            });
        }
        let mut cuts = Vec::new();
        for (vpc, addresses) in &addresses {
            for acl in network_acl::of_vpc(&ec2, vpc).await? {
                network_acl::check_own(&acl, vpc, request)?;
                cuts.push(Cut::of(acl, addresses, 0));
            }
        }
        let Some(entries) = network_acl::entries(&cuts) else {
            return Err(StepError::Refused {
                guardrail: "network-acl-quota".to_owned(),
                reason: format!(
                    "every network ACL of instance {} has {} rules in one direction, which is the quota: delete \
                     rules, or ask for a higher quota and add the deny by hand",
                    instance.id, MOST_RULES
                ),
            });
        };
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            principal: instance.arn.clone(),
            tags: instance.tags.clone(),
            changes: network_acl::words::changes(&cuts),
            blast_radius: words::blast_radius(&instance, &cuts, &request.incident, until),
            limits: words::limits(&instance, &cuts),
            needs_approval: None,
            captured: None,
            manual_undo: witness::by_hand(
                self.spec().id,
                &request.target,
                &instance.id,
                network_acl::words::manual_undo(&request.target, &entries),
            ),
            receipt: write_receipt(&CutReceipt {
                instance: instance.id,
                vpcs: addresses.into_iter().map(|(vpc, _)| vpc).collect(),
                entries,
                until,
            })?,
        })
    }

    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let receipt: CutReceipt = read_receipt(receipt)?;
        check(request, &receipt)?;
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let instance = instance::read(&ec2, &request.target).await?;
        let own = addresses(&instance);
        let vpcs: Vec<String> = own.iter().map(|(vpc, _)| vpc.clone()).collect();
        let standing = network_acl::of_vpcs(&ec2, &vpcs).await?;
        check_entries(&receipt.entries, &own, &standing)?;
        let witness = witness(request, &receipt)?;
        network_acl::make(&ec2, &instance, &vpcs, &standing, &receipt.entries, &witness).await
    }

    async fn verify(
        &self,
        request: &StepRequest,
        receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        // Without a receipt the step ended `already`: other rules of ours do it.
        let Some(receipt) = receipt else {
            return self.verify_without_receipt(request).await;
        };
        let CutReceipt { entries, vpcs, .. } = read_receipt(receipt)?;
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        Ok(network_acl::read_back(&ec2, &vpcs, &entries).await?)
    }

    async fn undo(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        let receipt: CutReceipt = read_receipt(receipt)?;
        check(request, &receipt)?;
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let witness = witness(request, &receipt)?;
        let of = format!("instance {}", receipt.instance);
        network_acl::take_out(&ec2, request, &receipt.vpcs, &receipt.entries, &witness, &of).await
    }
}

impl DenySubnetTraffic {
    async fn verify_without_receipt(&self, request: &StepRequest) -> Result<Verification, StepError> {
        let plan = self.plan(request).await?;
        Ok(Verification {
            holds: plan.changes.is_empty(),
            observed: if plan.changes.is_empty() {
                "every network ACL of the VPC denies the instance's addresses".to_owned()
            } else {
                format!("{} rule(s) are missing", plan.changes.len())
            },
        })
    }
}

/// Refuses a receipt of another instance, or with rules that this step never makes: of more than an interface can have.
fn check(request: &StepRequest, receipt: &CutReceipt) -> Result<(), StepError> {
    instance::check_own(request, &receipt.instance)?;
    network_acl::check(
        &receipt.entries,
        Entry::is_of_one_interface,
        "is none that this step makes",
    )
}

/// Refuses rules for others' addresses, or in ACLs that aren't of the instance's VPCs.
fn check_entries(entries: &[Entry], own: &[(String, Vec<String>)], acls: &[Acl]) -> Result<(), StepError> {
    let is_own = |entry: &Entry| {
        own.iter().any(|(_, addresses)| addresses.contains(&entry.cidr))
            && acls.iter().any(|acl| acl.id == entry.acl)
    };
    network_acl::check(entries, is_own, "isn't one of this instance's")
}

/// What the instance's tag says: which rules weren't there.
fn witness(request: &StepRequest, receipt: &CutReceipt) -> Result<Witness, StepError> {
    Witness::of(ec2::deny_subnet_traffic::SPEC.id, request, &receipt.entries)
}

/// The addresses of an instance in each VPC, as rules write them.
fn addresses(instance: &Instance) -> Vec<(String, Vec<String>)> {
    let mut by_vpc: Vec<(String, Vec<String>)> = Vec::new();
    for interface in &instance.interfaces {
        let Some(vpc) = &interface.vpc else {
            continue;
        };
        let ipv4 = interface
            .private_addresses
            .iter()
            .map(|address| format!("{address}/32"));
        let ipv6 = interface
            .ipv6_addresses
            .iter()
            .map(|address| format!("{address}/128"));
        let addresses = ipv4.chain(ipv6).chain(interface.prefixes.iter().cloned());
        match by_vpc.iter_mut().find(|(known, _)| known == vpc) {
            Some((_, all)) => all.extend(addresses),
            None => by_vpc.push((vpc.clone(), addresses.collect())),
        }
    }
    by_vpc.retain(|(_, addresses)| !addresses.is_empty());
    by_vpc
}

#[cfg(test)]
mod repeated;
#[cfg(test)]
mod tests;

//! `ec2.remove-public-addresses`: takes the instance's public IPv4 addresses away, so that connections through an internet
//! gateway have no way any more, the tracked ones included that outlive a change of security groups.
//!
//! *Changes* each Elastic IP address's association with an interface of the instance, and for the address that EC2 assigned
//! by itself, which only the primary interface has, `AssociatePublicIpAddress` (EC2 API Reference,
//! "ModifyNetworkInterfaceAttribute").
//! *Undo* is exact for Elastic IP addresses: the same one goes back to the same interface and private address, unless
//! somebody else has it or has given that interface another. What EC2 assigned goes back to Amazon's pool and never comes
//! again: undo has EC2 assign another one. *Twice* is harmless: what is away already is left.
//!
//! An Elastic IP address goes unasked, once the instance is isolated: nothing reaches it then anyhow, and undo is exact. One
//! that EC2 assigned waits for a person, for whatever names it must be changed afterwards. So does any address while an
//! interface isn't isolated: whoever decides whether what it serves may stop decides on this, too.

mod addresses;
mod undo;
mod words;

use std::sync::Arc;

use async_trait::async_trait;
use backstop_actions::{ActionSpec, ec2};
use backstop_aws::Accounts;
use backstop_core::{Plan, Receipt, UndoOutcome, Verification, guardrail::Permit};
use backstop_runtime::{
    Action, StepError,
    action::{StepRequest, read_receipt, write_receipt},
    each_tried,
};
use serde::{Deserialize, Serialize};

use self::addresses::{Assigned, Elastic};
use crate::{
    cut_off,
    instance::{self, Instance},
    services::Ec2,
    witness::{self, Witness},
};

/// See the module.
pub(crate) struct RemovePublicAddresses {
    accounts: Arc<Accounts>,
}

/// The public addresses before.
#[derive(Debug, Default, Serialize, Deserialize)]
struct AddressReceipt {
    instance: String,
    elastic: Vec<Elastic>,
    assigned: Vec<Assigned>,
}

impl RemovePublicAddresses {
    pub(crate) const fn new(accounts: Arc<Accounts>) -> Self {
        Self { accounts }
    }
}

#[async_trait]
impl Action for RemovePublicAddresses {
    fn spec(&self) -> &'static ActionSpec {
        &ec2::remove_public_addresses::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let instance = instance::read(&ec2, &request.target).await?;
        let elastic = addresses::elastic(&ec2, &instance).await?;
        let (assigned, others) = addresses::not_elastic(&instance, &elastic);
        let receipt = AddressReceipt {
            instance: instance.id.clone(),
            elastic,
            assigned,
        };
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            principal: instance.arn.clone(),
            tags: instance.tags.clone(),
            changes: words::changes(&receipt),
            blast_radius: words::blast_radius(&instance, &receipt),
            limits: words::limits(&instance, &receipt, &others),
            needs_approval: why_ask(&instance, &receipt),
            captured: None,
            manual_undo: witness::by_hand(
                self.spec().id,
                &request.target,
                &receipt.instance,
                words::manual_undo(&request.target, &receipt),
            ),
            receipt: write_receipt(&receipt)?,
        })
    }

    /// Each is tried, even if another fails.
    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let receipt: AddressReceipt = read_receipt(receipt)?;
        instance::check_own(request, &receipt.instance)?;
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let instance = instance::read(&ec2, &request.target).await?;
        let held = addresses::elastic(&ec2, &instance).await?;
        let (assigned, _) = addresses::not_elastic(&instance, &held);
        let witness = witness(request, &receipt)?;
        let is_as_read = receipt.elastic.iter().all(|one| held.contains(one))
            && receipt.assigned.iter().all(|one| assigned.contains(one));
        let is_due = is_as_read && !witness.is_in(&instance.tags);
        // Only what the instance still has: of another's address nothing is taken, whatever the receipt says.
        let take = async {
            let mut results = Vec::new();
            for one in receipt.elastic.iter().filter(|one| held.contains(one)) {
                results.push(addresses::disassociate(&ec2, one).await);
            }
            for one in receipt.assigned.iter().filter(|one| assigned.contains(one)) {
                results.push(addresses::assign(&ec2, &one.interface, false).await);
            }
            each_tried(results)
        };
        witness.of_change(&ec2, &instance.id, is_due, take).await
    }

    /// Those of before count. EC2 may assign another one to an instance whose Elastic IP address is gone: no connection of
    /// before has its way through that.
    async fn verify(
        &self,
        request: &StepRequest,
        receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let instance = match instance::read(&ec2, &request.target).await {
            Ok(instance) => instance,
            // A terminated instance has no address.
            Err(StepError::TargetGone { what }) => {
                return Ok(Verification {
                    holds: true,
                    observed: format!("{what} no longer exists"),
                });
            }
            Err(error) => return Err(error),
        };
        let held = addresses::held(&ec2, &instance).await?;
        let Some(receipt) = receipt else {
            return Ok(words::none_at_all(&held));
        };
        Ok(words::none_of_before(&read_receipt(receipt)?, &held))
    }

    async fn undo(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        let receipt: AddressReceipt = read_receipt(receipt)?;
        instance::check_own(request, &receipt.instance)?;
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        undo::undo(&ec2, request, &receipt, &witness(request, &receipt)?).await
    }
}

/// What the instance's tag says: which addresses it had.
fn witness(request: &StepRequest, receipt: &AddressReceipt) -> Result<Witness, StepError> {
    let before = (&receipt.elastic, &receipt.assigned);
    Witness::of(ec2::remove_public_addresses::SPEC.id, request, &before)
}

/// Why it waits for a person also in `auto` mode.
fn why_ask(instance: &Instance, receipt: &AddressReceipt) -> Option<String> {
    if receipt.elastic.is_empty() && receipt.assigned.is_empty() {
        return None;
    }
    let open = cut_off::not_isolated(instance);
    if !open.is_empty() {
        return Some(format!(
            "network interface {} isn't isolated yet: whoever decides on that decides on its public addresses, too",
            open.join(", ")
        ));
    }
    let assigned: Vec<&str> = receipt
        .assigned
        .iter()
        .map(|one| one.public_address.as_str())
        .collect();
    (!assigned.is_empty()).then(|| {
        format!(
            "EC2 assigned {} by itself: once taken away it never comes back, not by undo either",
            assigned.join(", ")
        )
    })
}

#[cfg(test)]
mod tests;

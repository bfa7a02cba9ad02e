//! Putting back: each Elastic IP address where it was, and another address for the one that EC2 had assigned.

use std::collections::BTreeMap;

use aws_sdk_ec2::{Client, types::Address};
use backstop_core::UndoOutcome;
use backstop_runtime::{StepError, action::StepRequest};

use super::{
    AddressReceipt,
    addresses::{self, Assigned, Elastic, assign, associate, of_allocations},
};
use crate::{
    instance::{self, Instance},
    witness::Witness,
};

/// Restores all, or nothing if an Elastic IP address can't go back.
pub(super) async fn undo(
    ec2: &Client,
    request: &StepRequest,
    receipt: &AddressReceipt,
    witness: &Witness,
) -> Result<UndoOutcome, StepError> {
    let instance = match instance::or_gone(instance::read(ec2, &request.target).await)? {
        Ok(instance) => instance,
        Err(gone) => return Ok(gone),
    };
    let allocations: Vec<String> = receipt.elastic.iter().map(|one| one.allocation.clone()).collect();
    let now = if allocations.is_empty() {
        Vec::new()
    } else {
        of_allocations(ec2, allocations).await?
    };
    let now: BTreeMap<&str, &Address> = now
        .iter()
        .filter_map(|address| Some((address.allocation_id()?, address)))
        .collect();
    let others = addresses::elastic(ec2, &instance).await?;
    let drifted: Vec<String> = receipt
        .elastic
        .iter()
        .filter_map(|one| drift(one, now.get(one.allocation.as_str()).copied(), &instance, &others))
        .collect();
    if !drifted.is_empty() {
        return Ok(UndoOutcome::Drifted {
            found: drifted.join("; "),
        });
    }
    let is_back = |one: &Elastic| {
        let address = now.get(one.allocation.as_str());
        address.is_some_and(|address| one.is_back(address))
    };
    let elastic: Vec<&Elastic> = receipt.elastic.iter().filter(|one| !is_back(one)).collect();
    let assigned: Vec<&Assigned> = receipt
        .assigned
        .iter()
        .filter(|one| lacks(&instance, one))
        .collect();
    if elastic.is_empty() && assigned.is_empty() {
        witness.remove(ec2, &instance.id, &instance.tags).await?;
        return Ok(UndoOutcome::NothingToUndo {
            reason: "the instance has its public addresses".to_owned(),
        });
    }
    witness.check(&instance.tags)?;
    let mut done = Vec::new();
    for one in elastic {
        associate(ec2, one).await?;
        done.push(format!(
            "Elastic IP address {} is associated with network interface {} ({}) as before",
            one.public_address, one.interface, one.private_address
        ));
    }
    for one in assigned {
        assign(ec2, &one.interface, true).await?;
        done.push(format!(
            "EC2 assigns network interface {} a public address again, and ANOTHER one: {} went back to Amazon's pool and \
             doesn't come again, so change whatever names it",
            one.interface, one.public_address
        ));
    }
    witness.remove(ec2, &instance.id, &instance.tags).await?;
    Ok(UndoOutcome::Restored {
        what: done.join("; "),
    })
}

/// Why an Elastic IP address can't go back; nothing if it can, or is back.
fn drift(one: &Elastic, now: Option<&Address>, instance: &Instance, others: &[Elastic]) -> Option<String> {
    let named = format!("Elastic IP address {} ({})", one.public_address, one.allocation);
    let Some(now) = now else {
        return Some(format!("{named} was released since"));
    };
    if one.is_back(now) {
        return None;
    }
    if let Some(other) = now.network_interface_id().filter(|id| !id.is_empty()) {
        return Some(format!(
            "{named} was given to network interface {other} ({}) since",
            now.private_ip_address().unwrap_or("no private address")
        ));
    }
    let interface = instance
        .interfaces
        .iter()
        .find(|interface| interface.id == one.interface);
    let Some(interface) = interface else {
        return Some(format!(
            "network interface {}, which {named} was of, isn't attached to instance {} any more",
            one.interface, instance.id
        ));
    };
    if !interface.private_addresses.contains(&one.private_address) {
        return Some(format!(
            "network interface {} no longer has {}, which {named} was of",
            one.interface, one.private_address
        ));
    }
    others
        .iter()
        .find(|other| other.interface == one.interface && other.private_address == one.private_address)
        .map(|other| {
            format!(
                "network interface {} ({}) has got Elastic IP address {} since, in the place of {named}",
                one.interface, one.private_address, other.public_address
            )
        })
}

/// Whether the interface is there, and without a public address.
fn lacks(instance: &Instance, one: &Assigned) -> bool {
    instance
        .interfaces
        .iter()
        .any(|interface| interface.id == one.interface && interface.public_address.is_none())
}

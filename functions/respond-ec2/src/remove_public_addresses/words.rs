//! What the plan of taking public addresses away and its proof say to people.

use backstop_actions::permissions;
use backstop_core::{Change, Target, Verification};

use super::{AddressReceipt, addresses::Assigned};
use crate::instance::Instance;

const ANOTHER: &str = "EC2 may assign another public address within minutes where the Elastic IP address of a primary \
                       interface was: no connection of before goes through it, and isolation lets no new one in or out";

pub(super) fn changes(receipt: &AddressReceipt) -> Vec<Change> {
    let elastic = receipt.elastic.iter().map(|one| Change {
        api: permissions::ec2::DISASSOCIATE_ADDRESS.action.to_owned(),
        what: format!("Elastic IP address {} ({})", one.public_address, one.allocation),
        now: format!(
            "associated with network interface {} ({})",
            one.interface, one.private_address
        ),
        after: "associated with nothing; it stays the account's".to_owned(),
    });
    let assigned = receipt.assigned.iter().map(|one| Change {
        api: permissions::ec2::MODIFY_NETWORK_INTERFACE_ATTRIBUTE
            .action
            .to_owned(),
        what: format!("public address of network interface {}", one.interface),
        now: format!("{}, which EC2 assigned", one.public_address),
        after: "none; this one never comes back".to_owned(),
    });
    elastic.chain(assigned).collect()
}

pub(super) fn blast_radius(instance: &Instance, receipt: &AddressReceipt) -> Vec<String> {
    let mut lines = Vec::new();
    if !receipt.elastic.is_empty() {
        let all: Vec<&str> = receipt
            .elastic
            .iter()
            .map(|one| one.public_address.as_str())
            .collect();
        lines.push(format!(
            "nothing on the internet reaches instance {} at {} any more, and it reaches nothing from there; undo gives the \
             same address back, unless somebody uses it meanwhile",
            instance.id,
            all.join(", ")
        ));
    }
    for one in &receipt.assigned {
        lines.push(format!(
            "{} goes back to Amazon's pool FOR GOOD: undo has EC2 assign another address, and whatever names this one (DNS \
             records, allow lists of others) must be changed",
            one.public_address
        ));
    }
    lines
}

pub(super) fn limits(instance: &Instance, receipt: &AddressReceipt, others: &[Assigned]) -> Vec<String> {
    let mut lines: Vec<String> = others
        .iter()
        .map(|one| {
            format!(
                "public address {} of network interface {} is no Elastic IP address, and only that of the primary interface \
                 can be taken away",
                one.public_address, one.interface
            )
        })
        .collect();
    if receipt.elastic.is_empty() && receipt.assigned.is_empty() {
        return lines;
    }
    let has_ipv6 = instance
        .interfaces
        .iter()
        .any(|interface| !interface.ipv6_addresses.is_empty());
    if has_ipv6 {
        lines.push("its IPv6 addresses stay: what is open over IPv6 isn't cut by this".to_owned());
    }
    lines.push(
        "connections through NAT gateways, load balancers, endpoints, transit gateways and peering don't go through a \
         public address of its own and aren't cut by this"
            .to_owned(),
    );
    if !receipt.elastic.is_empty() {
        lines.push(ANOTHER.to_owned());
    }
    lines
}

pub(super) fn manual_undo(target: &Target, receipt: &AddressReceipt) -> Vec<String> {
    let region = &target.region;
    let elastic = receipt.elastic.iter().map(|one| {
        format!(
            "aws ec2 associate-address --region {region} --allocation-id {} --network-interface-id {} \
             --private-ip-address {} --no-allow-reassociation",
            one.allocation, one.interface, one.private_address
        )
    });
    // Another address than before: there is no command for the same one.
    let assigned = receipt.assigned.iter().map(|one| {
        format!(
            "aws ec2 modify-network-interface-attribute --region {region} --network-interface-id {} \
             --associate-public-ip-address",
            one.interface
        )
    });
    elastic.chain(assigned).collect()
}

/// What is read back where the instance had none.
pub(super) fn none_at_all(held: &[String]) -> Verification {
    Verification {
        holds: held.is_empty(),
        observed: if held.is_empty() {
            "the instance has no public IPv4 address".to_owned()
        } else {
            format!("the instance has {}", held.join(", "))
        },
    }
}

/// What is read back of those that were taken away.
pub(super) fn none_of_before(receipt: &AddressReceipt, held: &[String]) -> Verification {
    let elastic = receipt.elastic.iter().map(|one| &one.public_address);
    let before: Vec<&String> = elastic
        .chain(receipt.assigned.iter().map(|one| &one.public_address))
        .collect();
    let still: Vec<&str> = before
        .iter()
        .filter(|address| held.contains(address))
        .map(|address| address.as_str())
        .collect();
    if !still.is_empty() {
        return Verification {
            holds: false,
            observed: format!("the instance has {} still, or again", still.join(", ")),
        };
    }
    let gone: Vec<&str> = before.into_iter().map(String::as_str).collect();
    let another = if held.is_empty() {
        String::new()
    } else {
        format!("; it has got {} since", held.join(", "))
    };
    Verification {
        holds: true,
        observed: format!(
            "the instance no longer has {}{another}. Whether connections by other ways are open isn't proven",
            gone.join(", ")
        ),
    }
}

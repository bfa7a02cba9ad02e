//! Elastic IP addresses.

use aws_sdk_ec2::{
    Client,
    operation::{
        associate_address::{AssociateAddressError, AssociateAddressOutput},
        describe_addresses::{DescribeAddressesError, DescribeAddressesOutput},
        disassociate_address::{DisassociateAddressError, DisassociateAddressOutput},
    },
    types::Address,
};
use aws_smithy_mocks::Rule;
use backstop_runtime::testing::forged::FakeAccount;
use serde_json::{Value, json};

use super::{all, answers, network::values, read, texts, write};

pub(super) fn answers(account: &FakeAccount) -> Vec<Rule> {
    vec![
        answers!(
            account,
            Client::describe_addresses,
            DescribeAddressesError,
            |kept, asked| {
                let interfaces = values(asked.filters(), "network-interface-id");
                let allocations = values(asked.filters(), "allocation-id");
                let all = all(&kept, "elastic ", "").into_iter();
                let found = all
                    .filter(|(id, one)| {
                        let interface = one["interface"].as_str();
                        allocations.contains(id) || interfaces.iter().any(|it| interface == Some(it))
                    })
                    .map(|(id, one)| address(&id, &one));
                Ok(DescribeAddressesOutput::builder()
                    .set_addresses(Some(found.collect()))
                    .build())
            }
        ),
        answers!(
            account,
            Client::disassociate_address,
            DisassociateAddressError,
            |kept, asked| {
                let association = asked.association_id().unwrap();
                let name = format!("elastic {}", association.strip_prefix("of-").unwrap_or_default());
                let one = read(&kept, &name).filter(|one| one["interface"].is_string());
                let one = one.ok_or("InvalidAssociationID.NotFound")?;
                write(&kept, name, json!({ "address": one["address"] }));
                Ok(DisassociateAddressOutput::builder().build())
            }
        ),
        answers!(
            account,
            Client::associate_address,
            AssociateAddressError,
            |kept, asked| {
                let name = format!("elastic {}", asked.allocation_id().unwrap());
                let (interface, private) = (
                    asked.network_interface_id().unwrap(),
                    asked.private_ip_address().unwrap(),
                );
                let one = read(&kept, &name).ok_or("InvalidAllocationID.NotFound")?;
                let has_it = texts(&kept, &format!("addresses of {interface}"));
                if one["interface"].is_string() && asked.allow_reassociation() != Some(true) {
                    Err("Resource.AlreadyAssociated")
                } else if !has_it.iter().any(|address| address == private) {
                    Err("InvalidParameterValue")
                } else {
                    let now =
                        json!({ "address": one["address"], "interface": interface, "private": private });
                    write(&kept, name, now);
                    Ok(AssociateAddressOutput::builder().build())
                }
            }
        ),
    ]
}

/// The public address of an interface, if it has one.
pub(super) fn public_address(account: &FakeAccount, interface: &str) -> Option<String> {
    let mut all = all(account, "elastic ", "").into_iter();
    let (_, one) = all.find(|(_, one)| one["interface"] == interface)?;
    one["address"].as_str().map(str::to_owned)
}

fn address(id: &str, one: &Value) -> Address {
    let text = |name: &str| one[name].as_str().map(str::to_owned);
    Address::builder()
        .allocation_id(id)
        .set_association_id(text("interface").map(|_| format!("of-{id}")))
        .set_network_interface_id(text("interface"))
        .set_private_ip_address(text("private"))
        .set_public_ip(text("address"))
        .build()
}

//! The public IPv4 addresses of an instance: those that the account owns, and the one that EC2 lent it.

use aws_sdk_ec2::{Client, types::Address};
use backstop_actions::permissions;
use backstop_runtime::CallError;
use serde::{Deserialize, Serialize};

use crate::{
    filter::filter,
    instance::{Instance, Interface},
    read_back::unless_done,
};

/// What EC2 answers where no such association is any more.
const NOT_THERE: &str = "InvalidAssociationID.NotFound";

/// An Elastic IP address with its association.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Elastic {
    pub(super) allocation: String,
    pub(super) association: String,
    pub(super) interface: String,
    pub(super) private_address: String,
    pub(super) public_address: String,
}

/// The address that EC2 assigned by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Assigned {
    pub(super) interface: String,
    pub(super) public_address: String,
}

impl Elastic {
    /// Nothing if it is associated with nothing.
    fn of(found: &Address) -> Option<Self> {
        Some(Self {
            allocation: found.allocation_id()?.to_owned(),
            association: found.association_id()?.to_owned(),
            interface: found.network_interface_id()?.to_owned(),
            private_address: found.private_ip_address()?.to_owned(),
            public_address: found.public_ip()?.to_owned(),
        })
    }
}

/// The Elastic IP addresses of the instance's interfaces, of their secondary private addresses too.
pub(super) async fn elastic(ec2: &Client, instance: &Instance) -> Result<Vec<Elastic>, CallError> {
    let interfaces: Vec<String> = instance
        .interfaces
        .iter()
        .map(|interface| interface.id.clone())
        .collect();
    if interfaces.is_empty() {
        return Ok(Vec::new());
    }
    let on = format!("the addresses of instance `{}`", instance.id);
    let found = described(ec2, "network-interface-id", interfaces, on).await?;
    let mut elastic: Vec<Elastic> = found.iter().filter_map(Elastic::of).collect();
    elastic.sort_by(|one, other| one.allocation.cmp(&other.allocation));
    Ok(elastic)
}

/// What these allocations are associated with now; one that is released is left out: an unknown id in a filter is no error.
pub(super) async fn of_allocations(
    ec2: &Client,
    allocations: Vec<String>,
) -> Result<Vec<Address>, CallError> {
    let on = format!("the Elastic IP addresses `{}`", allocations.join("`, `"));
    described(ec2, "allocation-id", allocations, on).await
}

async fn described(
    ec2: &Client,
    by: &str,
    values: Vec<String>,
    on: String,
) -> Result<Vec<Address>, CallError> {
    let answer = ec2
        .describe_addresses()
        .filters(filter(by, values))
        .send()
        .await
        .map_err(CallError::of(permissions::ec2::DESCRIBE_ADDRESSES.action, on))?;
    Ok(answer.addresses.unwrap_or_default())
}

/// What EC2 assigned to the primary interface; and other interfaces' addresses that are no Elastic IP, which can't be taken.
pub(super) fn not_elastic(instance: &Instance, elastic: &[Elastic]) -> (Vec<Assigned>, Vec<Assigned>) {
    let assigned = |interface: &Interface| {
        let public = interface.public_address.clone()?;
        let is_elastic = elastic.iter().any(|one| one.public_address == public);
        (!is_elastic).then(|| Assigned {
            interface: interface.id.clone(),
            public_address: public,
        })
    };
    let of = |is_primary: bool| {
        let interfaces = instance.interfaces.iter();
        interfaces
            .filter(|interface| (interface.device_index == 0) == is_primary)
            .filter_map(assigned)
            .collect()
    };
    (of(true), of(false))
}

/// Every public IPv4 address that the instance has now.
pub(super) async fn held(ec2: &Client, instance: &Instance) -> Result<Vec<String>, CallError> {
    let elastic = elastic(ec2, instance).await?;
    let of_interfaces = instance
        .interfaces
        .iter()
        .filter_map(|interface| interface.public_address.clone());
    let mut held: Vec<String> = elastic
        .into_iter()
        .map(|one| one.public_address)
        .chain(of_interfaces)
        .collect();
    held.sort();
    held.dedup();
    Ok(held)
}

/// Takes an Elastic IP address off its interface. An association that is gone is what was wanted.
pub(super) async fn disassociate(ec2: &Client, one: &Elastic) -> Result<(), CallError> {
    let asked = ec2
        .disassociate_address()
        .association_id(&one.association)
        .send()
        .await
        .map_err(CallError::of(
            permissions::ec2::DISASSOCIATE_ADDRESS.action,
            format!("Elastic IP address `{}`", one.allocation),
        ));
    match asked {
        Err(error) if error.code == NOT_THERE => Ok(()),
        asked => asked.map(drop),
    }
}

/// Gives it back to the same interface and private address, and takes it from nobody.
pub(super) async fn associate(ec2: &Client, one: &Elastic) -> Result<(), CallError> {
    let asked = ec2
        .associate_address()
        .allocation_id(&one.allocation)
        .network_interface_id(&one.interface)
        .private_ip_address(&one.private_address)
        .allow_reassociation(false)
        .send()
        .await
        .map(drop)
        .map_err(CallError::of(
            permissions::ec2::ASSOCIATE_ADDRESS.action,
            format!("Elastic IP address `{}`", one.allocation),
        ));
    let is_back = async {
        let now = of_allocations(ec2, vec![one.allocation.clone()]).await?;
        Ok(now.iter().any(|address| one.is_back(address)))
    };
    unless_done(asked, is_back).await
}

impl Elastic {
    /// Whether this is its association of before.
    pub(super) fn is_back(&self, now: &Address) -> bool {
        now.allocation_id() == Some(self.allocation.as_str())
            && now.network_interface_id() == Some(self.interface.as_str())
            && now.private_ip_address() == Some(self.private_address.as_str())
    }
}

/// Has EC2 assign a public address to a primary interface, or take it away.
pub(super) async fn assign(ec2: &Client, interface: &str, wanted: bool) -> Result<(), CallError> {
    ec2.modify_network_interface_attribute()
        .network_interface_id(interface)
        .associate_public_ip_address(wanted)
        .send()
        .await
        .map(drop)
        .map_err(CallError::of(
            permissions::ec2::MODIFY_NETWORK_INTERFACE_ATTRIBUTE.action,
            format!("the public address of network interface `{interface}`"),
        ))
}

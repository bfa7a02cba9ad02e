//! The instance as EC2 knows it, for guardrails and for what is looked up. One that is gone is investigated all the same.

use std::collections::BTreeMap;

use aws_sdk_ec2::{Client, types};
use backstop_actions::permissions;
use backstop_core::{ErrorName, Target};
use backstop_runtime::{CallError, StepError};

/// An instance, as far as EC2 still knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DescribedInstance {
    /// Its tags.
    pub(crate) tags: BTreeMap<String, String>,
    /// The private addresses of its interfaces.
    pub(crate) private_addresses: Vec<String>,
    /// Whether EC2 doesn't know it any more.
    pub(crate) is_gone: bool,
}

/// Anything else than that it is gone may hide a tag that exempts it: fail closed.
pub(crate) async fn find(ec2: &Client, target: &Target) -> Result<DescribedInstance, StepError> {
    let id = target.resource.id();
    let answer = ec2.describe_instances().instance_ids(&id).send().await;
    let answer = answer.map_err(CallError::of(
        permissions::ec2::DESCRIBE_INSTANCES.action,
        format!("instance `{id}`"),
    ));
    let found = match answer {
        Ok(answer) => answer
            .reservations()
            .iter()
            .flat_map(types::Reservation::instances)
            .find(|one| one.instance_id() == Some(&id))
            .map(described),
        Err(error) if error.name == ErrorName::TargetGone => None,
        Err(error) => return Err(error.into()),
    };
    Ok(found.unwrap_or(DescribedInstance {
        is_gone: true,
        ..DescribedInstance::default()
    }))
}

fn described(found: &types::Instance) -> DescribedInstance {
    let tags = found.tags().iter();
    let addresses = found
        .network_interfaces()
        .iter()
        .flat_map(types::InstanceNetworkInterface::private_ip_addresses)
        .filter_map(types::InstancePrivateIpAddress::private_ip_address);
    DescribedInstance {
        tags: tags
            .map(|tag| {
                let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
                (text(tag.key()), text(tag.value()))
            })
            .collect(),
        private_addresses: addresses.map(str::to_owned).collect(),
        is_gone: false,
    }
}

//! One instance as EC2 knows it: its state, interfaces, volumes, profile and tags. The finding's word on any
//! of these is a hint.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use aws_sdk_ec2::types::{self, InstanceStateName};
use backstop_actions::permissions;
use backstop_core::{ErrorName, Target, UndoOutcome, kind};
use backstop_runtime::{
    CallError, StepError,
    action::{StepRequest, unlike},
};
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Instance {
    pub(crate) id: String,
    pub(crate) arn: String,
    /// `running`, `stopped`, …; never `terminated` nor `shutting-down`, see [`read`].
    pub(crate) state: String,
    /// `m5.large`.
    #[serde(default)]
    pub(crate) instance_type: Option<String>,
    pub(crate) vpc: Option<String>,
    pub(crate) subnet: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    /// In the order of their device index.
    pub(crate) interfaces: Vec<Interface>,
    pub(crate) volumes: Vec<Volume>,
    pub(crate) profile_arn: Option<String>,
    /// Whether the root device is an instance store, which a stop destroys.
    pub(crate) is_instance_store: bool,
    /// Whether it is a Spot Instance, which can be protected neither from being stopped nor terminated.
    pub(crate) is_spot: bool,
    /// The device name of the boot volume.
    pub(crate) root_device: Option<String>,
    /// The service that alone may change it (EC2 User Guide, "Amazon EC2 managed instances").
    #[serde(default)]
    pub(crate) operator: Option<String>,
    /// What Kubernetes calls the node, unless it was told otherwise.
    #[serde(default)]
    pub(crate) private_dns_name: Option<String>,
}

/// A network interface that is attached to the instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Interface {
    pub(crate) id: String,
    pub(crate) device_index: i32,
    pub(crate) subnet: Option<String>,
    pub(crate) vpc: Option<String>,
    /// Security group ids, sorted: EC2 keeps no order.
    pub(crate) groups: Vec<String>,
    /// What these groups are called.
    #[serde(default)]
    pub(crate) group_names: Vec<String>,
    pub(crate) private_addresses: Vec<String>,
    pub(crate) ipv6_addresses: Vec<String>,
    /// The address ranges that are delegated to it: an IPv4 `/28` or an IPv6 `/80` each.
    #[serde(default)]
    pub(crate) prefixes: Vec<String>,
    /// Whether it carries branch interfaces of pods or tasks.
    #[serde(default)]
    pub(crate) is_trunk: bool,
    /// The service that alone may change it, by EC2's own word.
    #[serde(default)]
    pub(crate) operator: Option<String>,
    /// Whether its description says that it is a task's: whoever may change descriptions can write that, too.
    #[serde(default)]
    pub(crate) looks_like_a_tasks: bool,
    /// Whether its source/destination check is off.
    #[serde(default)]
    pub(crate) forwards: bool,
    pub(crate) public_address: Option<String>,
    /// The idle timeout of established TCP connections in seconds; `None` is EC2's default, which depends on
    /// the instance type (EC2 User Guide, "Connection tracking timeouts").
    pub(crate) tcp_established_timeout: Option<i32>,
}

/// An EBS volume that is attached to the instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Volume {
    pub(crate) id: String,
    pub(crate) device: String,
    pub(crate) delete_on_termination: bool,
}

/// The id of the target's instance.
pub(crate) fn id_of(target: &Target) -> Result<&str, StepError> {
    match kind::Instance::of(&target.resource) {
        Some(instance) => Ok(&instance.instance_id),
        None => Err(StepError::NotApplicable {
            reason: format!("{target} is no instance"),
        }),
    }
}

/// Reads the target's instance. A terminated one is gone: EC2 shows it for about an hour, without interfaces.
pub(crate) async fn read(ec2: &aws_sdk_ec2::Client, target: &Target) -> Result<Instance, StepError> {
    let found = find(ec2, target).await?;
    let id = id_of(target)?;
    let instance = Instance::of(&found, id, target);
    if matches!(
        found.state().and_then(|state| state.name()),
        Some(InstanceStateName::Terminated | InstanceStateName::ShuttingDown)
    ) {
        return Err(StepError::TargetGone {
            what: format!("instance `{id}` ({}): it", instance.state),
        });
    }
    Ok(instance)
}

/// What EC2 says of the target's instance, a terminated one too.
pub(crate) async fn find(ec2: &aws_sdk_ec2::Client, target: &Target) -> Result<types::Instance, StepError> {
    let id = id_of(target)?;
    let gone = || StepError::TargetGone {
        what: format!("instance `{id}`"),
    };
    let answer = ec2
        .describe_instances()
        .instance_ids(id)
        .send()
        .await
        .map_err(CallError::of(
            permissions::ec2::DESCRIBE_INSTANCES.action,
            format!("instance `{id}`"),
        ))
        .map_err(|error| match error.name {
            ErrorName::TargetGone => gone(),
            _ => error.into(),
        })?;
    answer
        .reservations
        .unwrap_or_default()
        .into_iter()
        .flat_map(|reservation| reservation.instances.unwrap_or_default())
        .find(|instance| instance.instance_id() == Some(id))
        .ok_or_else(gone)
}

/// The instance's tags; none where EC2 has forgotten it, which it does about an hour after it was terminated.
pub(crate) async fn tags(
    ec2: &aws_sdk_ec2::Client,
    target: &Target,
) -> Result<BTreeMap<String, String>, StepError> {
    match find(ec2, target).await {
        Ok(found) => Ok(Instance::of(&found, id_of(target)?, target).tags),
        Err(StepError::TargetGone { .. }) => Ok(BTreeMap::new()),
        Err(error) => Err(error),
    }
}

/// Refuses a receipt of another instance than the order's: nothing else is touched.
pub(crate) fn check_own(request: &StepRequest, instance: &str) -> Result<(), StepError> {
    let own = id_of(&request.target)?;
    if instance == own {
        return Ok(());
    }
    Err(unlike(format!(
        "it is of instance `{instance}`, and this step is about `{own}`"
    )))
}

/// What was read for an undo; where the instance is gone there is nothing to put back, which is the undo's outcome.
pub(crate) fn or_gone<T>(read: Result<T, StepError>) -> Result<Result<T, UndoOutcome>, StepError> {
    match read {
        Ok(found) => Ok(Ok(found)),
        Err(StepError::TargetGone { what }) => Ok(Err(UndoOutcome::NothingToUndo {
            reason: format!("{what} no longer exists"),
        })),
        Err(error) => Err(error),
    }
}

impl Instance {
    /// The VPCs of its interfaces: nearly always one.
    pub(crate) fn vpcs(&self) -> Vec<String> {
        let interfaces = self.interfaces.iter();
        let vpcs: BTreeSet<String> = interfaces.filter_map(|interface| interface.vpc.clone()).collect();
        vpcs.into_iter().collect()
    }

    /// The instance as the actions know it.
    pub(crate) fn of(found: &types::Instance, id: &str, target: &Target) -> Self {
        let mut interfaces: Vec<Interface> = found.network_interfaces().iter().map(Interface::of).collect();
        interfaces.sort_by_key(|interface| interface.device_index);
        Self {
            id: id.to_owned(),
            arn: format!(
                "arn:{}:ec2:{}:{}:instance/{id}",
                target.partition, target.region, target.account
            ),
            state: found
                .state()
                .and_then(|state| state.name())
                .map_or("unknown", |name| name.as_str())
                .to_owned(),
            instance_type: found.instance_type().map(|it| it.as_str().to_owned()),
            vpc: found.vpc_id().map(str::to_owned),
            subnet: found.subnet_id().map(str::to_owned),
            tags: found
                .tags()
                .iter()
                .map(|tag| {
                    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
                    (text(tag.key()), text(tag.value()))
                })
                .collect(),
            interfaces,
            volumes: found
                .block_device_mappings()
                .iter()
                .filter_map(Volume::of)
                .collect(),
            profile_arn: found
                .iam_instance_profile()
                .and_then(|profile| profile.arn())
                .map(str::to_owned),
            is_instance_store: found.root_device_type() == Some(&types::DeviceType::InstanceStore),
            is_spot: found.instance_lifecycle() == Some(&types::InstanceLifecycleType::Spot),
            root_device: found.root_device_name().map(str::to_owned),
            operator: operator_of(found.operator()),
            private_dns_name: found
                .private_dns_name()
                .filter(|name| !name.is_empty())
                .map(str::to_owned),
        }
    }
}

impl Interface {
    /// Whether it is one of its addresses, or in a range that is delegated to it for pods.
    pub(crate) fn has_address(&self, address: &str) -> bool {
        let mut own = self.private_addresses.iter().chain(&self.ipv6_addresses);
        own.any(|own| own == address) || self.prefixes.iter().any(|prefix| holds(prefix, address))
    }

    fn of(found: &types::InstanceNetworkInterface) -> Self {
        let mut groups: Vec<String> = found
            .groups()
            .iter()
            .filter_map(|group| group.group_id().map(str::to_owned))
            .collect();
        groups.sort();
        let group_names = found
            .groups()
            .iter()
            .filter_map(|group| group.group_name().map(str::to_owned));
        Self {
            group_names: group_names.collect(),
            id: found.network_interface_id().unwrap_or_default().to_owned(),
            device_index: found
                .attachment()
                .and_then(|attachment| attachment.device_index())
                .unwrap_or_default(),
            subnet: found.subnet_id().map(str::to_owned),
            vpc: found.vpc_id().map(str::to_owned),
            groups,
            private_addresses: found
                .private_ip_addresses()
                .iter()
                .filter_map(|address| address.private_ip_address().map(str::to_owned))
                .collect(),
            ipv6_addresses: found
                .ipv6_addresses()
                .iter()
                .filter_map(|address| address.ipv6_address().map(str::to_owned))
                .collect(),
            prefixes: prefixes(found),
            is_trunk: found.interface_type() == Some("trunk"),
            operator: operator_of(found.operator()),
            looks_like_a_tasks: found.description().is_some_and(is_of_task),
            forwards: found.source_dest_check() == Some(false),
            public_address: found
                .association()
                .and_then(|association| association.public_ip())
                .map(str::to_owned),
            tcp_established_timeout: found
                .connection_tracking_configuration()
                .and_then(|tracking| tracking.tcp_established_timeout()),
        }
    }
}

/// Whether an address is in a prefix, such as `10.0.0.16/28`.
fn holds(prefix: &str, address: &str) -> bool {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32_u32),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    let Some((first, length)) = prefix.split_once('/') else {
        return false;
    };
    let (Ok(first), Ok(length), Ok(address)) = (
        first.parse::<IpAddr>(),
        length.parse::<u32>(),
        address.parse::<IpAddr>(),
    ) else {
        return false;
    };
    let ((first, size), (address, same)) = (bits(first), bits(address));
    let free = size.saturating_sub(length);
    size == same
        && first.checked_shr(free).unwrap_or_default() == address.checked_shr(free).unwrap_or_default()
}

fn operator_of(found: Option<&types::OperatorResponse>) -> Option<String> {
    found
        .filter(|operator| operator.managed() == Some(true))
        .map(|operator| operator.principal().unwrap_or("an AWS service").to_owned())
}

/// Amazon ECS describes the interface of a task in `awsvpc` mode by the ARN of its attachment.
fn is_of_task(description: &str) -> bool {
    description
        .strip_prefix("arn:")
        .is_some_and(|rest| rest.contains(":ecs:") && rest.contains(":attachment/"))
}

fn prefixes(found: &types::InstanceNetworkInterface) -> Vec<String> {
    let ipv4 = found.ipv4_prefixes().iter().filter_map(|one| one.ipv4_prefix());
    let ipv6 = found.ipv6_prefixes().iter().filter_map(|one| one.ipv6_prefix());
    ipv4.chain(ipv6).map(str::to_owned).collect()
}

impl Volume {
    fn of(mapping: &types::InstanceBlockDeviceMapping) -> Option<Self> {
        let ebs = mapping.ebs()?;
        Some(Self {
            id: ebs.volume_id()?.to_owned(),
            device: mapping.device_name().unwrap_or_default().to_owned(),
            delete_on_termination: ebs.delete_on_termination().unwrap_or_default(),
        })
    }
}

//! Plants instances: interfaces with their groups, volumes, profile, and a session on them.

use std::collections::BTreeMap;

use aws_sdk_ec2::{
    Client,
    types::{
        BlockDeviceMapping, EbsBlockDevice, IamInstanceProfileSpecification, InstanceType, ResourceType,
    },
};

use super::{
    Cast,
    network::{Network, drill_tags, id},
};
use crate::{DrillError, error::call, file::Instance};
use backstop_emulator::Account;

/// One of moto's own images; which one doesn't matter.
pub(super) const IMAGE: &str = "ami-12c6146b";
const DEVICES: [&str; 5] = ["/dev/sda1", "/dev/sdb", "/dev/sdc", "/dev/sdd", "/dev/sde"];

/// An instance as it was planted: what a check compares with.
#[derive(Clone, Debug)]
pub struct PlantedInstance {
    /// `i-…`.
    pub id: String,
    /// The security groups by interface, sorted.
    pub groups: BTreeMap<String, Vec<String>>,
    /// The name of its instance profile.
    pub profile: Option<String>,
    /// The name of its Auto Scaling group.
    pub auto_scaling: Option<String>,
    /// The ARN of its target group and the name of its classic load balancer.
    pub load_balancers: Option<(String, String)>,
    /// Whether somebody has a session on it.
    pub has_session: bool,
}

impl Cast {
    pub(super) async fn add_instance(
        &mut self,
        account: &Account,
        instance: &Instance,
    ) -> Result<(), DrillError> {
        let ec2 = Client::new(&account.sdk_config(account.root()));
        let network = self.network(account, &ec2).await?;
        let profile = match &instance.role {
            Some(role) => Some(self.profile(account, role).await?),
            None => None,
        };
        let name = self.real(&instance.name);
        let (instance_id, groups) = run(&ec2, &network, instance, &name, profile.as_deref()).await?;
        let auto_scaling = match &instance.auto_scaling {
            Some(group) => Some(self.join_group(account, &network, group, &instance_id).await?),
            None => None,
        };
        let load_balancers = match &instance.load_balancers {
            Some(front) => Some(self.serve(account, &network, front, &instance_id).await?),
            None => None,
        };
        if instance.session {
            let ssm = aws_sdk_ssm::Client::new(&account.sdk_config(account.root()));
            let started = ssm.start_session().target(&instance_id).send().await;
            started.map_err(call("ssm:StartSession"))?;
        }
        let planted = PlantedInstance {
            id: instance_id,
            groups,
            profile,
            auto_scaling,
            load_balancers,
            has_session: instance.session,
        };
        self.instances.insert(instance.name.clone(), planted);
        Ok(())
    }

    /// The instance profile of a role, of the same name; made when first wanted.
    async fn profile(&mut self, account: &Account, role: &str) -> Result<String, DrillError> {
        let name = self.real(role);
        let iam = aws_sdk_iam::Client::new(&account.sdk_config(account.root()));
        if self.fleets.contains_key(&name) {
            return Ok(name);
        }
        let made = iam.create_instance_profile().instance_profile_name(&name);
        made.send().await.map_err(call("iam:CreateInstanceProfile"))?;
        let add = iam.add_role_to_instance_profile();
        let added = add.instance_profile_name(&name).role_name(&name).send().await;
        added.map_err(call("iam:AddRoleToInstanceProfile"))?;
        self.fleets.insert(name.clone(), name.clone());
        Ok(name)
    }
}

/// Runs it; gives its id and the groups of each interface.
async fn run(
    ec2: &Client,
    network: &Network,
    instance: &Instance,
    name: &str,
    profile: Option<&str>,
) -> Result<(String, BTreeMap<String, Vec<String>>), DrillError> {
    const OPERATION: &str = "ec2:RunInstances";
    let mut counts = instance.interfaces.iter().enumerate();
    let primary = counts.next().map_or(1, |(_, count)| *count);
    let groups = network.groups(ec2, &format!("{name}-0"), primary).await?;
    let mut ran = ec2
        .run_instances()
        .image_id(IMAGE)
        .instance_type(InstanceType::T3Micro)
        .min_count(1)
        .max_count(1)
        .subnet_id(&network.subnet)
        .set_security_group_ids(Some(groups))
        .set_block_device_mappings(Some(volumes(instance.volumes)))
        .tag_specifications(drill_tags(ResourceType::Instance));
    if let Some(profile) = profile {
        ran = ran.iam_instance_profile(IamInstanceProfileSpecification::builder().name(profile).build());
    }
    let ran = ran.send().await.map_err(call(OPERATION))?;
    let first = ran
        .instances()
        .first()
        .and_then(|instance| instance.instance_id());
    let instance_id = id(first.map(str::to_owned), OPERATION)?;
    for (index, count) in counts {
        let groups = network.groups(ec2, &format!("{name}-{index}"), *count).await?;
        attach(ec2, network, &instance_id, index, groups).await?;
    }
    let groups = groups_of(ec2, &instance_id).await?;
    Ok((instance_id, groups))
}

async fn attach(
    ec2: &Client,
    network: &Network,
    instance_id: &str,
    index: usize,
    groups: Vec<String>,
) -> Result<(), DrillError> {
    let made = ec2
        .create_network_interface()
        .subnet_id(&network.subnet)
        .set_groups(Some(groups))
        .tag_specifications(drill_tags(ResourceType::NetworkInterface))
        .send()
        .await
        .map_err(call("ec2:CreateNetworkInterface"))?;
    let interface = made
        .network_interface
        .and_then(|interface| interface.network_interface_id);
    let attached = ec2
        .attach_network_interface()
        .network_interface_id(id(interface, "ec2:CreateNetworkInterface")?)
        .instance_id(instance_id)
        .device_index(i32::try_from(index).unwrap_or(1))
        .send()
        .await;
    attached.map(drop).map_err(call("ec2:AttachNetworkInterface"))
}

fn volumes(count: usize) -> Vec<BlockDeviceMapping> {
    let ebs = || {
        EbsBlockDevice::builder()
            .volume_size(8)
            .delete_on_termination(true)
            .build()
    };
    let devices = DEVICES.iter().take(count);
    devices
        .map(|device| {
            BlockDeviceMapping::builder()
                .device_name(*device)
                .ebs(ebs())
                .build()
        })
        .collect()
}

/// The security groups of each of an instance's interfaces, sorted.
pub(crate) async fn groups_of(
    ec2: &Client,
    instance_id: &str,
) -> Result<BTreeMap<String, Vec<String>>, DrillError> {
    let found = ec2.describe_instances().instance_ids(instance_id).send().await;
    let found = found.map_err(call("ec2:DescribeInstances"))?;
    let instances = found
        .reservations()
        .iter()
        .flat_map(|reservation| reservation.instances());
    let interfaces = instances.flat_map(|instance| instance.network_interfaces());
    Ok(interfaces
        .filter_map(|interface| {
            let groups = interface.groups().iter();
            let mut groups: Vec<String> = groups
                .filter_map(|group| group.group_id().map(str::to_owned))
                .collect();
            groups.sort();
            Some((interface.network_interface_id()?.to_owned(), groups))
        })
        .collect())
}

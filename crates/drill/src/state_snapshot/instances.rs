//! Instances: interfaces, profile, protection, tags, and the groups and load balancers they belong to.

use aws_config::SdkConfig;
use aws_sdk_ec2::{
    Client,
    types::{Filter, Instance, InstanceAttributeName},
};
use serde_json::json;

use super::{StateSnapshot, TCP_TIMEOUT, network_acls};
use crate::{DrillError, described, error::call, fixtures::PlantedInstance, registrations::Registrations};

pub(super) async fn instance(
    config: &SdkConfig,
    planted: &PlantedInstance,
    snapshot: &mut StateSnapshot,
) -> Result<(), DrillError> {
    let ec2 = Client::new(config);
    let id = planted.id.as_str();
    for found in &described::instance(&ec2, id).await? {
        describe(found, id, snapshot);
        addresses(&ec2, found, snapshot).await?;
        network_acls::of_vpc(&ec2, found.vpc_id().unwrap_or_default(), snapshot).await?;
    }
    profile(&ec2, id, snapshot).await?;
    attributes(&ec2, id, snapshot).await?;
    memberships(config, planted, snapshot).await
}

fn describe(found: &Instance, id: &str, snapshot: &mut StateSnapshot) {
    for interface in found.network_interfaces() {
        let mut groups: Vec<&str> = interface
            .groups()
            .iter()
            .filter_map(|group| group.group_id())
            .collect();
        groups.sort_unstable();
        let name = interface.network_interface_id().unwrap_or_default();
        snapshot.put(format!("security groups of interface {name}"), groups);
        let tracking = interface.connection_tracking_configuration();
        let timeout = tracking.and_then(|tracking| tracking.tcp_established_timeout());
        snapshot.put(format!("{TCP_TIMEOUT} {name}"), timeout);
    }
    for mapping in found.block_device_mappings() {
        let device = mapping.device_name().unwrap_or_default();
        let delete = mapping.ebs().and_then(|ebs| ebs.delete_on_termination());
        snapshot.put(
            format!("DeleteOnTermination of {device} of instance {id}"),
            delete,
        );
    }
    for tag in found.tags() {
        let key = tag.key().unwrap_or_default();
        snapshot.put(
            format!("tag {key} of instance {id}"),
            tag.value().unwrap_or_default(),
        );
    }
}

/// The public addresses of an instance that has or had one, with the private ones that they are of.
async fn addresses(ec2: &Client, found: &Instance, snapshot: &mut StateSnapshot) -> Result<(), DrillError> {
    let id = found.instance_id().unwrap_or_default();
    let interfaces = found.network_interfaces().iter();
    let interfaces: Vec<String> = interfaces
        .filter_map(|interface| interface.network_interface_id().map(str::to_owned))
        .collect();
    let of_instance = Filter::builder()
        .name("network-interface-id")
        .set_values(Some(interfaces))
        .build();
    let found = ec2.describe_addresses().filters(of_instance).send().await;
    let found = found.map_err(call("ec2:DescribeAddresses"))?;
    let addresses: Vec<_> = found
        .addresses()
        .iter()
        .map(|address| {
            json!([
                address.allocation_id(),
                address.public_ip(),
                address.network_interface_id(),
                address.private_ip_address(),
            ])
        })
        .collect();
    snapshot.put(format!("Elastic IP addresses of instance {id}"), addresses);
    Ok(())
}

async fn profile(ec2: &Client, id: &str, snapshot: &mut StateSnapshot) -> Result<(), DrillError> {
    let of_instance = Filter::builder().name("instance-id").values(id).build();
    let found = ec2
        .describe_iam_instance_profile_associations()
        .filters(of_instance)
        .send()
        .await
        .map_err(call("ec2:DescribeIamInstanceProfileAssociations"))?;
    let arns: Vec<&str> = found
        .iam_instance_profile_associations()
        .iter()
        .filter_map(|association| association.iam_instance_profile()?.arn())
        .collect();
    snapshot.put(format!("instance profile of instance {id}"), arns);
    Ok(())
}

async fn attributes(ec2: &Client, id: &str, snapshot: &mut StateSnapshot) -> Result<(), DrillError> {
    for attribute in [
        InstanceAttributeName::DisableApiTermination,
        InstanceAttributeName::DisableApiStop,
        InstanceAttributeName::InstanceInitiatedShutdownBehavior,
    ] {
        let name = attribute.as_str().to_owned();
        let found = ec2
            .describe_instance_attribute()
            .instance_id(id)
            .attribute(attribute);
        let found = found
            .send()
            .await
            .map_err(call("ec2:DescribeInstanceAttribute"))?;
        let state = json!([
            found.disable_api_termination().and_then(|value| value.value()),
            found.disable_api_stop().and_then(|value| value.value()),
            found
                .instance_initiated_shutdown_behavior()
                .and_then(|value| value.value()),
        ]);
        snapshot.put(format!("{name} of instance {id}"), state);
    }
    Ok(())
}

async fn memberships(
    config: &SdkConfig,
    planted: &PlantedInstance,
    snapshot: &mut StateSnapshot,
) -> Result<(), DrillError> {
    let id = planted.id.as_str();
    let found = aws_sdk_autoscaling::Client::new(config)
        .describe_auto_scaling_instances()
        .instance_ids(id)
        .send()
        .await
        .map_err(call("autoscaling:DescribeAutoScalingInstances"))?;
    let groups: Vec<&str> = found
        .auto_scaling_instances()
        .iter()
        .filter_map(|member| member.auto_scaling_group_name())
        .collect();
    snapshot.put(format!("Auto Scaling groups of instance {id}"), groups);
    let Some(registrations) = Registrations::of(config, planted).await? else {
        return Ok(());
    };
    let targets = match registrations.ports {
        Some(ports) => ports.iter().map(|port| json!([id, port])).collect(),
        None => json!("no such target group"),
    };
    snapshot.put(
        format!(
            "registration of instance {id} with {}",
            registrations.target_group
        ),
        targets,
    );
    snapshot.put(
        format!("registration of instance {id} with {}", registrations.classic),
        registrations.is_classic,
    );
    Ok(())
}

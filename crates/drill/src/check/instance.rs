//! How an instance stands: interfaces, profile, protection, scaling, load balancers, sessions, snapshots.

use std::collections::BTreeSet;

use aws_sdk_ec2::{
    Client,
    types::{Filter, InstanceAttributeName, Volume},
};
use aws_sdk_ssm::types::{SessionFilter, SessionFilterKey, SessionState};
use backstop_emulator::Account;
use backstop_playbook::drill::{Aspect, CheckState};

use super::{network_acls, state};
use crate::{
    DrillError, described,
    error::call,
    fixtures::{PlantedInstance, groups_of},
    registrations::Registrations,
};

/// Reads one aspect of an instance.
pub(super) async fn read(
    account: &Account,
    planted: &PlantedInstance,
    aspect: Aspect,
) -> Result<CheckState, DrillError> {
    let config = account.sdk_config(account.root());
    let ec2 = Client::new(&config);
    match aspect {
        Aspect::Interfaces => interfaces(&ec2, planted).await,
        Aspect::Profile => profile(&ec2, planted).await,
        Aspect::Protection => protection(&ec2, planted).await,
        Aspect::AutoScaling => auto_scaling(&aws_sdk_autoscaling::Client::new(&config), planted).await,
        Aspect::LoadBalancers => load_balancers(&config, planted).await,
        Aspect::Sessions => sessions(&aws_sdk_ssm::Client::new(&config), planted).await,
        Aspect::Snapshots => snapshots(&ec2, planted).await,
        Aspect::NetworkAcls => network_acls::read(&ec2, planted).await,
        Aspect::PublicAddresses => public_addresses(&ec2, planted).await,
        Aspect::RemoteAddress => network_acls::read_remote(&ec2, planted).await,
    }
}

async fn interfaces(ec2: &Client, planted: &PlantedInstance) -> Result<CheckState, DrillError> {
    let groups = groups_of(ec2, &planted.id).await?;
    if groups == planted.groups {
        return Ok(CheckState::AsPlanted);
    }
    let is_same_interfaces = groups.keys().eq(planted.groups.keys());
    let used: BTreeSet<&String> = groups.values().flatten().collect();
    let is_one_each = groups.values().all(|groups| groups.len() == 1);
    let found = ec2
        .describe_security_groups()
        .set_group_ids(Some(used.into_iter().cloned().collect()));
    let found = found.send().await.map_err(call("ec2:DescribeSecurityGroups"))?;
    let is_without_rules = found
        .security_groups()
        .iter()
        .all(|group| group.ip_permissions().is_empty() && group.ip_permissions_egress().is_empty());
    Ok(state(
        false,
        is_same_interfaces && is_one_each && is_without_rules,
    ))
}

async fn public_addresses(ec2: &Client, planted: &PlantedInstance) -> Result<CheckState, DrillError> {
    let interfaces = planted.groups.keys().cloned().collect();
    let of_instance = Filter::builder()
        .name("network-interface-id")
        .set_values(Some(interfaces))
        .build();
    let found = ec2.describe_addresses().filters(of_instance).send().await;
    let found = found.map_err(call("ec2:DescribeAddresses"))?;
    let elastic: Vec<(String, String)> = found
        .addresses()
        .iter()
        .filter_map(|address| {
            let allocation = address.allocation_id()?.to_owned();
            Some((allocation, address.network_interface_id()?.to_owned()))
        })
        .collect();
    let found = described::instance(ec2, &planted.id).await?;
    let instances = found.iter();
    let has_public = instances
        .flat_map(|instance| instance.network_interfaces())
        .any(|interface| interface.association().is_some_and(|it| it.public_ip().is_some()));
    let expected: Vec<(String, String)> = planted.elastic_ip.iter().cloned().collect();
    Ok(state(
        elastic == expected && has_public != expected.is_empty(),
        elastic.is_empty() && !has_public,
    ))
}

async fn profile(ec2: &Client, planted: &PlantedInstance) -> Result<CheckState, DrillError> {
    let of_instance = Filter::builder().name("instance-id").values(&planted.id).build();
    let found = ec2
        .describe_iam_instance_profile_associations()
        .filters(of_instance)
        .send()
        .await
        .map_err(call("ec2:DescribeIamInstanceProfileAssociations"))?;
    let names: Vec<&str> = found
        .iam_instance_profile_associations()
        .iter()
        .filter_map(|association| association.iam_instance_profile()?.arn()?.rsplit('/').next())
        .collect();
    let expected: Vec<&str> = planted.profile.as_deref().into_iter().collect();
    Ok(state(names == expected, names.is_empty()))
}

async fn protection(ec2: &Client, planted: &PlantedInstance) -> Result<CheckState, DrillError> {
    let mut on = Vec::new();
    for attribute in [
        InstanceAttributeName::DisableApiTermination,
        InstanceAttributeName::DisableApiStop,
    ] {
        let found = ec2
            .describe_instance_attribute()
            .instance_id(&planted.id)
            .attribute(attribute);
        let found = found
            .send()
            .await
            .map_err(call("ec2:DescribeInstanceAttribute"))?;
        let value = found.disable_api_termination.or(found.disable_api_stop);
        on.push(value.and_then(|value| value.value).unwrap_or_default());
    }
    let found = described::instance(ec2, &planted.id).await?;
    let instances = found.iter();
    let kept = instances
        .flat_map(|instance| instance.block_device_mappings())
        .filter_map(|mapping| mapping.ebs())
        .map(|ebs| ebs.delete_on_termination() == Some(false));
    on.extend(kept);
    Ok(state(!on.contains(&true), !on.contains(&false)))
}

async fn auto_scaling(
    autoscaling: &aws_sdk_autoscaling::Client,
    planted: &PlantedInstance,
) -> Result<CheckState, DrillError> {
    let Some(group) = &planted.auto_scaling else {
        return Ok(CheckState::AsPlanted);
    };
    let found = autoscaling
        .describe_auto_scaling_groups()
        .auto_scaling_group_names(group);
    let found = found
        .send()
        .await
        .map_err(call("autoscaling:DescribeAutoScalingGroups"))?;
    let group = found.auto_scaling_groups().first();
    let members = group.map(|group| group.instances()).unwrap_or_default();
    let is_in = members
        .iter()
        .any(|member| member.instance_id() == Some(planted.id.as_str()));
    let wanted = group
        .and_then(|group| group.desired_capacity())
        .unwrap_or_default();
    let is_full = i32::try_from(members.len()).is_ok_and(|there| there >= wanted && wanted > 0);
    Ok(state(is_in, !is_in && is_full))
}

async fn load_balancers(
    config: &aws_config::SdkConfig,
    planted: &PlantedInstance,
) -> Result<CheckState, DrillError> {
    let Some(registrations) = Registrations::of(config, planted).await? else {
        return Ok(CheckState::AsPlanted);
    };
    let is_target = registrations.ports.is_some_and(|ports| !ports.is_empty());
    let is_classic = registrations.is_classic;
    Ok(state(is_target && is_classic, !is_target && !is_classic))
}

async fn sessions(ssm: &aws_sdk_ssm::Client, planted: &PlantedInstance) -> Result<CheckState, DrillError> {
    const OPERATION: &str = "ssm:DescribeSessions";
    let on_instance = SessionFilter::builder()
        .key(SessionFilterKey::TargetId)
        .value(&planted.id)
        .build();
    let found = ssm
        .describe_sessions()
        .state(SessionState::Active)
        .filters(on_instance.map_err(call(OPERATION))?)
        .send()
        .await
        .map_err(call(OPERATION))?;
    let is_live = !found.sessions().is_empty();
    Ok(state(is_live == planted.has_session, !is_live))
}

async fn snapshots(ec2: &Client, planted: &PlantedInstance) -> Result<CheckState, DrillError> {
    let of_instance = Filter::builder()
        .name("attachment.instance-id")
        .values(&planted.id)
        .build();
    let volumes = ec2.describe_volumes().filters(of_instance).send().await;
    let volumes = volumes.map_err(call("ec2:DescribeVolumes"))?;
    let volumes: Vec<String> = volumes
        .volumes()
        .iter()
        .filter_map(Volume::volume_id)
        .map(str::to_owned)
        .collect();
    let of_volumes = Filter::builder()
        .name("volume-id")
        .set_values(Some(volumes.clone()))
        .build();
    let found = ec2.describe_snapshots().filters(of_volumes).send().await;
    let found = found.map_err(call("ec2:DescribeSnapshots"))?;
    let kept: BTreeSet<&str> = found
        .snapshots()
        .iter()
        .filter_map(|snapshot| snapshot.volume_id())
        .collect();
    let is_kept = volumes.iter().all(|volume| kept.contains(volume.as_str()));
    Ok(state(kept.is_empty(), is_kept && !volumes.is_empty()))
}

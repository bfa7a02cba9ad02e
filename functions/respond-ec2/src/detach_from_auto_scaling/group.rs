//! An Auto Scaling group as far as taking one instance out, and putting it back, turns on it.

use aws_sdk_autoscaling::{
    Client,
    types::{AutoScalingGroup, AutoScalingInstanceDetails, LifecycleState},
};
use backstop_actions::permissions;
use backstop_runtime::CallError;

use crate::peers::{Fleet, Peers};

/// See the module.
pub(super) struct Group {
    pub(super) name: String,
    pub(super) desired: i32,
    pub(super) maximum: i32,
    /// Other members that are in service and healthy.
    pub(super) peers: Peers,
    /// Target groups and load balancers that members are registered with.
    pub(super) balancers: usize,
    /// Whether the process `Launch` runs, without which no replacement comes.
    pub(super) is_launching: bool,
}

impl Group {
    fn of(found: &AutoScalingGroup, instance: &str) -> Self {
        let healthy_peers = found.instances().iter().filter(|member| {
            member.instance_id() != Some(instance)
                && member.lifecycle_state() == Some(&LifecycleState::InService)
                && member
                    .health_status()
                    .is_some_and(|health| health.eq_ignore_ascii_case("healthy"))
        });
        let healthy = healthy_peers.filter_map(|member| member.instance_id().map(str::to_owned));
        let name = found.auto_scaling_group_name().unwrap_or_default().to_owned();
        let desired = found.desired_capacity().unwrap_or_default();
        Self {
            peers: Peers {
                place: format!("Auto Scaling group {name}"),
                healthy: healthy.collect(),
                fleet: Fleet::Desired(usize::try_from(desired).unwrap_or_default()),
            },
            name,
            desired,
            maximum: found.max_size().unwrap_or_default(),
            balancers: found.target_group_arns().len() + found.load_balancer_names().len(),
            is_launching: !found
                .suspended_processes()
                .iter()
                .any(|process| process.process_name() == Some("Launch")),
        }
    }
}

/// The group that the instance is in, if any, with what it is there.
pub(crate) async fn membership(
    client: &Client,
    instance: &str,
) -> Result<Option<AutoScalingInstanceDetails>, CallError> {
    let answer = client
        .describe_auto_scaling_instances()
        .instance_ids(instance)
        .send()
        .await
        .map_err(CallError::of(
            permissions::autoscaling::DESCRIBE_AUTO_SCALING_INSTANCES.action,
            format!("instance `{instance}`"),
        ))?;
    Ok(answer
        .auto_scaling_instances
        .unwrap_or_default()
        .into_iter()
        .find(|found| found.instance_id() == Some(instance)))
}

/// Whether the instance is a member of this group and stays one.
pub(super) async fn is_member(client: &Client, instance: &str, group: &str) -> Result<bool, CallError> {
    let member = membership(client, instance).await?;
    Ok(member.is_some_and(|member| stays_in(&member, group)))
}

/// Whether a member is one of this group and stays one.
pub(super) fn stays_in(member: &AutoScalingInstanceDetails, group: &str) -> bool {
    member.auto_scaling_group_name() == Some(group) && !member.lifecycle_state().is_some_and(is_leaving)
}

/// Whether the instance is in Standby, or on its way there.
pub(super) async fn is_standby(client: &Client, instance: &str) -> Result<bool, CallError> {
    let member = membership(client, instance).await?;
    Ok(member.as_ref().is_some_and(rests))
}

/// Whether a member is in Standby, or on its way there.
pub(super) fn rests(member: &AutoScalingInstanceDetails) -> bool {
    matches!(member.lifecycle_state(), Some("Standby" | "EnteringStandby"))
}

/// The group with this name, seen from the instance; `None` if it was deleted.
pub(super) async fn read(client: &Client, name: &str, instance: &str) -> Result<Option<Group>, CallError> {
    let answer = client
        .describe_auto_scaling_groups()
        .auto_scaling_group_names(name)
        .send()
        .await
        .map_err(CallError::of(
            permissions::autoscaling::DESCRIBE_AUTO_SCALING_GROUPS.action,
            format!("Auto Scaling group `{name}`"),
        ))?;
    Ok(answer
        .auto_scaling_groups()
        .first()
        .map(|found| Group::of(found, instance)))
}

/// Whether the group has let go of a member in this state, or is about to: it waits for the load balancers to
/// drain first.
pub(super) fn is_leaving(lifecycle_state: &str) -> bool {
    matches!(lifecycle_state, "Detaching" | "Detached")
}

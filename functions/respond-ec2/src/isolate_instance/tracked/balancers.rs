//! Network and gateway load balancers that the instance is a target of.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::{
    Client,
    types::{ProtocolEnum, TargetDescription, TargetGroup, TargetHealthReasonEnum, TargetTypeEnum},
};
use backstop_actions::permissions;
use backstop_runtime::CallError;
use futures_util::future::join_all;

use super::vpcs;
use crate::instance::Instance;

/// More groups than this aren't asked: it is only for the plan's text.
const MOST_GROUPS: usize = 30;

/// The target groups of network and gateway load balancers, in words. One that the instance is leaving counts:
/// its connections are drained, not cut.
pub(super) async fn of(elb: &Client, instance: &Instance) -> Result<BTreeSet<String>, CallError> {
    let groups = elb
        .describe_target_groups()
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .map_err(CallError::of(
            permissions::elasticloadbalancing::DESCRIBE_TARGET_GROUPS.action,
            "the target groups",
        ))?;
    let vpcs = vpcs(instance);
    let candidates = groups
        .iter()
        .filter(|group| is_always_tracked(group))
        .filter(|group| group.vpc_id().is_some_and(|id| vpcs.iter().any(|vpc| vpc == id)))
        .take(MOST_GROUPS);
    let asked = join_all(candidates.map(|group| async move {
        let name = group.target_group_name().unwrap_or_default();
        is_target(elb, group, instance)
            .await
            .map(|is_target| is_target.then(|| format!("the load balancer of target group {name}")))
    }))
    .await;
    asked.into_iter().filter_map(Result::transpose).collect()
}

/// By its protocol: application load balancers speak HTTP, theirs is connection by connection.
fn is_always_tracked(group: &TargetGroup) -> bool {
    !matches!(
        group.protocol(),
        None | Some(ProtocolEnum::Http | ProtocolEnum::Https)
    )
}

async fn is_target(elb: &Client, group: &TargetGroup, instance: &Instance) -> Result<bool, CallError> {
    let ids: Vec<&str> = match group.target_type() {
        Some(TargetTypeEnum::Instance) => vec![&instance.id],
        Some(TargetTypeEnum::Ip) => instance
            .interfaces
            .iter()
            .flat_map(|interface| {
                interface
                    .private_addresses
                    .iter()
                    .chain(&interface.ipv6_addresses)
            })
            .map(String::as_str)
            .collect(),
        _ => return Ok(false),
    };
    let targets = ids
        .iter()
        .map(|id| TargetDescription::builder().id(*id).build())
        .collect();
    let answer = elb
        .describe_target_health()
        .set_target_group_arn(group.target_group_arn().map(str::to_owned))
        .set_targets(Some(targets))
        .send()
        .await
        .map_err(CallError::of(
            permissions::elasticloadbalancing::DESCRIBE_TARGET_HEALTH.action,
            format!("target group `{}`", group.target_group_name().unwrap_or_default()),
        ))?;
    Ok(answer.target_health_descriptions().iter().any(|target| {
        target
            .target_health()
            .is_some_and(|health| health.reason() != Some(&TargetHealthReasonEnum::NotRegistered))
    }))
}

//! The Classic Load Balancers that hold the instance.

use aws_sdk_elasticloadbalancing::{
    Client,
    types::{Instance, LoadBalancerDescription},
};
use backstop_actions::permissions;
use backstop_runtime::CallError;

use crate::{
    marked,
    peers::{Fleet, Peers},
};

/// A load balancer with how the instance and its peers are there.
pub(super) struct Member {
    pub(super) balancer: String,
    pub(super) is_in_service: bool,
    pub(super) peers: Peers,
}

/// Reads every load balancer that holds the instance.
pub(super) async fn find(elb: &Client, instance: &str) -> Result<Vec<Member>, CallError> {
    let all: Result<Vec<LoadBalancerDescription>, _> = elb
        .describe_load_balancers()
        .into_paginator()
        .items()
        .send()
        .collect()
        .await;
    let all = all.map_err(CallError::of(
        permissions::elasticloadbalancing::DESCRIBE_LOAD_BALANCERS.action,
        "the account's Classic Load Balancers",
    ))?;
    let mut members = Vec::new();
    for balancer in all.iter().filter(|balancer| holds(balancer, instance)) {
        members.push(member(elb, balancer, instance).await?);
    }
    Ok(members)
}

fn holds(balancer: &LoadBalancerDescription, instance: &str) -> bool {
    balancer
        .instances()
        .iter()
        .any(|member| member.instance_id() == Some(instance))
}

async fn member(elb: &Client, found: &LoadBalancerDescription, instance: &str) -> Result<Member, CallError> {
    let balancer = found.load_balancer_name().unwrap_or_default();
    let answer = elb
        .describe_instance_health()
        .load_balancer_name(balancer)
        .send()
        .await
        .map_err(CallError::of(
            permissions::elasticloadbalancing::DESCRIBE_INSTANCE_HEALTH.action,
            named(balancer),
        ))?;
    let in_service = answer
        .instance_states()
        .iter()
        .filter(|state| state.state() == Some("InService"));
    let (own, peers): (Vec<_>, Vec<_>) = in_service.partition(|state| state.instance_id() == Some(instance));
    Ok(Member {
        balancer: balancer.to_owned(),
        is_in_service: !own.is_empty(),
        peers: Peers {
            place: format!("Classic Load Balancer {balancer}"),
            healthy: peers
                .into_iter()
                .filter_map(|state| name(state.instance_id()))
                .collect(),
            fleet: Fleet::Registered {
                place: marked::place(balancer),
                targets: found
                    .instances()
                    .iter()
                    .filter_map(|one| name(one.instance_id()))
                    .collect(),
            },
        },
    })
}

fn name(id: Option<&str>) -> Option<String> {
    id.map(str::to_owned)
}

/// Whether the load balancer holds the instance; `None` if it was deleted.
pub(super) async fn is_there(
    elb: &Client,
    balancer: &str,
    instance: &str,
) -> Result<Option<bool>, CallError> {
    let answer = elb
        .describe_load_balancers()
        .load_balancer_names(balancer)
        .send()
        .await
        .map_err(CallError::of(
            permissions::elasticloadbalancing::DESCRIBE_LOAD_BALANCERS.action,
            named(balancer),
        ));
    match answer {
        Ok(answer) => Ok(answer
            .load_balancer_descriptions()
            .first()
            .map(|balancer| holds(balancer, instance))),
        Err(error)
            if matches!(
                error.code.as_str(),
                "LoadBalancerNotFound" | "AccessPointNotFound"
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

pub(super) async fn deregister(elb: &Client, balancer: &str, instance: &str) -> Result<(), CallError> {
    let answer = elb
        .deregister_instances_from_load_balancer()
        .load_balancer_name(balancer)
        .instances(Instance::builder().instance_id(instance).build())
        .send()
        .await
        .map_err(CallError::of(
            permissions::elasticloadbalancing::DEREGISTER_INSTANCES_FROM_LOAD_BALANCER.action,
            named(balancer),
        ));
    match answer {
        // It has left by itself since.
        Err(error) if error.code == "InvalidInstance" => Ok(()),
        answer => answer.map(drop),
    }
}

pub(super) async fn register(elb: &Client, balancer: &str, instance: &str) -> Result<(), CallError> {
    elb.register_instances_with_load_balancer()
        .load_balancer_name(balancer)
        .instances(Instance::builder().instance_id(instance).build())
        .send()
        .await
        .map(drop)
        .map_err(CallError::of(
            permissions::elasticloadbalancing::REGISTER_INSTANCES_WITH_LOAD_BALANCER.action,
            named(balancer),
        ))
}

fn named(balancer: &str) -> String {
    format!("Classic Load Balancer `{balancer}`")
}

//! The target groups (Application, Network and Gateway Load Balancers) that hold the instance, by its id or by
//! one of its addresses.

use aws_sdk_elasticloadbalancingv2::{
    Client,
    types::{
        TargetDescription, TargetGroup, TargetHealthDescription, TargetHealthStateEnum as State,
        TargetTypeEnum,
    },
};
use backstop_actions::permissions;
use backstop_runtime::CallError;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::{Deserialize, Serialize};

use crate::instance::Instance;

/// More target groups of one VPC than this aren't read: a function has a minute.
const MOST_GROUPS: usize = 1_000;

/// So many are read at a time, since all callers in the Region share one rate.
const AT_A_TIME: usize = 8;

/// The code of a target group that doesn't exist.
const GROUP_GONE: &str = "TargetGroupNotFound";
const TARGET_GONE: &str = "InvalidTarget";

/// One target, exactly as it is registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Registration {
    pub(super) group: String,
    pub(super) name: String,
    pub(super) id: String,
    pub(super) port: Option<i32>,
    pub(super) zone: Option<String>,
}

/// A registration with how it and its peers are.
pub(super) struct Member {
    pub(super) registration: Registration,
    pub(super) state: String,
    pub(super) healthy_peers: usize,
}

/// What reading the target groups gave.
#[derive(Default)]
pub(super) struct Found {
    pub(super) members: Vec<Member>,
    /// Sentences on what wasn't read or isn't ours to touch.
    pub(super) limits: Vec<String>,
}

impl Registration {
    fn target(&self) -> TargetDescription {
        TargetDescription::builder()
            .id(&self.id)
            .set_port(self.port)
            .set_availability_zone(self.zone.clone())
            .build()
    }

    pub(super) async fn deregister(&self, elb: &Client) -> Result<(), CallError> {
        let answer = elb
            .deregister_targets()
            .target_group_arn(&self.group)
            .targets(self.target())
            .send()
            .await
            .map_err(CallError::of(
                permissions::elasticloadbalancing::DEREGISTER_TARGETS.action,
                self,
            ));
        match answer {
            // The target group was deleted since, and its targets with it.
            Err(error) if error.code == GROUP_GONE => Ok(()),
            // It left the group since, by an earlier attempt or somebody's hand; reading back tells.
            Err(error) if error.code == TARGET_GONE => Ok(()),
            answer => answer.map(drop),
        }
    }

    pub(super) async fn register(&self, elb: &Client) -> Result<(), CallError> {
        elb.register_targets()
            .target_group_arn(&self.group)
            .targets(self.target())
            .send()
            .await
            .map(drop)
            .map_err(CallError::of(
                permissions::elasticloadbalancing::REGISTER_TARGETS.action,
                self,
            ))
    }

    /// Whether it is this instance: by its id or by an address that it has now.
    pub(super) fn is_of(&self, instance: &Instance) -> bool {
        self.id == instance.id || has_address(instance, &self.id)
    }

    /// Whether it is registered now in every part, the Availability Zone included, which targets by id have none of.
    pub(super) async fn is_so(&self, elb: &Client, instance: &Instance) -> Result<bool, CallError> {
        let is_exact = |target: &TargetDescription| {
            let zone = target.availability_zone().filter(|_| self.id != instance.id);
            self.is(Some(target)) && zone == self.zone.as_deref()
        };
        match healths(elb, &self.group, &self.name).await {
            Ok(healths) => Ok(healths
                .iter()
                .any(|health| is_registered(state_of(health)) && health.target().is_some_and(is_exact))),
            Err(error) if error.code == GROUP_GONE => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether it is registered now; `None` if the target group was deleted.
    pub(super) async fn is_there(&self, elb: &Client) -> Result<Option<bool>, CallError> {
        match healths(elb, &self.group, &self.name).await {
            Ok(healths) => {
                Ok(Some(healths.iter().any(|health| {
                    is_registered(state_of(health)) && self.is(health.target())
                })))
            }
            Err(error) if error.code == GROUP_GONE => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn is(&self, target: Option<&TargetDescription>) -> bool {
        target.is_some_and(|target| target.id() == Some(self.id.as_str()) && target.port() == self.port)
    }

    /// The target as the AWS CLI takes it.
    pub(super) fn as_cli(&self) -> String {
        let port = self.port.map(|port| format!(",Port={port}"));
        let zone = self.zone.as_ref().map(|zone| format!(",AvailabilityZone={zone}"));
        format!(
            "Id={}{}{}",
            self.id,
            port.unwrap_or_default(),
            zone.unwrap_or_default()
        )
    }
}

impl std::fmt::Display for Registration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "target {}", self.id)?;
        if let Some(port) = self.port {
            write!(f, " port {port}")?;
        }
        write!(f, " in target group {}", self.name)
    }
}

/// Reads every target group that can hold the instance, those without a load balancer too.
pub(super) async fn find(elb: &Client, instance: &Instance) -> Result<Found, CallError> {
    let all: Result<Vec<TargetGroup>, _> = elb
        .describe_target_groups()
        .into_paginator()
        .items()
        .send()
        .collect()
        .await;
    let all = all.map_err(CallError::of(
        permissions::elasticloadbalancing::DESCRIBE_TARGET_GROUPS.action,
        "the account's target groups",
    ))?;
    let mut candidates: Vec<TargetGroup> = all
        .into_iter()
        .filter(|group| is_candidate(group, instance))
        .collect();
    let mut found = Found::default();
    if candidates.len() > MOST_GROUPS {
        found.limits.push(format!(
            "{} of {} target groups weren't read: look in them for instance {} by hand",
            candidates.len() - MOST_GROUPS,
            candidates.len(),
            instance.id
        ));
        candidates.truncate(MOST_GROUPS);
    }
    let read: Vec<Found> = stream::iter(candidates.into_iter().map(|group| members(elb, group, instance)))
        .buffered(AT_A_TIME)
        .try_collect()
        .await?;
    for one in read {
        found.members.extend(one.members);
        found.limits.extend(one.limits);
    }
    Ok(found)
}

/// Targets by id are in the target group's own VPC. An address may be of another VPC that is peered.
fn is_candidate(group: &TargetGroup, instance: &Instance) -> bool {
    let is_in_vpc = instance_vpcs(instance).any(|vpc| group.vpc_id() == Some(vpc));
    match group.target_type() {
        Some(TargetTypeEnum::Instance) => is_in_vpc,
        Some(TargetTypeEnum::Ip) => true,
        _ => false,
    }
}

fn instance_vpcs(instance: &Instance) -> impl Iterator<Item = &str> {
    instance
        .interfaces
        .iter()
        .filter_map(|interface| interface.vpc.as_deref())
        .chain(instance.vpc.as_deref())
}

async fn members(elb: &Client, group: TargetGroup, instance: &Instance) -> Result<Found, CallError> {
    let arn = group.target_group_arn().unwrap_or_default();
    let name = group.target_group_name().unwrap_or_default();
    let by_address = group.target_type() == Some(&TargetTypeEnum::Ip);
    let healths = healths(elb, arn, name).await?;
    let is_ours = |health: &TargetHealthDescription| {
        let id = health
            .target()
            .and_then(TargetDescription::id)
            .unwrap_or_default();
        if by_address {
            has_address(instance, id)
        } else {
            id == instance.id
        }
    };
    let healthy_peers = healths
        .iter()
        .filter(|health| state_of(health) == Some(&State::Healthy) && !is_ours(health))
        .count();
    let ours = healths.iter().filter(|health| is_ours(health));
    // The same address in another VPC may be another machine's.
    if by_address && !instance_vpcs(instance).any(|vpc| group.vpc_id() == Some(vpc)) {
        let limits = ours.map(|_| {
            format!(
                "target group {name} of another VPC has a target of the instance's address: look whether it is this \
                 instance and deregister it by hand"
            )
        });
        return Ok(Found {
            members: Vec::new(),
            limits: limits.take(1).collect(),
        });
    }
    let members = ours
        .filter(|health| is_registered(state_of(health)))
        .filter_map(|health| {
            let target = health.target()?;
            Some(Member {
                registration: Registration {
                    group: arn.to_owned(),
                    name: name.to_owned(),
                    id: target.id()?.to_owned(),
                    port: target.port(),
                    // Not taken back for targets by id (Elastic Load Balancing API Reference, "TargetDescription").
                    zone: target
                        .availability_zone()
                        .filter(|_| by_address)
                        .map(str::to_owned),
                },
                state: state_of(health).map_or("unknown", State::as_str).to_owned(),
                healthy_peers,
            })
        })
        .collect();
    Ok(Found {
        members,
        limits: Vec::new(),
    })
}

fn has_address(instance: &Instance, address: &str) -> bool {
    instance.interfaces.iter().any(|interface| {
        interface
            .private_addresses
            .iter()
            .chain(&interface.ipv6_addresses)
            .any(|own| own == address)
    })
}

async fn healths(elb: &Client, arn: &str, name: &str) -> Result<Vec<TargetHealthDescription>, CallError> {
    let answer = elb
        .describe_target_health()
        .target_group_arn(arn)
        .send()
        .await
        .map_err(CallError::of(
            permissions::elasticloadbalancing::DESCRIBE_TARGET_HEALTH.action,
            format!("target group `{name}`"),
        ))?;
    Ok(answer.target_health_descriptions.unwrap_or_default())
}

fn state_of(health: &TargetHealthDescription) -> Option<&State> {
    health.target_health().and_then(|health| health.state())
}

/// A target that drains has been deregistered.
fn is_registered(state: Option<&State>) -> bool {
    !matches!(state, Some(State::Draining | State::UnhealthyDraining))
}

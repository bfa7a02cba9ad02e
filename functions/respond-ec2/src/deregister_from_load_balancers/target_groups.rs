//! The target groups (Application, Network and Gateway Load Balancers) that hold the instance, by its id or by
//! one of its addresses.

use std::{collections::BTreeSet, time::Duration};

use aws_sdk_elasticloadbalancingv2::{
    Client,
    types::{
        ProtocolEnum, TargetDescription, TargetGroup, TargetHealthDescription,
        TargetHealthStateEnum as State, TargetTypeEnum,
    },
};
use backstop_actions::permissions;
use backstop_core::ErrorName;
use backstop_runtime::CallError;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::{
    instance::Instance,
    marked,
    peers::{Fleet, Peers},
};

/// What isn't read by then is said not to be known. All callers in the Region share one rate, a burst of 40 and 10 a second
/// (Elastic Load Balancing, "API throttling"), so that the target groups of a large VPC take longer than anybody waits.
const LONGEST_READING: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 12 });

/// So many are read at a time.
const AT_A_TIME: usize = 8;

/// A throttled call is made again, until the time is up.
const PAUSE: Duration = Duration::from_millis(if cfg!(test) { 20 } else { 500 });

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
    pub(super) peers: Peers,
}

impl Member {
    /// Whether the load balancer sends to it. Without health checks a target is `unavailable`, and gets requests.
    pub(super) fn serves(&self) -> bool {
        matches!(self.state.as_str(), "healthy" | "unavailable")
    }
}

/// What reading the target groups gave.
#[derive(Default)]
pub(super) struct Found {
    pub(super) members: Vec<Member>,
    /// Sentences on what wasn't read or isn't ours to touch.
    pub(super) limits: Vec<String>,
    /// Target groups of Network and Gateway Load Balancers that the instance is a target of, or is leaving: its
    /// connections through them are tracked whatever its security groups say.
    pub(super) tracking: BTreeSet<String>,
    /// How many target groups weren't read in time, of how many.
    pub(super) unread: Option<(usize, usize)>,
    /// The target groups that have the instance among their targets, in whatever state.
    pub(super) holding: Vec<TargetGroup>,
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

/// Reads every target group that can hold the instance, those without a load balancer too, those with one first. What
/// couldn't be read in time is counted, not waited for.
pub(super) async fn find(elb: &Client, instance: &Instance) -> Result<Found, CallError> {
    let deadline = Instant::now() + LONGEST_READING;
    let all = patiently(deadline, || all_groups(elb)).await?;
    let mut candidates: Vec<TargetGroup> = all
        .ok_or_else(not_in_time)?
        .into_iter()
        .filter(|group| is_candidate(group, instance))
        .collect();
    candidates.sort_by_key(|group| group.load_balancer_arns().is_empty());
    read(elb, candidates, instance, deadline).await
}

/// Reads these again.
pub(super) async fn reread(
    elb: &Client,
    groups: Vec<TargetGroup>,
    instance: &Instance,
) -> Result<Found, CallError> {
    read(elb, groups, instance, Instant::now() + LONGEST_READING).await
}

async fn read(
    elb: &Client,
    candidates: Vec<TargetGroup>,
    instance: &Instance,
    deadline: Instant,
) -> Result<Found, CallError> {
    let count = candidates.len();
    let read: Vec<Option<Found>> = stream::iter(
        candidates
            .into_iter()
            .map(|group| async move { patiently(deadline, || members(elb, &group, instance)).await }),
    )
    .buffered(AT_A_TIME)
    .try_collect()
    .await?;
    let mut found = Found::default();
    let unread = read.iter().filter(|one| one.is_none()).count();
    for one in read.into_iter().flatten() {
        found.members.extend(one.members);
        found.limits.extend(one.limits);
        found.tracking.extend(one.tracking);
        found.holding.extend(one.holding);
    }
    if unread > 0 {
        found.unread = Some((unread, count));
        found.limits.push(format!(
            "{unread} of {count} target groups couldn't be read in {} seconds: look in them for instance {} by hand",
            LONGEST_READING.as_secs(),
            instance.id
        ));
    }
    Ok(found)
}

/// Nothing, if the call was throttled until the time was up.
async fn patiently<T, F: Future<Output = Result<T, CallError>>>(
    deadline: Instant,
    read: impl Fn() -> F,
) -> Result<Option<T>, CallError> {
    loop {
        match tokio::time::timeout_at(deadline, read()).await {
            Err(_elapsed) => return Ok(None),
            Ok(Err(error)) if error.name == ErrorName::Throttled => {
                if Instant::now() + PAUSE >= deadline {
                    return Ok(None);
                }
                tokio::time::sleep(PAUSE).await;
            }
            Ok(answer) => return answer.map(Some),
        }
    }
}

async fn all_groups(elb: &Client) -> Result<Vec<TargetGroup>, CallError> {
    elb.describe_target_groups()
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .map_err(CallError::of(
            permissions::elasticloadbalancing::DESCRIBE_TARGET_GROUPS.action,
            ALL,
        ))
}

/// What all target groups are called in errors.
const ALL: &str = "the account's target groups";

fn not_in_time() -> CallError {
    CallError {
        name: ErrorName::Throttled,
        call: permissions::elasticloadbalancing::DESCRIBE_TARGET_GROUPS.action,
        on: ALL.to_owned(),
        code: String::new(),
        message: format!("no answer in {} seconds", LONGEST_READING.as_secs()),
    }
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

async fn members(elb: &Client, group: &TargetGroup, instance: &Instance) -> Result<Found, CallError> {
    let arn = group.target_group_arn().unwrap_or_default();
    let name = group.target_group_name().unwrap_or_default();
    let by_address = group.target_type() == Some(&TargetTypeEnum::Ip);
    let healths = match healths(elb, arn, name).await {
        Ok(healths) => healths,
        // Deleted since it was listed.
        Err(error) if error.code == GROUP_GONE => return Ok(Found::default()),
        Err(error) => return Err(error),
    };
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
    let peers = Peers {
        place: format!("target group {name}"),
        healthy: named(&healths, |health| {
            state_of(health) == Some(&State::Healthy) && !is_ours(health)
        }),
        fleet: Fleet::Registered {
            place: marked::place(arn),
            // What was just registered isn't missing yet, and what drains isn't meant to serve any more.
            targets: named(&healths, |health| {
                is_registered(state_of(health)) && state_of(health) != Some(&State::Initial)
            }),
        },
    };
    let ours = healths.iter().filter(|health| is_ours(health));
    let is_held = ours.clone().next().is_some();
    let is_tracking = is_always_tracked(group) && is_held;
    // The same address in another VPC may be another machine's.
    if by_address && !instance_vpcs(instance).any(|vpc| group.vpc_id() == Some(vpc)) {
        let limits = ours.map(|_| {
            format!(
                "target group {name} of another VPC has a target of the instance's address: look whether it is this \
                 instance and deregister it by hand"
            )
        });
        return Ok(Found {
            limits: limits.take(1).collect(),
            holding: is_held.then(|| group.clone()).into_iter().collect(),
            ..Found::default()
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
                peers: peers.clone(),
            })
        })
        .collect();
    Ok(Found {
        members,
        tracking: is_tracking.then(|| name.to_owned()).into_iter().collect(),
        holding: is_held.then(|| group.clone()).into_iter().collect(),
        ..Found::default()
    })
}

/// The targets of which this holds, each once: one may be registered with several ports.
fn named(
    healths: &[TargetHealthDescription],
    is_wanted: impl Fn(&TargetHealthDescription) -> bool,
) -> BTreeSet<String> {
    let wanted = healths.iter().filter(|health| is_wanted(health));
    let ids = wanted.filter_map(|health| health.target()?.id());
    ids.map(str::to_owned).collect()
}

fn has_address(instance: &Instance, address: &str) -> bool {
    instance
        .interfaces
        .iter()
        .any(|interface| interface.has_address(address))
}

/// By its protocol: application load balancers speak HTTP, theirs is connection by connection.
fn is_always_tracked(group: &TargetGroup) -> bool {
    !matches!(
        group.protocol(),
        None | Some(ProtocolEnum::Http | ProtocolEnum::Https)
    )
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

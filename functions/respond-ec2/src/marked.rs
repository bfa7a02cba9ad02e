//! Instances that incidents contain, or are about to: whoever counts on them counts on nothing. They are found by the tags
//! that say what was before ([`witness`]), which are written before anything is changed, whichever stack does it, and go
//! with the undo. One question for all of an account in a Region, however many peers an instance has.
//!
//! Whoever may tag can set such a tag. All that it leads to is that a person is asked.

use std::collections::BTreeSet;

use aws_sdk_ec2::{Client, types::Instance};
use backstop_actions::{ec2, permissions};
use backstop_runtime::CallError;

use crate::{filter::filter, witness};

/// A terminated instance was replaced, or isn't wanted any more.
const THERE: [&str; 4] = ["pending", "running", "stopping", "stopped"];

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marked(Vec<One>);

#[derive(Clone, Debug)]
struct One {
    id: String,
    /// Its VPCs.
    vpcs: BTreeSet<String>,
    addresses: BTreeSet<String>,
    /// Whether it was taken out of a load balancer.
    was_registered: bool,
}

impl Marked {
    /// Reads them; the instance of this id isn't one of them.
    pub(crate) async fn read(ec2: &Client, own: &str) -> Result<Self, CallError> {
        let found = ec2
            .describe_instances()
            .filters(filter("tag-key", witness::marks()))
            .filters(filter("instance-state-name", THERE))
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await
            .map_err(CallError::of(
                permissions::ec2::DESCRIBE_INSTANCES.action,
                "the instances that incidents contain",
            ))?;
        let instances = found.iter().flat_map(|reservation| reservation.instances());
        Ok(Self::of(instances, own))
    }

    /// Those of these that have such a tag.
    pub(crate) fn of<'a>(instances: impl IntoIterator<Item = &'a Instance>, own: &str) -> Self {
        let found = instances.into_iter().filter_map(One::of);
        Self(found.filter(|instance| instance.id != own).collect())
    }

    /// Whether it is one of them, by its id or by an address.
    pub(crate) fn has(&self, name: &str) -> bool {
        let is_named = |one: &One| one.id == name || one.addresses.contains(name);
        self.0.iter().any(is_named)
    }

    /// How many of a VPC were taken out of load balancers and are none of these targets. Which load balancer it was, the tag
    /// doesn't say: each may have lost all of them.
    pub(crate) fn taken_out_in(&self, vpc: Option<&str>, registered: &BTreeSet<String>) -> usize {
        let is_there = |one: &One| registered.contains(&one.id) || !one.addresses.is_disjoint(registered);
        let is_in = |one: &One| vpc.is_none_or(|vpc| one.vpcs.contains(vpc));
        let lost = self.0.iter().filter(|one| one.was_registered && is_in(one));
        lost.filter(|one| !is_there(one)).count()
    }
}

impl One {
    /// The instance, if it has such a tag.
    fn of(found: &Instance) -> Option<Self> {
        let has = |key: &str| found.tags().iter().any(|tag| tag.key() == Some(key));
        witness::marks().any(|key| has(&key)).then_some(())?;
        let interfaces = found.network_interfaces();
        let vpcs = interfaces.iter().filter_map(|one| one.vpc_id());
        let ipv4 = interfaces.iter().flat_map(|one| one.private_ip_addresses());
        let ipv4 = ipv4.filter_map(|one| one.private_ip_address());
        let ipv6 = interfaces.iter().flat_map(|one| one.ipv6_addresses());
        let ipv6 = ipv6.filter_map(|one| one.ipv6_address());
        Some(Self {
            id: found.instance_id()?.to_owned(),
            vpcs: vpcs.chain(found.vpc_id()).map(str::to_owned).collect(),
            addresses: ipv4.chain(ipv6).map(str::to_owned).collect(),
            was_registered: has(&witness::key(ec2::deregister_from_load_balancers::SPEC.id)),
        })
    }
}

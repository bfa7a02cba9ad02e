//! Instances that incidents contain, or are about to: whoever counts on them counts on nothing. They are found by the tags
//! that say what was before ([`witness`]), which are written before anything is changed, whichever stack does it, and go
//! with the undo. One question for all of an account in a Region, however many peers an instance has.
//!
//! Whoever may tag can set such a tag. All that it leads to is that a person is asked.

use std::collections::BTreeSet;

use aws_sdk_ec2::{Client, types::Instance};
use backstop_actions::permissions;
use backstop_core::canonical;
use backstop_runtime::CallError;

use crate::{filter::filter, witness};

/// The tag that says which load balancers an instance was taken out of. Target groups' names are up to 32 letters long, and a
/// tag's value to 256, so that it has the beginnings of hashes.
pub(crate) const TAKEN_OUT_OF: &str = "backstop:before-registered-with";

/// So many have room in it. One that was taken out of more may have been in any.
const MOST_PLACES: usize = 19;
const ANY: &str = "any";

/// A terminated instance was replaced, or isn't wanted any more.
const THERE: [&str; 4] = ["pending", "running", "stopping", "stopped"];

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marked(Vec<One>);

#[derive(Clone, Debug)]
struct One {
    id: String,
    addresses: BTreeSet<String>,
    /// The load balancers that it was taken out of.
    taken_out_of: Option<String>,
}

/// A load balancer, by the ARN of its target group or its own name, as the tag has it.
pub(crate) fn place(name: &str) -> String {
    canonical::hash(&name).map_or_else(|_| ANY.to_owned(), |hash| hash.short().to_owned())
}

/// The tag's value for these load balancers.
pub(crate) fn places<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let places: BTreeSet<String> = names.into_iter().map(place).collect();
    if places.len() > MOST_PLACES {
        return ANY.to_owned();
    }
    places.into_iter().collect::<Vec<_>>().join(" ")
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

    /// How many were taken out of this load balancer and are none of its targets again.
    pub(crate) fn taken_out_of(&self, place: &str, registered: &BTreeSet<String>) -> usize {
        let is_there = |one: &One| registered.contains(&one.id) || !one.addresses.is_disjoint(registered);
        let is_lost = |one: &&One| {
            let mut places = one.taken_out_of.iter().flat_map(|places| places.split(' '));
            places.any(|from| from == place || from == ANY) && !is_there(one)
        };
        self.0.iter().filter(is_lost).count()
    }
}

impl One {
    /// The instance, if it has such a tag.
    fn of(found: &Instance) -> Option<Self> {
        let tag = |key: &str| {
            let mut tags = found.tags().iter();
            tags.find(|tag| tag.key() == Some(key))?.value()
        };
        witness::marks().any(|key| tag(&key).is_some()).then_some(())?;
        let interfaces = found.network_interfaces();
        let ipv4 = interfaces.iter().flat_map(|one| one.private_ip_addresses());
        let ipv4 = ipv4.filter_map(|one| one.private_ip_address());
        let ipv6 = interfaces.iter().flat_map(|one| one.ipv6_addresses());
        let ipv6 = ipv6.filter_map(|one| one.ipv6_address());
        Some(Self {
            id: found.instance_id()?.to_owned(),
            addresses: ipv4.chain(ipv6).map(str::to_owned).collect(),
            taken_out_of: tag(TAKEN_OUT_OF).map(str::to_owned),
        })
    }
}

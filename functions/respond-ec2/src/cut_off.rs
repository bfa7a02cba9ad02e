//! Whether an instance is cut off from the network still. As long as it is, nothing may be undone that keeps it: a
//! group or load balancer that gets it back finds it unhealthy and terminates it, and the evidence with it.
//!
//! Asked of EC2, not of the log: isolation may have been undone only in part, be another incident's, or have been taken
//! over by an analyst with a group of his own.

use std::time::Duration;

use aws_sdk_ec2::Client;
use backstop_core::UndoOutcome;
use backstop_runtime::{StepError, action::StepRequest};
use serde::{Deserialize, Serialize};

use crate::instance::{self, Instance, Interface};

/// What the names of Backstop's own groups begin with; a group's name can't be changed (EC2 API Reference,
/// "CreateSecurityGroup").
const OWN_NAMES: [&str; 2] = ["backstop-isolation", "backstop-untrack"];

/// Isolation is undone just before, and EC2 is eventually consistent.
const LOOKS: u32 = 3;
const PAUSE: Duration = if cfg!(test) {
    Duration::ZERO
} else {
    Duration::from_secs(2)
};

/// The groups of an interface before the incident; kept in the receipt of whatever asks here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Placement {
    interface: String,
    groups: Vec<String>,
}

/// The groups of every interface that is in none of ours.
pub(crate) fn placements(instance: &Instance) -> Vec<Placement> {
    instance
        .interfaces
        .iter()
        .filter(|interface| own_group(interface).is_none())
        .map(|interface| Placement {
            interface: interface.id.clone(),
            groups: interface.groups.clone(),
        })
        .collect()
}

/// The interfaces that aren't in our groups alone.
pub(crate) fn not_isolated(instance: &Instance) -> Vec<&str> {
    let is_isolated = |interface: &Interface| {
        !interface.group_names.is_empty() && interface.group_names.iter().all(|name| is_isolation(name))
    };
    instance
        .interfaces
        .iter()
        .filter(|interface| !is_isolated(interface))
        .map(|interface| interface.id.as_str())
        .collect()
}

/// Whether the instance can get back what keeps it; the refusal, and what to do, if it can't.
pub(crate) async fn check(
    ec2: &Client,
    request: &StepRequest,
    before: &[Placement],
) -> Result<Result<Instance, UndoOutcome>, StepError> {
    let mut look = 1;
    loop {
        let instance = match instance::or_gone(instance::read(ec2, &request.target).await)? {
            Ok(instance) => instance,
            Err(gone) => return Ok(Err(gone)),
        };
        let Some(found) = still_cut_off(&instance, before) else {
            return Ok(Ok(instance));
        };
        if look >= LOOKS {
            return Ok(Err(UndoOutcome::Drifted { found }));
        }
        look += 1;
        tokio::time::sleep(PAUSE).await;
    }
}

fn still_cut_off(instance: &Instance, before: &[Placement]) -> Option<String> {
    let faults: Vec<String> = instance
        .interfaces
        .iter()
        .filter_map(|interface| fault(interface, before))
        .collect();
    (!faults.is_empty()).then(|| {
        format!(
            "instance {} is cut off still ({}), and whatever gets it back now finds it unhealthy and may terminate it, \
             evidence included: give its interfaces their groups back, or finish the analysis, and undo this step again",
            instance.id,
            faults.join("; ")
        )
    })
}

/// A group that the interface lost was taken by whoever isolated it; one that it got besides cuts nothing off.
fn fault(interface: &Interface, before: &[Placement]) -> Option<String> {
    if let Some(own) = own_group(interface) {
        return Some(format!("network interface {} is in {own}", interface.id));
    }
    let before = before
        .iter()
        .find(|placement| placement.interface == interface.id)?;
    let is_held = |group: &&String| interface.groups.contains(group);
    let lost: Vec<&str> = before
        .groups
        .iter()
        .filter(|group| !is_held(group))
        .map(String::as_str)
        .collect();
    (!lost.is_empty()).then(|| {
        format!(
            "network interface {} has {} and no longer {}",
            interface.id,
            interface.groups.join(", "),
            lost.join(", ")
        )
    })
}

/// The name of the group of ours that the interface is in.
fn own_group(interface: &Interface) -> Option<&str> {
    interface
        .group_names
        .iter()
        .map(String::as_str)
        .find(|name| is_own_name(name))
}

/// The group without rules; while `untrack` opens an interface it is in another of ours.
fn is_isolation(name: &str) -> bool {
    let [isolation, _] = OWN_NAMES;
    name == isolation
}

fn is_own_name(name: &str) -> bool {
    OWN_NAMES.iter().any(|own| {
        name.strip_prefix(own)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    })
}

#[cfg(test)]
mod tests;

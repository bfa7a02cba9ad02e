//! Branch interfaces: those that Amazon EKS hangs on a node's trunk interface for pods with security groups of their own.
//! They are attached to no instance, so that they are found by the tag that its controller gives them. Whoever may tag can
//! take it away: an empty list says nothing.

use std::fmt;

use aws_sdk_ec2::Client;
use backstop_actions::permissions;
use backstop_runtime::CallError;

use crate::{filter::filter, instance::Instance};

/// The id of the trunk that a branch hangs on (Amazon VPC Resource Controller for Kubernetes, "config").
const TRUNK_TAG: &str = "vpcresources.k8s.aws/trunk-eni-id";
/// More aren't told by name.
const MOST_TOLD: usize = 20;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Branch {
    pub(super) trunk: String,
    id: String,
    address: Option<String>,
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Some(address) => write!(f, "{} ({address})", self.id),
            None => f.write_str(&self.id),
        }
    }
}

/// The branches of the instance's trunks. Nothing is asked where it has none.
pub(crate) async fn of(ec2: &Client, instance: &Instance) -> Result<Vec<Branch>, CallError> {
    let trunks: Vec<String> = instance
        .interfaces
        .iter()
        .filter(|interface| interface.is_trunk)
        .map(|trunk| trunk.id.clone())
        .collect();
    if trunks.is_empty() {
        return Ok(Vec::new());
    }
    let on = format!("the branch interfaces of `{}`", trunks.join("`, `"));
    let found = ec2
        .describe_network_interfaces()
        .filters(filter(&format!("tag:{TRUNK_TAG}"), trunks))
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .map_err(CallError::of(
            permissions::ec2::DESCRIBE_NETWORK_INTERFACES.action,
            on,
        ))?;
    let branches = found.iter().filter_map(|interface| {
        let mut tags = interface.tag_set().iter();
        Some(Branch {
            trunk: tags.find(|tag| tag.key() == Some(TRUNK_TAG))?.value()?.to_owned(),
            id: interface.network_interface_id()?.to_owned(),
            address: interface.private_ip_address().map(str::to_owned),
        })
    });
    Ok(branches.take(MOST_TOLD).collect())
}

//! The two attributes of a network interface that isolation changes, each by its own call on the one interface:
//! an instance's own attribute can't be changed where it has several interfaces.

use std::collections::BTreeMap;

use aws_sdk_ec2::{Client, types::ConnectionTrackingSpecificationRequest};
use backstop_actions::permissions;
use backstop_core::ErrorName;
use backstop_runtime::CallError;

use crate::filter::filter;

const MODIFY: &str = permissions::ec2::MODIFY_NETWORK_INTERFACE_ATTRIBUTE.action;

/// An interface now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Now {
    /// Sorted: EC2 keeps no order.
    pub(super) groups: Vec<String>,
    pub(super) tcp_established_timeout: Option<i32>,
}

/// Replaces all groups of an interface.
pub(super) async fn set_groups(ec2: &Client, interface: &str, groups: &[String]) -> Result<(), CallError> {
    let on = format!("network interface `{interface}`");
    if groups.is_empty() {
        return Err(CallError {
            name: ErrorName::InvalidInput,
            call: MODIFY,
            on,
            code: String::new(),
            message: "an interface can't be without security groups".to_owned(),
        });
    }
    ec2.modify_network_interface_attribute()
        .network_interface_id(interface)
        .set_groups(Some(groups.to_vec()))
        .send()
        .await
        .map(drop)
        .map_err(CallError::of(MODIFY, on))
}

/// Sets how long an idle established TCP connection stays tracked, in seconds.
pub(super) async fn set_timeout(ec2: &Client, interface: &str, seconds: i32) -> Result<(), CallError> {
    ec2.modify_network_interface_attribute()
        .network_interface_id(interface)
        .connection_tracking_specification(
            ConnectionTrackingSpecificationRequest::builder()
                .tcp_established_timeout(seconds)
                .build(),
        )
        .send()
        .await
        .map(drop)
        .map_err(CallError::of(
            MODIFY,
            format!("the TCP timeout of network interface `{interface}`"),
        ))
}

/// Reads these interfaces, wherever they are attached. One that is gone is left out: an unknown id in a filter is
/// no error.
pub(super) async fn read(ec2: &Client, ids: &[&str]) -> Result<BTreeMap<String, Now>, CallError> {
    let answer = ec2
        .describe_network_interfaces()
        .filters(filter("network-interface-id", ids.iter().copied()))
        .send()
        .await
        .map_err(CallError::of(
            permissions::ec2::DESCRIBE_NETWORK_INTERFACES.action,
            format!("network interfaces `{}`", ids.join("`, `")),
        ))?;
    Ok(answer
        .network_interfaces()
        .iter()
        .filter_map(|found| {
            let mut groups: Vec<String> = found
                .groups()
                .iter()
                .filter_map(|group| group.group_id().map(str::to_owned))
                .collect();
            groups.sort();
            let now = Now {
                groups,
                tcp_established_timeout: found
                    .connection_tracking_configuration()
                    .and_then(|tracking| tracking.tcp_established_timeout()),
            };
            Some((found.network_interface_id()?.to_owned(), now))
        })
        .collect())
}

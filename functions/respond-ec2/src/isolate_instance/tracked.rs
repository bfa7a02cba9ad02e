//! Which connections of this instance stay tracked whatever its security groups say: those through the gateways
//! of its subnets' routes, and those through load balancers that it is a target of (EC2 User Guide,
//! "Automatically tracked connections").
//!
//! Only told: what couldn't be read in time is said to be unknown.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{Route, RouteTable};
use backstop_core::AccountId;

use crate::{
    instance::{Instance, Interface},
    routes,
    surroundings::Surroundings,
};

/// What the instance's connections go through.
#[derive(Debug, Default)]
pub(super) struct Paths {
    /// By subnet; a subnet whose routes couldn't be read is missing.
    routes: BTreeMap<String, Routes>,
    /// Load balancers and gateways, in words.
    pub(super) tracked: BTreeSet<String>,
    /// What couldn't be read, in words.
    pub(super) unknown: Vec<String>,
    /// The other accounts whose VPCs the interfaces are in, by VPC.
    pub(super) shared_by: BTreeMap<String, String>,
}

/// The routes of one subnet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Routes {
    ipv4_goes_out_directly: bool,
    ipv6_goes_out_directly: bool,
    tracked: BTreeSet<String>,
}

impl Paths {
    /// Whether the interface reaches the internet by an internet gateway: only such connections can lose their
    /// tracking, so opening any other interface would be all risk. Where the routes are unknown, an address that
    /// the internet knows is taken for a sign.
    pub(super) fn is_direct(&self, interface: &Interface) -> bool {
        let (ipv4, ipv6) = interface
            .subnet
            .as_ref()
            .and_then(|subnet| self.routes.get(subnet))
            .map_or((true, true), |routes| {
                (routes.ipv4_goes_out_directly, routes.ipv6_goes_out_directly)
            });
        (ipv4 && interface.public_address.is_some()) || (ipv6 && !interface.ipv6_addresses.is_empty())
    }
}

impl Paths {
    /// What was read of them.
    pub(super) fn of(surroundings: &Surroundings, instance: &Instance, account: &AccountId) -> Self {
        let mut paths = Self::default();
        match &surroundings.tables {
            Ok(tables) => {
                paths.shared_by = owners(tables, account);
                paths.take_routes(instance, tables);
            }
            Err(unknown) => paths.unknown.push(unknown.clone()),
        }
        match surroundings.around.as_ref().map(|around| &around.holders) {
            Some(Ok(holders)) => {
                paths.tracked.extend(holders.tracking());
                paths.unknown.extend(holders.unread());
            }
            Some(Err(unknown)) => paths.unknown.push(unknown.clone()),
            None => {}
        }
        paths
    }

    fn take_routes(&mut self, instance: &Instance, tables: &[RouteTable]) {
        for interface in &instance.interfaces {
            let Some(subnet) = &interface.subnet else {
                continue;
            };
            let Some(table) = routes::table_of(subnet, interface.vpc.as_deref(), tables) else {
                self.unknown
                    .push(format!("no route table was found for {subnet}"));
                continue;
            };
            let routes = Routes::of(table);
            self.tracked.extend(routes.tracked.iter().cloned());
            self.routes.insert(subnet.clone(), routes);
        }
    }
}

/// A VPC's route tables are its owner's, also where its subnets are shared (VPC User Guide, "Share your VPC subnets").
fn owners(tables: &[RouteTable], account: &AccountId) -> BTreeMap<String, String> {
    tables
        .iter()
        .filter_map(|table| Some((table.vpc_id()?.to_owned(), table.owner_id()?.to_owned())))
        .filter(|(_, owner)| owner != account.as_str())
        .collect()
}

impl Routes {
    fn of(table: &RouteTable) -> Self {
        let is_direct = |route: &Route| route.gateway_id().is_some_and(|id| id.starts_with("igw-"));
        Self {
            ipv4_goes_out_directly: table
                .routes()
                .iter()
                .any(|route| route.destination_cidr_block() == Some("0.0.0.0/0") && is_direct(route)),
            ipv6_goes_out_directly: table
                .routes()
                .iter()
                .any(|route| route.destination_ipv6_cidr_block() == Some("::/0") && is_direct(route)),
            tracked: table.routes().iter().filter_map(gateway).collect(),
        }
    }
}

/// The gateway of a route, if connections through it are always tracked.
fn gateway(route: &Route) -> Option<String> {
    if let Some(id) = route.nat_gateway_id() {
        return Some(format!("NAT gateway {id}"));
    }
    if let Some(id) = route.transit_gateway_id() {
        return Some(format!("transit gateway {id}"));
    }
    if let Some(id) = route.egress_only_internet_gateway_id() {
        return Some(format!("egress-only internet gateway {id}"));
    }
    let id = route.gateway_id().filter(|id| id.starts_with("vpce-"))?;
    Some(match route.destination_prefix_list_id() {
        Some(_) => format!("gateway endpoint {id}"),
        None => format!("firewall or load balancer endpoint {id}"),
    })
}

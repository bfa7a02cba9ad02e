//! Signs that others depend on an instance that no group and no load balancer knows: routes that lead through it, and ports
//! of databases, directories and file servers that its security groups let others reach.

use std::collections::BTreeSet;

use aws_sdk_ec2::{
    Client,
    types::{IpPermission, RouteTable, SecurityGroup},
};
use backstop_actions::permissions;
use backstop_runtime::CallError;

use crate::{filter::filter, instance::Instance};

/// What others need a machine for by itself, by the ports that it is reached at (IANA, "Service Name and Transport Protocol
/// Port Number Registry", and the services' own manuals).
const SERVICES: &[(&str, &[i32])] = &[
    ("a DNS server", &[53]),
    ("Kerberos or a domain controller", &[88, 464]),
    ("LDAP or a domain controller", &[389, 636, 3268, 3269]),
    ("a file server", &[445, 2049]),
    ("SQL Server", &[1433]),
    ("Oracle Database", &[1521]),
    ("MySQL", &[3306]),
    ("PostgreSQL or Redshift", &[5432, 5439]),
    ("RabbitMQ", &[5671, 5672]),
    ("Redis", &[6379]),
    ("Cassandra", &[9042]),
    ("Kafka", &[9092, 9094, 9098]),
    ("Elasticsearch or OpenSearch", &[9200]),
    ("Memcached", &[11_211]),
    ("MongoDB", &[27_017]),
];
/// A rule for more ports than this says nothing of what listens.
const WIDEST_RANGE: i32 = 16;

/// The routes that lead through the instance, in a sentence.
pub(super) fn routes_through(instance: &Instance, tables: &[RouteTable]) -> Option<String> {
    let own = |id: Option<&str>| {
        id.is_some_and(|id| instance.interfaces.iter().any(|interface| interface.id == id))
    };
    let mut routes = BTreeSet::new();
    for table in tables {
        let through = table.routes().iter().filter(|route| {
            route.instance_id() == Some(instance.id.as_str()) || own(route.network_interface_id())
        });
        routes.extend(through.map(|route| {
            let to = route
                .destination_cidr_block()
                .or(route.destination_ipv6_cidr_block())
                .or(route.destination_prefix_list_id())
                .unwrap_or_default();
            format!("{to} of {}", table.route_table_id().unwrap_or_default())
        }));
    }
    let routes: Vec<String> = routes.into_iter().collect();
    (!routes.is_empty()).then(|| {
        format!(
            "others reach their network through the instance, by the route(s) {}",
            routes.join(", ")
        )
    })
}

/// What others may need the instance for, by its security groups, in words.
pub(super) async fn services(ec2: &Client, instance: &Instance) -> Result<Vec<String>, CallError> {
    let ids: BTreeSet<String> = instance
        .interfaces
        .iter()
        .flat_map(|interface| interface.groups.iter().cloned())
        .collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let on = format!("the security groups of instance `{}`", instance.id);
    let groups = ec2
        .describe_security_groups()
        .filters(filter("group-id", ids))
        .filters(filter("vpc-id", instance.vpcs()))
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .map_err(CallError::of(
            permissions::ec2::DESCRIBE_SECURITY_GROUPS.action,
            on,
        ))?;
    let found: BTreeSet<String> = groups.iter().flat_map(served_by).collect();
    Ok(found.into_iter().collect())
}

fn served_by(group: &SecurityGroup) -> impl Iterator<Item = String> {
    let id = group.group_id().unwrap_or_default();
    group.ip_permissions().iter().flat_map(move |rule| {
        SERVICES.iter().filter_map(move |(name, ports)| {
            let port = ports.iter().find(|port| lets_reach(rule, **port))?;
            Some(format!("{id} lets others reach port {port}, as of {name}"))
        })
    })
}

fn lets_reach(rule: &IpPermission, port: i32) -> bool {
    let is_from_anywhere = !rule.ip_ranges().is_empty()
        || !rule.ipv6_ranges().is_empty()
        || !rule.user_id_group_pairs().is_empty()
        || !rule.prefix_list_ids().is_empty();
    let (Some(first), Some(last)) = (rule.from_port(), rule.to_port()) else {
        return false;
    };
    let is_narrow = last.saturating_sub(first) < WIDEST_RANGE;
    let is_of_transport = matches!(rule.ip_protocol(), Some("tcp" | "udp" | "6" | "17"));
    is_from_anywhere && is_of_transport && is_narrow && (first..=last).contains(&port)
}

//! The route tables of VPCs, and which one a subnet uses.

use aws_sdk_ec2::{Client, types::RouteTable};
use backstop_actions::permissions;
use backstop_runtime::CallError;

use crate::filter::filter;

/// Every route table of these VPCs.
pub(crate) async fn tables(ec2: &Client, vpcs: &[String]) -> Result<Vec<RouteTable>, CallError> {
    let on = format!("the route tables of `{}`", vpcs.join("`, `"));
    ec2.describe_route_tables()
        .filters(filter("vpc-id", vpcs))
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .map_err(CallError::of(permissions::ec2::DESCRIBE_ROUTE_TABLES.action, on))
}

/// The subnet's own table; without one, its VPC's main table.
pub(crate) fn table_of<'a>(
    subnet: &str,
    vpc: Option<&str>,
    tables: &'a [RouteTable],
) -> Option<&'a RouteTable> {
    let own = tables.iter().find(|table| {
        table
            .associations()
            .iter()
            .any(|one| one.subnet_id() == Some(subnet))
    });
    own.or_else(|| {
        tables.iter().find(|table| {
            table.vpc_id() == vpc && table.associations().iter().any(|one| one.main() == Some(true))
        })
    })
}

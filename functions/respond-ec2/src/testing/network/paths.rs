//! The VPC's routes and network ACLs.

use std::sync::{Arc, Mutex};

use aws_sdk_ec2::{
    Client,
    operation::{
        create_network_acl_entry::CreateNetworkAclEntryOutput,
        delete_network_acl_entry::DeleteNetworkAclEntryOutput,
        describe_network_acls::DescribeNetworkAclsOutput, describe_route_tables::DescribeRouteTablesOutput,
    },
    types::{RouteTable, RouteTableAssociation},
};
use aws_smithy_mocks::{Rule, mock};

use super::{State, VPC};

/// How EC2 answers about routes and network ACLs.
pub(super) fn answers(state: &Arc<Mutex<State>>) -> Vec<Rule> {
    let own = || Arc::clone(state);
    let (state1, state2, state3, state4) = (own(), own(), own(), own());
    vec![
        mock!(Client::describe_route_tables).then_compute_output(move |_| {
            let main = RouteTableAssociation::builder().main(true).build();
            let state = state1.lock().unwrap();
            let table = RouteTable::builder()
                .vpc_id(VPC)
                .owner_id(state.vpc_owner.as_deref().unwrap_or("123456789012"))
                .associations(main)
                .set_routes(Some(state.routes.clone()))
                .build();
            DescribeRouteTablesOutput::builder().route_tables(table).build()
        }),
        mock!(Client::describe_network_acls).then_compute_output(move |_| {
            DescribeNetworkAclsOutput::builder()
                .set_network_acls(Some(state2.lock().unwrap().acls.clone()))
                .build()
        }),
        mock!(Client::create_network_acl_entry).then_compute_output(move |request| {
            let mut state = state3.lock().unwrap();
            let entry = aws_sdk_ec2::types::NetworkAclEntry::builder()
                .set_cidr_block(request.cidr_block().map(str::to_owned))
                .set_ipv6_cidr_block(request.ipv6_cidr_block().map(str::to_owned))
                .set_egress(request.egress())
                .set_protocol(request.protocol().map(str::to_owned))
                .set_rule_action(request.rule_action().cloned())
                .set_rule_number(request.rule_number())
                .build();
            state.allows(format!("deny {}", request.rule_number().unwrap()));
            state
                .acl(request.network_acl_id().unwrap())
                .entries
                .get_or_insert_default()
                .push(entry);
            CreateNetworkAclEntryOutput::builder().build()
        }),
        mock!(Client::delete_network_acl_entry).then_compute_output(move |request| {
            let mut state = state4.lock().unwrap();
            state.allows(format!("undeny {}", request.rule_number().unwrap()));
            state
                .acl(request.network_acl_id().unwrap())
                .entries
                .get_or_insert_default()
                .retain(|rule| {
                    rule.rule_number() != request.rule_number() || rule.egress() != request.egress()
                });
            DeleteNetworkAclEntryOutput::builder().build()
        }),
    ]
}

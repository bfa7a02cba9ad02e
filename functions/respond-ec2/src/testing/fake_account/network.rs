//! Network interfaces, security groups, routes and network ACLs.

use aws_sdk_ec2::{
    Client,
    operation::{
        create_network_acl_entry::{CreateNetworkAclEntryError, CreateNetworkAclEntryOutput},
        delete_network_acl_entry::{DeleteNetworkAclEntryError, DeleteNetworkAclEntryOutput},
        describe_network_acls::{DescribeNetworkAclsError, DescribeNetworkAclsOutput},
        describe_network_interfaces::{DescribeNetworkInterfacesError, DescribeNetworkInterfacesOutput},
        describe_route_tables::{DescribeRouteTablesError, DescribeRouteTablesOutput},
        describe_security_groups::{DescribeSecurityGroupsError, DescribeSecurityGroupsOutput},
        modify_network_interface_attribute::{
            ModifyNetworkInterfaceAttributeError, ModifyNetworkInterfaceAttributeInput,
            ModifyNetworkInterfaceAttributeOutput,
        },
    },
    types::{
        ConnectionTrackingConfiguration, ConnectionTrackingSpecificationResponse, Filter, GroupIdentifier,
        InstanceNetworkInterface, InstanceNetworkInterfaceAssociation, InstancePrivateIpAddress, NetworkAcl,
        NetworkAclAssociation, NetworkAclEntry, NetworkInterface, RuleAction, SecurityGroup, Tag,
    },
};
use aws_smithy_mocks::Rule;
use backstop_runtime::testing::{ACCOUNT, forged::FakeAccount};
use serde_json::Value;

use super::{addresses::public_address, all, answers, instance::value_of, read, remove, texts, write};
use crate::testing::VPC;

pub(super) fn answers(account: &FakeAccount) -> Vec<Rule> {
    vec![
        answers!(
            account,
            Client::describe_network_interfaces,
            DescribeNetworkInterfacesError,
            |kept, asked| {
                let ids = values(asked.filters(), "network-interface-id");
                let is_there = |id: &&String| read(&kept, &format!("groups of {id}")).is_some();
                let found = ids
                    .iter()
                    .filter(is_there)
                    .map(|id| interface(&kept, id))
                    .collect();
                Ok(DescribeNetworkInterfacesOutput::builder()
                    .set_network_interfaces(Some(found))
                    .build())
            }
        ),
        answers!(
            account,
            Client::modify_network_interface_attribute,
            ModifyNetworkInterfaceAttributeError,
            |kept, asked| modify(&kept, asked)
                .map(|()| ModifyNetworkInterfaceAttributeOutput::builder().build())
        ),
        answers!(
            account,
            Client::describe_security_groups,
            DescribeSecurityGroupsError,
            |kept, asked| {
                let found = groups(&kept, asked.filters());
                Ok(DescribeSecurityGroupsOutput::builder()
                    .set_security_groups(Some(found))
                    .build())
            }
        ),
        answers!(
            account,
            Client::describe_route_tables,
            DescribeRouteTablesError,
            |_kept, _asked| { Ok(DescribeRouteTablesOutput::builder().build()) }
        ),
        answers!(
            account,
            Client::describe_network_acls,
            DescribeNetworkAclsError,
            |kept, asked| {
                let vpcs = values(asked.filters(), "vpc-id");
                let all = all(&kept, "acl ", "").into_iter();
                let found = all.filter(|(_, acl)| vpcs.iter().any(|vpc| acl["vpc"] == vpc.as_str()));
                let found = found.map(|(id, _)| acl(&kept, &id)).collect();
                Ok(DescribeNetworkAclsOutput::builder()
                    .set_network_acls(Some(found))
                    .build())
            }
        ),
        answers!(
            account,
            Client::create_network_acl_entry,
            CreateNetworkAclEntryError,
            |kept, asked| {
                let acl = asked.network_acl_id().unwrap();
                let number = asked.rule_number().unwrap();
                let name = rule_name(number, asked.egress(), acl);
                let cidr = asked.cidr_block().or(asked.ipv6_cidr_block()).unwrap();
                if read(&kept, &format!("acl {acl}")).is_none() {
                    Err("InvalidNetworkAclID.NotFound")
                } else if read(&kept, &name).is_some() {
                    Err("NetworkAclEntryAlreadyExists")
                } else if !(1..32_767).contains(&number) || !cidr.contains('/') {
                    Err("InvalidParameterValue")
                } else {
                    write(
                        &kept,
                        name,
                        format!("{} {cidr}", asked.rule_action().unwrap().as_str()),
                    );
                    Ok(CreateNetworkAclEntryOutput::builder().build())
                }
            }
        ),
        answers!(
            account,
            Client::delete_network_acl_entry,
            DeleteNetworkAclEntryError,
            |kept, asked| {
                let acl = asked.network_acl_id().unwrap();
                let name = rule_name(asked.rule_number().unwrap(), asked.egress(), acl);
                remove(&kept, &name).ok_or("InvalidNetworkAclEntry.NotFound")?;
                Ok(DeleteNetworkAclEntryOutput::builder().build())
            }
        ),
    ]
}

pub(super) fn values(filters: &[Filter], name: &str) -> Vec<String> {
    let of_name = filters.iter().filter(|filter| filter.name() == Some(name));
    of_name.flat_map(|filter| filter.values().to_vec()).collect()
}

/// EC2's own rules: only existing groups of the interface's VPC, at least one, and a possible timeout.
fn modify(account: &FakeAccount, asked: &ModifyNetworkInterfaceAttributeInput) -> Result<(), &'static str> {
    let id = asked.network_interface_id().unwrap();
    if read(account, &format!("groups of {id}")).is_none() {
        return Err("InvalidNetworkInterfaceID.NotFound");
    }
    let tracking = asked.connection_tracking_specification();
    if let Some(seconds) = tracking.and_then(|tracking| tracking.tcp_established_timeout()) {
        if !(60..=432_000).contains(&seconds) {
            return Err("InvalidParameterValue");
        }
        write(account, format!("timeout of {id}"), seconds);
        return Ok(());
    }
    if let Some(lends) = asked.associate_public_ip_address() {
        write(account, format!("EC2 lends {id} an address"), lends);
        return Ok(());
    }
    let is_here = |group: &String| {
        read(account, &format!("security group {group}")).is_some_and(|group| group["vpc"] == VPC)
    };
    if asked.groups().is_empty() || !asked.groups().iter().all(is_here) {
        return Err("InvalidGroup.NotFound");
    }
    write(account, format!("groups of {id}"), asked.groups().to_vec());
    Ok(())
}

fn timeout(account: &FakeAccount, id: &str) -> Option<i32> {
    let seconds = read(account, &format!("timeout of {id}"))?.as_i64()?;
    i32::try_from(seconds).ok()
}

fn identifiers(account: &FakeAccount, id: &str) -> Option<Vec<GroupIdentifier>> {
    let groups = texts(account, &format!("groups of {id}")).into_iter();
    let identifier = |group: String| {
        let known = read(account, &format!("security group {group}")).unwrap_or_default();
        GroupIdentifier::builder()
            .set_group_name(known["name"].as_str().map(str::to_owned))
            .group_id(group)
            .build()
    };
    Some(groups.map(identifier).collect())
}

/// An interface of an instance.
pub(super) fn attached(account: &FakeAccount, id: &str) -> InstanceNetworkInterface {
    let addresses = texts(account, &format!("addresses of {id}")).into_iter();
    let addresses = addresses.map(|it| InstancePrivateIpAddress::builder().private_ip_address(it).build());
    let tracking = timeout(account, id).map(|seconds| {
        ConnectionTrackingSpecificationResponse::builder()
            .tcp_established_timeout(seconds)
            .build()
    });
    InstanceNetworkInterface::builder()
        .network_interface_id(id)
        .vpc_id(VPC)
        .subnet_id("subnet-1")
        .set_private_ip_addresses(Some(addresses.collect()))
        .set_groups(identifiers(account, id))
        .set_connection_tracking_configuration(tracking)
        .set_association(public_address(account, id).map(|address| {
            InstanceNetworkInterfaceAssociation::builder()
                .public_ip(address)
                .build()
        }))
        .build()
}

/// The same as any interface.
fn interface(account: &FakeAccount, id: &str) -> NetworkInterface {
    let tracking = timeout(account, id).map(|seconds| {
        ConnectionTrackingConfiguration::builder()
            .tcp_established_timeout(seconds)
            .build()
    });
    NetworkInterface::builder()
        .network_interface_id(id)
        .set_groups(identifiers(account, id))
        .set_connection_tracking_configuration(tracking)
        .build()
}

/// By ids or by our tag, in one VPC.
fn groups(account: &FakeAccount, filters: &[Filter]) -> Vec<SecurityGroup> {
    let (ids, vpc) = (values(filters, "group-id"), value_of(filters, "vpc-id"));
    let purpose = value_of(filters, "tag:backstop:purpose");
    let is_asked = |(id, group): &(String, Value)| {
        group["vpc"] == vpc && (ids.contains(id) || (!purpose.is_empty() && group["name"] == purpose))
    };
    let group = |(id, group): (String, Value)| {
        let name = group["name"].as_str().unwrap_or_default();
        SecurityGroup::builder()
            .group_id(id)
            .group_name(name)
            .vpc_id(vpc)
            .owner_id(ACCOUNT)
            .tags(Tag::builder().key("backstop:purpose").value(name).build())
            .build()
    };
    let all = all(account, "security group ", "").into_iter();
    all.filter(is_asked).map(group).collect()
}

fn rule_name(number: i32, is_out: Option<bool>, acl: &str) -> String {
    let direction = if is_out == Some(true) { "out" } else { "in" };
    format!("rule {number} {direction} of {acl}")
}

fn acl(account: &FakeAccount, id: &str) -> NetworkAcl {
    let rules = all(account, "rule ", &format!(" of {id}"))
        .into_iter()
        .map(|(name, rule)| {
            let (number, direction) = name.split_once(' ').unwrap();
            let (action, cidr) = rule.as_str().unwrap().split_once(' ').unwrap();
            NetworkAclEntry::builder()
                .rule_number(number.parse().unwrap())
                .egress(direction == "out")
                .rule_action(RuleAction::from(action))
                .protocol("-1")
                .cidr_block(cidr)
                .build()
        });
    NetworkAcl::builder()
        .network_acl_id(id)
        .associations(NetworkAclAssociation::builder().subnet_id("subnet-1").build())
        .set_entries(Some(rules.collect()))
        .build()
}

//! EC2's answers as JSON: the fields that an investigation asks for.

use aws_sdk_ec2::types::{
    Address, IamInstanceProfileAssociation, Instance, IpPermission, NetworkAcl, NetworkAclEntry, Route,
    RouteTable, SecurityGroup, Volume,
};
use backstop_core::ErrorName;
use backstop_runtime::CallError;
use serde::Serialize;
use serde_json::{Value, json};

/// What we know in our own shape already.
pub(super) fn own(call: &'static str, known: &impl Serialize) -> Result<Option<Value>, CallError> {
    serde_json::to_value(known).map(Some).map_err(|error| CallError {
        name: ErrorName::Internal,
        call,
        on: "the instance".to_owned(),
        code: String::new(),
        message: error.to_string(),
    })
}

pub(super) fn instance(found: &Instance) -> Value {
    let reason = found.state_reason();
    let metadata = found.metadata_options();
    let placement = found.placement();
    json!({
        "id": found.instance_id(),
        "type": found.instance_type().map(|it| it.as_str()),
        "image": found.image_id(),
        "launched_at": found.launch_time().map(ToString::to_string),
        "state": found.state().and_then(|state| state.name()).map(|name| name.as_str()),
        "state_transition": found.state_transition_reason(),
        "state_reason": reason.and_then(|reason| reason.message()),
        "key_pair": found.key_name(),
        "profile": found.iam_instance_profile().and_then(|profile| profile.arn()),
        "vpc": found.vpc_id(),
        "subnet": found.subnet_id(),
        "private_address": found.private_ip_address(),
        "public_address": found.public_ip_address(),
        "private_name": found.private_dns_name(),
        "public_name": found.public_dns_name(),
        "zone": placement.and_then(|placement| placement.availability_zone()),
        "tenancy": placement.and_then(|placement| placement.tenancy()).map(|it| it.as_str()),
        "platform": found.platform_details(),
        "architecture": found.architecture().map(|it| it.as_str()),
        "lifecycle": found.instance_lifecycle().map(|it| it.as_str()),
        "source_dest_check": found.source_dest_check(),
        "root_device": found.root_device_name(),
        "root_device_type": found.root_device_type().map(|it| it.as_str()),
        "monitoring": found.monitoring().and_then(|it| it.state()).map(|it| it.as_str()),
        "metadata_service": {
            "endpoint": metadata.and_then(|it| it.http_endpoint()).map(|it| it.as_str()),
            "tokens": metadata.and_then(|it| it.http_tokens()).map(|it| it.as_str()),
            "hop_limit": metadata.and_then(|it| it.http_put_response_hop_limit()),
        },
        "tags": found.tags().iter().map(|tag| json!({ "key": tag.key(), "value": tag.value() })).collect::<Vec<_>>(),
    })
}

pub(super) fn profile_association(found: &IamInstanceProfileAssociation) -> Value {
    json!({
        "id": found.association_id(),
        "profile": found.iam_instance_profile().and_then(|profile| profile.arn()),
        "state": found.state().map(|state| state.as_str()),
    })
}

pub(super) fn security_group(found: &SecurityGroup) -> Value {
    json!({
        "id": found.group_id(),
        "name": found.group_name(),
        "vpc": found.vpc_id(),
        "ingress": found.ip_permissions().iter().map(rule).collect::<Vec<_>>(),
        "egress": found.ip_permissions_egress().iter().map(rule).collect::<Vec<_>>(),
    })
}

fn rule(found: &IpPermission) -> Value {
    let addresses = found.ip_ranges().iter().filter_map(|range| range.cidr_ip());
    let addresses_v6 = found.ipv6_ranges().iter().filter_map(|range| range.cidr_ipv6());
    let groups = found
        .user_id_group_pairs()
        .iter()
        .filter_map(|pair| pair.group_id());
    let lists = found
        .prefix_list_ids()
        .iter()
        .filter_map(|list| list.prefix_list_id());
    json!({
        "protocol": found.ip_protocol(),
        "from": found.from_port(),
        "to": found.to_port(),
        "peers": addresses.chain(addresses_v6).chain(groups).chain(lists).collect::<Vec<_>>(),
    })
}

pub(super) fn network_acl(found: &NetworkAcl) -> Value {
    let entry = |entry: &NetworkAclEntry| {
        json!({
            "number": entry.rule_number(),
            "egress": entry.egress(),
            "action": entry.rule_action().map(|action| action.as_str()),
            "protocol": entry.protocol(),
            "peer": entry.cidr_block().or(entry.ipv6_cidr_block()),
            "from": entry.port_range().and_then(|range| range.from()),
            "to": entry.port_range().and_then(|range| range.to()),
        })
    };
    json!({
        "id": found.network_acl_id(),
        "is_default": found.is_default(),
        "subnets": found.associations().iter().filter_map(|it| it.subnet_id()).collect::<Vec<_>>(),
        "entries": found.entries().iter().map(entry).collect::<Vec<_>>(),
    })
}

pub(super) fn route_table(found: &RouteTable) -> Value {
    json!({
        "id": found.route_table_id(),
        "is_main": found.associations().iter().any(|it| it.main() == Some(true)),
        "subnets": found.associations().iter().filter_map(|it| it.subnet_id()).collect::<Vec<_>>(),
        "routes": found.routes().iter().map(route).collect::<Vec<_>>(),
    })
}

fn route(found: &Route) -> Value {
    let to = found.destination_cidr_block();
    let by = found.gateway_id();
    json!({
        "to": to.or(found.destination_ipv6_cidr_block()).or(found.destination_prefix_list_id()),
        "by": by
            .or(found.nat_gateway_id())
            .or(found.transit_gateway_id())
            .or(found.network_interface_id())
            .or(found.vpc_peering_connection_id())
            .or(found.egress_only_internet_gateway_id())
            .or(found.local_gateway_id())
            .or(found.carrier_gateway_id())
            .or(found.core_network_arn()),
        "state": found.state().map(|state| state.as_str()),
    })
}

pub(super) fn address(found: &Address) -> Value {
    json!({
        "public_address": found.public_ip(),
        "private_address": found.private_ip_address(),
        "interface": found.network_interface_id(),
        "allocation": found.allocation_id(),
    })
}

pub(super) fn volume(found: &Volume) -> Value {
    let attachment = found.attachments().first();
    json!({
        "id": found.volume_id(),
        "device": attachment.and_then(|it| it.device()),
        "delete_on_termination": attachment.and_then(|it| it.delete_on_termination()),
        "size_gib": found.size(),
        "type": found.volume_type().map(|it| it.as_str()),
        "made_from": found.snapshot_id(),
        "created_at": found.create_time().map(ToString::to_string),
        "encrypted": found.encrypted(),
        "key": found.kms_key_id(),
    })
}

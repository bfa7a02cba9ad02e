//! The instance and its network interfaces.

use std::sync::{Arc, Mutex};

use aws_sdk_ec2::{
    Client,
    operation::{
        describe_instances::DescribeInstancesOutput,
        describe_network_interfaces::DescribeNetworkInterfacesOutput,
        modify_network_interface_attribute::{
            ModifyNetworkInterfaceAttributeError, ModifyNetworkInterfaceAttributeInput,
            ModifyNetworkInterfaceAttributeOutput,
        },
    },
    types::{
        ConnectionTrackingConfiguration, ConnectionTrackingSpecificationResponse, GroupIdentifier,
        IamInstanceProfile, Instance, InstanceIpv6Address, InstanceNetworkInterface,
        InstanceNetworkInterfaceAssociation, InstanceNetworkInterfaceAttachment, InstancePrivateIpAddress,
        InstanceState, InstanceStateName, InstanceType, NetworkInterface, OperatorResponse, Reservation, Tag,
    },
};
use aws_smithy_mocks::{MockResponse, Rule, mock};
use backstop_runtime::testing::{INSTANCE, error};

use super::{Nic, State, VPC, values};

/// How EC2 answers about the instance and its interfaces.
pub(super) fn answers(state: &Arc<Mutex<State>>) -> Vec<Rule> {
    let own = || Arc::clone(state);
    let (state1, state2, state3) = (own(), own(), own());
    vec![
        mock!(Client::describe_instances).then_compute_output(move |request| {
            let state = state1.lock().unwrap();
            // By id: the one instance. By profile: a neighbour too.
            if request.instance_ids().is_empty() {
                return instances(vec![instance(INSTANCE, &state), neighbour()]);
            }
            instances(vec![instance(INSTANCE, &state)])
        }),
        mock!(Client::describe_network_interfaces).then_compute_output(move |request| {
            let state = state2.lock().unwrap();
            let trunks = values(request.filters(), "tag:vpcresources.k8s.aws/trunk-eni-id");
            if !trunks.is_empty() {
                let branches = state.branches.iter().filter(|(trunk, ..)| trunks.contains(trunk));
                return DescribeNetworkInterfacesOutput::builder()
                    .set_network_interfaces(Some(branches.map(branch).collect()))
                    .build();
            }
            let wanted = values(request.filters(), "network-interface-id");
            let nics = state.nics.iter().filter(|nic| wanted.contains(&nic.id));
            DescribeNetworkInterfacesOutput::builder()
                .set_network_interfaces(Some(nics.map(free_interface).collect()))
                .build()
        }),
        mock!(Client::modify_network_interface_attribute).then_compute_response(move |request| {
            let mut state = state3.lock().unwrap();
            if state.modify(request) {
                MockResponse::Output(ModifyNetworkInterfaceAttributeOutput::builder().build())
            } else {
                MockResponse::Error(ModifyNetworkInterfaceAttributeError::generic(error(
                    state.refusal.unwrap_or("OperationNotPermitted"),
                )))
            }
        }),
    ]
}

impl State {
    /// EC2's own rules: only existing groups, at least one, and never of another VPC.
    fn modify(&mut self, request: &ModifyNetworkInterfaceAttributeInput) -> bool {
        let id = request.network_interface_id().unwrap();
        if let Some(tracking) = request.connection_tracking_specification() {
            let seconds = tracking.tcp_established_timeout();
            if !self.allows(format!("timeout {id} {}", seconds.unwrap())) {
                return false;
            }
            self.nics.iter_mut().find(|nic| nic.id == id).unwrap().timeout = seconds;
            return true;
        }
        let groups = request.groups().to_vec();
        assert!(!groups.is_empty(), "an interface can't be without groups");
        if !self.allows(format!("move {id} {}", groups.join(" "))) {
            return false;
        }
        self.nics.iter_mut().find(|nic| nic.id == id).unwrap().groups = groups;
        true
    }
}

fn instances(instances: Vec<Instance>) -> DescribeInstancesOutput {
    DescribeInstancesOutput::builder()
        .reservations(Reservation::builder().set_instances(Some(instances)).build())
        .build()
}

fn neighbour() -> Instance {
    Instance::builder().instance_id("i-0fedcba9876543210").build()
}

fn instance(id: &str, state: &State) -> Instance {
    let name = if state.terminated {
        InstanceStateName::Terminated
    } else {
        InstanceStateName::Running
    };
    let tags = state.tags.iter();
    let tags = tags.map(|(key, value)| Tag::builder().key(key).value(value).build());
    Instance::builder()
        .instance_id(id)
        .set_tags(Some(tags.collect()))
        .state(InstanceState::builder().name(name).build())
        .tags(Tag::builder().key("team").value("web").build())
        .set_instance_type(state.instance_type.as_deref().map(InstanceType::from))
        .private_dns_name("ip-10-0-0-5.eu-west-1.compute.internal")
        .iam_instance_profile(
            IamInstanceProfile::builder()
                .arn("arn:aws:iam::123456789012:instance-profile/web")
                .build(),
        )
        .set_network_interfaces(Some(state.nics.iter().enumerate().map(attached).collect()))
        .build()
}

fn identifiers(nic: &Nic) -> Option<Vec<GroupIdentifier>> {
    let one = |id: &String| GroupIdentifier::builder().group_id(id).build();
    Some(nic.groups.iter().map(one).collect())
}

fn attached((index, nic): (usize, &Nic)) -> InstanceNetworkInterface {
    let index = i32::try_from(index).unwrap();
    let mut builder = InstanceNetworkInterface::builder()
        .network_interface_id(&nic.id)
        .attachment(
            InstanceNetworkInterfaceAttachment::builder()
                .device_index(index)
                .build(),
        )
        .subnet_id("subnet-1")
        .vpc_id(VPC)
        .private_ip_addresses(
            InstancePrivateIpAddress::builder()
                .private_ip_address(format!("10.0.0.{}", index + 5))
                .build(),
        )
        .set_groups(identifiers(nic))
        .set_interface_type(nic.kind.clone())
        .set_description(nic.description.clone());
    if let Some(operator) = &nic.operator {
        let operator = OperatorResponse::builder().managed(true).principal(operator);
        builder = builder.operator(operator.build());
    }
    if let Some(address) = &nic.public {
        builder = builder.association(
            InstanceNetworkInterfaceAssociation::builder()
                .public_ip(address)
                .build(),
        );
    }
    if let Some(address) = &nic.ipv6 {
        builder = builder.ipv6_addresses(InstanceIpv6Address::builder().ipv6_address(address).build());
    }
    if let Some(seconds) = nic.timeout {
        builder = builder.connection_tracking_configuration(
            ConnectionTrackingSpecificationResponse::builder()
                .tcp_established_timeout(seconds)
                .build(),
        );
    }
    builder.build()
}

fn branch((trunk, id, address): &(String, String, String)) -> NetworkInterface {
    NetworkInterface::builder()
        .network_interface_id(id)
        .private_ip_address(address)
        .tag_set(
            Tag::builder()
                .key("vpcresources.k8s.aws/trunk-eni-id")
                .value(trunk)
                .build(),
        )
        .build()
}

fn free_interface(nic: &Nic) -> NetworkInterface {
    let tracking = nic.timeout.map(|seconds| {
        ConnectionTrackingConfiguration::builder()
            .tcp_established_timeout(seconds)
            .build()
    });
    NetworkInterface::builder()
        .network_interface_id(&nic.id)
        .set_groups(identifiers(nic))
        .set_connection_tracking_configuration(tracking)
        .build()
}

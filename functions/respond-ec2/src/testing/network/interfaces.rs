//! The instance and its network interfaces.

use std::sync::{Arc, Mutex};

use aws_sdk_ec2::{
    Client,
    operation::{
        create_tags::CreateTagsOutput,
        delete_tags::DeleteTagsOutput,
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
use crate::testing::{asks_for_marked, marked};

/// How EC2 answers about the instance and its interfaces.
pub(super) fn answers(state: &Arc<Mutex<State>>) -> Vec<Rule> {
    let own = || Arc::clone(state);
    let (state1, state2, state3, state4, state5) = (own(), own(), own(), own(), own());
    vec![
        mock!(Client::describe_instances).then_compute_output(move |request| {
            let mut state = state1.lock().unwrap();
            if asks_for_marked(request) {
                let is_tagged = !state.tags.is_empty();
                state.looks_at_others.push(is_tagged);
                let is_late = state.looks_at_others.len() > 1;
                let late = state.marked_late.iter().filter(|_| is_late);
                let all: Vec<_> = state.marked.iter().chain(late).copied().collect();
                return instances(marked(&all));
            }
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
                .set_network_interfaces(Some(nics.map(|nic| free_interface(nic, &state)).collect()))
                .build()
        }),
        mock!(Client::create_tags).then_compute_output(move |request| {
            let text = |text: Option<&str>| text.unwrap().to_owned();
            let written = request.tags().iter();
            let written = written.map(|tag| (text(tag.key()), text(tag.value())));
            state4.lock().unwrap().tags.extend(written);
            CreateTagsOutput::builder().build()
        }),
        mock!(Client::delete_tags).then_compute_output(move |request| {
            let mut state = state5.lock().unwrap();
            for tag in request.tags() {
                state.tags.remove(tag.key().unwrap());
            }
            DeleteTagsOutput::builder().build()
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
        if let Some(wanted) = request.associate_public_ip_address() {
            if !self.allows(format!("public {id} {wanted}")) {
                return false;
            }
            let nic = self.nics.iter_mut().find(|nic| nic.id == id).unwrap();
            nic.public = wanted.then(|| "198.51.100.99".to_owned());
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
    let own = [("team".to_owned(), "web".to_owned())];
    let tags = own.into_iter().chain(state.tags.clone());
    Instance::builder()
        .instance_id(id)
        .state(InstanceState::builder().name(name).build())
        .set_tags(Some(
            tags.map(|(key, value)| Tag::builder().key(key).value(value).build())
                .collect(),
        ))
        .set_instance_type(state.instance_type.as_deref().map(InstanceType::from))
        .private_dns_name("ip-10-0-0-5.eu-west-1.compute.internal")
        .iam_instance_profile(
            IamInstanceProfile::builder()
                .arn("arn:aws:iam::123456789012:instance-profile/web")
                .build(),
        )
        .set_network_interfaces(Some(
            state
                .nics
                .iter()
                .enumerate()
                .map(|nic| attached(nic, state))
                .collect(),
        ))
        .build()
}

/// With the names of those that the VPC has.
fn identifiers(nic: &Nic, state: &State) -> Option<Vec<GroupIdentifier>> {
    let one = |id: &String| {
        let found = state.groups.iter().find(|group| group.group_id() == Some(id));
        GroupIdentifier::builder()
            .group_id(id)
            .set_group_name(found.and_then(|group| group.group_name().map(str::to_owned)))
            .build()
    };
    Some(nic.groups.iter().map(one).collect())
}

fn attached((index, nic): (usize, &Nic), state: &State) -> InstanceNetworkInterface {
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
        .set_groups(identifiers(nic, state))
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

fn free_interface(nic: &Nic, state: &State) -> NetworkInterface {
    let tracking = nic.timeout.map(|seconds| {
        ConnectionTrackingConfiguration::builder()
            .tcp_established_timeout(seconds)
            .build()
    });
    NetworkInterface::builder()
        .network_interface_id(&nic.id)
        .set_groups(identifiers(nic, state))
        .set_connection_tracking_configuration(tracking)
        .build()
}

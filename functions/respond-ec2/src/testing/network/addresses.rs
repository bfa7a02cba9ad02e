//! Elastic IP addresses.

use std::sync::{Arc, Mutex};

use aws_sdk_ec2::{
    Client,
    operation::{
        associate_address::{AssociateAddressError, AssociateAddressOutput},
        describe_addresses::DescribeAddressesOutput,
        disassociate_address::DisassociateAddressOutput,
    },
    types::Address,
};
use aws_smithy_mocks::{MockResponse, Rule, mock};
use backstop_runtime::testing::error;

use super::{State, values};

/// An Elastic IP address of the allocation `eipalloc-…`, which is associated with the interface, if one is named.
pub(crate) fn elastic_ip(name: &str, public: &str, interface: Option<(&str, &str)>) -> Address {
    let address = Address::builder()
        .allocation_id(format!("eipalloc-{name}"))
        .public_ip(public);
    match interface {
        Some((interface, private)) => address
            .association_id(format!("eipassoc-{name}"))
            .network_interface_id(interface)
            .private_ip_address(private)
            .build(),
        None => address.build(),
    }
}

/// How EC2 answers about Elastic IP addresses.
pub(super) fn answers(state: &Arc<Mutex<State>>) -> Vec<Rule> {
    let own = || Arc::clone(state);
    let (state1, state2, state3) = (own(), own(), own());
    vec![
        mock!(Client::describe_addresses).then_compute_output(move |request| {
            let state = state1.lock().unwrap();
            let has = |name: &str, value: Option<&str>| {
                let wanted = values(request.filters(), name);
                wanted.is_empty() || value.is_some_and(|value| wanted.iter().any(|one| one == value))
            };
            let found = state.addresses.iter().filter(|address| {
                has("allocation-id", address.allocation_id())
                    && has("network-interface-id", address.network_interface_id())
            });
            DescribeAddressesOutput::builder()
                .set_addresses(Some(found.cloned().collect()))
                .build()
        }),
        mock!(Client::disassociate_address).then_compute_output(move |request| {
            let mut state = state2.lock().unwrap();
            let id = request.association_id().unwrap().to_owned();
            state.allows(format!("disassociate {id}"));
            let is_it = |address: &&mut Address| address.association_id() == Some(id.as_str());
            let address = state.addresses.iter_mut().find(is_it).unwrap();
            let freed = (address.network_interface_id.take(), address.public_ip.clone());
            (address.association_id, address.private_ip_address) = (None, None);
            for nic in &mut state.nics {
                if Some(&nic.id) == freed.0.as_ref() && nic.public == freed.1 {
                    nic.public = None;
                }
            }
            DisassociateAddressOutput::builder().build()
        }),
        mock!(Client::associate_address).then_compute_response(move |request| {
            let mut state = state3.lock().unwrap();
            assert_eq!(request.allow_reassociation(), Some(false), "taken from nobody");
            let id = request.allocation_id().unwrap();
            let interface = request.network_interface_id().unwrap();
            let private = request.private_ip_address().unwrap();
            state.allows(format!("associate {id} {interface} {private}"));
            let is_it = |address: &&mut Address| address.allocation_id() == Some(id);
            let address = state.addresses.iter_mut().find(is_it).unwrap();
            if address.association_id.is_some() {
                return MockResponse::Error(AssociateAddressError::generic(error(
                    "Resource.AlreadyAssociated",
                )));
            }
            address.association_id = Some("eipassoc-new".to_owned());
            address.network_interface_id = Some(interface.to_owned());
            address.private_ip_address = Some(private.to_owned());
            let public = address.public_ip.clone();
            for nic in state.nics.iter_mut().filter(|nic| nic.id == interface) {
                nic.public.clone_from(&public);
            }
            MockResponse::Output(AssociateAddressOutput::builder().build())
        }),
    ]
}

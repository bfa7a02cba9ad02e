//! Which of a finding's addresses may be denied. Whoever runs code on the instance chooses whom it talks with, and must not
//! get the owner's own network denied by it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use aws_sdk_ec2::types::{Route, RouteTable};
use backstop_core::finding::Peer;

use crate::{instance::Instance, routes};

/// The addresses of a finding.
#[derive(Debug, Default)]
pub(super) struct Remote {
    /// Those that are denied.
    pub(super) addresses: Vec<Peer>,
    /// Why the others aren't, a sentence each.
    pub(super) left: Vec<String>,
}

impl Remote {
    pub(super) fn of(peers: &[Peer], instance: &Instance, tables: &[RouteTable]) -> Self {
        let mut remote = Self::default();
        for peer in peers {
            let why_not = not_public(peer.address).map(str::to_owned);
            match why_not.or_else(|| own_network(peer.address, instance, tables)) {
                Some(why) => remote.left.push(format!("{} isn't denied: {why}", peer.address)),
                None => remote.addresses.push(peer.clone()),
            }
        }
        remote
    }

    /// As rules write them.
    pub(super) fn cidrs(&self) -> Vec<String> {
        self.addresses.iter().map(|peer| cidr(peer.address)).collect()
    }

    /// As people read them.
    pub(super) fn named(&self) -> String {
        let all: Vec<String> = self
            .addresses
            .iter()
            .map(|peer| peer.address.to_string())
            .collect();
        all.join(", ")
    }

    /// Why it waits for a person also in `auto` mode.
    pub(super) fn why_ask(&self) -> Option<String> {
        let amazons = self.addresses.iter().find(|peer| peer.is_amazons)?;
        Some(format!(
            "{} is in Amazon's network, by the finding: an AWS service may answer there that others in the subnet need",
            amazons.address
        ))
    }
}

pub(super) fn cidr(address: IpAddr) -> String {
    let length = if address.is_ipv4() { 32 } else { 128 };
    format!("{address}/{length}")
}

/// Whether a rule is for one address that may be denied.
pub(super) fn is_public_cidr(text: &str) -> bool {
    let address = text.split_once('/').and_then(|(address, _)| address.parse().ok());
    address.is_some_and(|address| cidr(address) == text && not_public(address).is_none())
}

/// Why no address like it is denied, wherever the instance is. The VPC's resolver, the metadata service and time sync are
/// link-local or in `fd00:ec2::/32` (EC2 User Guide; VPC User Guide, "Amazon DNS"). The ranges that are for documents only
/// aren't here: they lead nowhere, and drills talk with them.
fn not_public(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => not_public_v4(address),
        IpAddr::V6(address) => not_public_v6(address),
    }
}

fn not_public_v4(address: Ipv4Addr) -> Option<&'static str> {
    let [first, second, third, _] = address.octets();
    if address.is_private() || (first == 100 && (64..128).contains(&second)) {
        return Some("it is a private address");
    }
    if address.is_link_local() {
        return Some("it is link-local, where AWS has the metadata service, DNS and time");
    }
    let is_reserved = first == 0
        || address.is_loopback()
        || first >= 224
        || (first, second, third) == (192, 0, 0)
        || (first == 198 && (18..20).contains(&second));
    is_reserved.then_some("it is an address of no host on the internet")
}

fn not_public_v6(address: Ipv6Addr) -> Option<&'static str> {
    let [first, ..] = address.segments();
    if address.is_unique_local() || address.is_unicast_link_local() {
        return Some("it is a private address, or of AWS's own services");
    }
    // What the internet routes begins with the bits 001 (RFC 4291).
    (first >> 13 != 1).then_some("it is an address of no host on the internet")
}

/// Why it belongs to the owner's own networks: a subnet of the instance reaches it by a route of its own, within the VPC or
/// to a peer, a VPN or an office, and not by the one for everything.
fn own_network(address: IpAddr, instance: &Instance, tables: &[RouteTable]) -> Option<String> {
    let tables = instance.interfaces.iter().filter_map(|interface| {
        routes::table_of(interface.subnet.as_deref()?, interface.vpc.as_deref(), tables)
    });
    let mut routes = tables.flat_map(RouteTable::routes);
    let found = routes.find_map(|route| routed(route).filter(|cidr| contains(cidr, address)))?;
    Some(format!(
        "{found} has a route of its own in the instance's subnet, as the owner's own networks have"
    ))
}

fn routed(route: &Route) -> Option<&str> {
    route
        .destination_cidr_block()
        .or_else(|| route.destination_ipv6_cidr_block())
}

/// Whether a range that isn't everything contains the address.
fn contains(cidr: &str, address: IpAddr) -> bool {
    let Some((network, length)) = cidr.split_once('/') else {
        return false;
    };
    let (Ok(network), Ok(length)) = (network.parse::<IpAddr>(), length.parse::<u32>()) else {
        return false;
    };
    if length == 0 {
        return false;
    }
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let shift = 32_u32.saturating_sub(length);
            network.to_bits() >> shift == address.to_bits() >> shift
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let shift = 128_u32.saturating_sub(length);
            network.to_bits() >> shift == address.to_bits() >> shift
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn is_denied(address: &str) -> bool {
        not_public(address.parse().unwrap()).is_none()
    }

    #[test]
    fn only_addresses_of_the_internet_are_denied() {
        for kept in [
            "0.0.0.0",
            "10.0.0.2",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.253",
            "169.254.169.254",
            "172.31.0.2",
            "192.0.0.8",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "fd00:ec2::254",
            "fe80::1",
            "ff02::1",
            "64:ff9b::a00:2",
        ] {
            assert!(!is_denied(kept), "{kept}");
        }
        for denied in ["203.0.113.66", "8.8.8.8", "100.128.0.1", "2001:db8::66"] {
            assert!(is_denied(denied), "{denied}");
        }
    }

    #[test]
    fn a_receipts_rule_is_for_one_public_address() {
        assert!(is_public_cidr("203.0.113.66/32") && is_public_cidr("2001:db8::66/128"));
        for hostile in [
            "10.0.0.2/32",
            "203.0.113.0/28",
            "0.0.0.0/0",
            "203.0.113.66",
            "2001:db8::/32",
        ] {
            assert!(!is_public_cidr(hostile), "{hostile}");
        }
    }

    #[test]
    fn ranges_contain_what_begins_as_they_do() {
        let contains = |cidr: &str, address: &str| contains(cidr, address.parse().unwrap());
        assert!(contains("203.0.113.0/24", "203.0.113.66") && contains("203.0.113.66/32", "203.0.113.66"));
        assert!(contains("2001:db8::/32", "2001:db8::66"));
        for (cidr, address) in [
            ("0.0.0.0/0", "203.0.113.66"),
            ("::/0", "2001:db8::66"),
            ("203.0.112.0/24", "203.0.113.66"),
            ("2001:db8::/32", "203.0.113.66"),
            ("pl-1", "203.0.113.66"),
        ] {
            assert!(!contains(cidr, address), "{cidr} {address}");
        }
    }
}

//! With whom the reported resource talked over the network, by the finding's word: an address that a containment can name.
//!
//! Whoever runs a service calls addresses that he chooses, so that one which is named here may be anybody's. It is an address
//! and no text; whether it may be denied is decided where it is denied.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::node::Node;

/// A finding has one connection, or the few that Security Hub put together.
const MOST: usize = 4;

/// The networks of Amazon that its services and customers are in, by their numbers.
const AMAZON: [u64; 4] = [7_224, 8_987, 14_618, 16_509];

/// The other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// Whether the finding says that the address is in Amazon's network: AWS's services are there, and whoever is a
    /// customer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_amazons: bool,
}

impl Peer {
    fn new(address: &str, number: Option<u64>, names: [Option<&str>; 2]) -> Option<Self> {
        let is_named_so = |name: &str| name.to_ascii_lowercase().contains("amazon");
        Some(Self {
            address: address.parse::<IpAddr>().ok()?.to_canonical(),
            is_amazons: number.is_some_and(|number| AMAZON.contains(&number))
                || names.into_iter().flatten().any(is_named_so),
        })
    }
}

impl Peer {
    /// Whether these say the same address, and don't know of Amazon's what this one hides.
    pub(super) fn is_said_by(&self, peers: &[Self]) -> bool {
        peers
            .iter()
            .any(|peer| peer.address == self.address && (self.is_amazons || !peer.is_amazons))
    }
}

/// Of GuardDuty's `service.action`, or ASFF's `Action`: their names differ in case only. Calls of AWS's API and probes come
/// from addresses that the resource needn't have talked with.
pub(super) fn of_action(action: Option<&Node<'_>>) -> Vec<Peer> {
    let peer = action
        .and_then(|action| action.at(&["networkConnectionAction", "remoteIpDetails"]))
        .and_then(|remote| {
            let network = remote.get("organization");
            let network = network.as_ref();
            let number = network.and_then(|it| number(it, "asn"));
            let names = ["asnOrg", "org"].map(|name| network.and_then(|it| it.text(name)));
            Peer::new(remote.first_text(&["ipAddressV4", "ipAddressV6"])?, number, names)
        });
    peer.into_iter().collect()
}

/// Of OCSF's `evidences`, where they say which end is the resource's.
pub(super) fn of_evidences(evidences: &[Node<'_>]) -> Vec<Peer> {
    let mut peers: Vec<Peer> = Vec::new();
    for peer in evidences.iter().filter_map(of_evidence).take(MOST) {
        if !peers.contains(&peer) {
            peers.push(peer);
        }
    }
    peers
}

fn of_evidence(evidence: &Node<'_>) -> Option<Peer> {
    let direction = evidence.at(&["connection_info"])?;
    let direction = direction.text("direction")?.to_ascii_lowercase();
    let end = evidence.get(match direction.as_str() {
        "outbound" => "dst_endpoint",
        "inbound" => "src_endpoint",
        _ => return None,
    })?;
    let network = end.get("autonomous_system");
    let network = network.as_ref();
    let name = network.and_then(|it| it.text("name"));
    Peer::new(
        end.text("ip")?,
        network.and_then(|it| number(it, "number")),
        [name, None],
    )
}

/// GuardDuty writes it as a text, ASFF as a number.
fn number(network: &Node<'_>, name: &str) -> Option<u64> {
    network
        .whole(name)
        .or_else(|| network.text(name)?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use serde_json::{Value, json};

    use super::*;

    fn of(remote: &Value) -> Vec<Peer> {
        let action = json!({ "networkConnectionAction": { "remoteIpDetails": remote } });
        of_action(Some(&Node::new(&action, "$")))
    }

    fn peer(address: &str, is_amazons: bool) -> Peer {
        Peer {
            address: address.parse().unwrap(),
            is_amazons,
        }
    }

    #[test]
    fn a_connection_names_its_other_end_and_whose_network_that_is() {
        let network = |asn: Value, org: &str| json!({ "ipAddressV4": "203.0.113.66", "organization": { "asn": asn, "asnOrg": org } });
        assert_eq!(
            of(&network(json!("64500"), "Example")),
            [peer("203.0.113.66", false)]
        );
        for amazons in [
            network(json!("16509"), ""),
            network(json!(14618), ""),
            network(json!("1"), "AMAZON-02"),
        ] {
            assert_eq!(of(&amazons), [peer("203.0.113.66", true)]);
        }
        assert_eq!(
            of(&json!({ "ipAddressV6": "2001:db8::66" })),
            [peer("2001:db8::66", false)]
        );
        // Written as IPv6, it is an IPv4 address all the same.
        assert_eq!(
            of(&json!({ "ipAddressV6": "::ffff:10.0.0.1" })),
            [peer("10.0.0.1", false)]
        );
    }

    #[test]
    fn what_is_no_address_is_none() {
        for hostile in [
            "",
            "203.0.113.66/0",
            "0.0.0.0/0",
            "example.com",
            "203.0.113.66; ls",
        ] {
            assert_eq!(of(&json!({ "ipAddressV4": hostile })), []);
        }
        let call = json!({ "awsApiCallAction": { "remoteIpDetails": { "ipAddressV4": "203.0.113.66" } } });
        assert_eq!(of_action(Some(&Node::new(&call, "$"))), []);
        assert_eq!(of_action(None), []);
    }

    #[test]
    fn an_evidence_says_which_end_is_which() {
        let evidence = |direction: &str| {
            json!({
                "connection_info": { "direction": direction },
                "src_endpoint": { "ip": "198.51.100.1" },
                "dst_endpoint": { "ip": "203.0.113.66", "autonomous_system": { "number": 16509 } },
            })
        };
        let all = ["Outbound", "Inbound", "Outbound", "Unknown"].map(evidence);
        let nodes: Vec<Node<'_>> = all.iter().map(|one| Node::new(one, "$")).collect();
        assert_eq!(
            of_evidences(&nodes),
            [peer("203.0.113.66", true), peer("198.51.100.1", false)]
        );
    }
}

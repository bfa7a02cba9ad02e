//! What VPC flow logs have of a contained instance's network interfaces: whether connections that were open before go on in
//! spite of its new security groups. Tracked connections aren't seen by anything else that is read.

use std::{collections::BTreeSet, net::IpAddr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::second;
use crate::plural::count;

/// One flow of one capture window, accepted by security groups and network ACLs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// The network interface.
    pub interface: String,
    /// Both ends, with those behind a gateway where the record has them.
    pub addresses: BTreeSet<IpAddr>,
    /// When its window began.
    pub start: Timestamp,
    /// When its window ended.
    pub end: Timestamp,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flows {
    /// The log groups.
    pub groups: Vec<String>,
    /// The network interfaces that they have records of since the containment.
    pub interfaces: Vec<String>,
    /// Accepted flows with an address that the finding names, in windows that began once the containment had settled.
    pub with_peers: Seen,
    /// Accepted flows with other addresses, likewise.
    pub with_others: Seen,
}

/// How many, and until when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// How many records.
    pub records: u32,
    /// The end of the last one's window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Timestamp>,
}

impl Flows {
    /// Counts those of windows that began after the containment had settled.
    pub fn of(
        groups: Vec<String>,
        interfaces: Vec<String>,
        accepted: &[Flow],
        peers: &BTreeSet<IpAddr>,
        settled: Timestamp,
    ) -> Self {
        let mut found = Self {
            groups,
            interfaces,
            ..Self::default()
        };
        for flow in accepted.iter().filter(|flow| flow.start >= settled) {
            let is_with_peer = !flow.addresses.is_disjoint(peers);
            let seen = if is_with_peer {
                &mut found.with_peers
            } else {
                &mut found.with_others
            };
            seen.records = seen.records.saturating_add(1);
            seen.last = seen.last.max(Some(flow.end));
        }
        found
    }

    /// In one sentence.
    pub fn sentence(&self, settled: Timestamp) -> String {
        format!(
            "flow logs ({}) of {} show, in windows that began after {}: {} with the address that the finding names{}, {} \
             with others{}",
            self.groups.join(", "),
            self.interfaces.join(", "),
            second(settled),
            accepted(self.with_peers.records),
            self.with_peers.until(),
            accepted(self.with_others.records),
            self.with_others.until()
        )
    }

    /// What shows that the target talks on with whom the finding names.
    pub(super) fn alarming(&self, settled: Timestamp) -> Option<String> {
        (self.with_peers.records > 0).then(|| {
            format!(
                "flow logs show {} with the address that the finding names after {}{}: a connection that was open before \
                 goes on",
                accepted(self.with_peers.records),
                second(settled),
                self.with_peers.until()
            )
        })
    }
}

impl Seen {
    fn until(&self) -> String {
        self.last
            .map_or_else(String::new, |last| format!(" (the last until {})", second(last)))
    }
}

fn accepted(records: u32) -> String {
    format!("{} of accepted packets", count(records, "record"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const SETTLED: &str = "2026-03-01T11:05:00Z";

    fn flow(address: &str, start: &str) -> Flow {
        let start: Timestamp = start.parse().unwrap();
        Flow {
            interface: "eni-1".into(),
            addresses: ["10.0.0.5".parse().unwrap(), address.parse().unwrap()].into(),
            start,
            end: start + jiff::SignedDuration::from_secs(60),
        }
    }

    fn of(accepted: &[Flow]) -> Flows {
        let peers = ["203.0.113.66".parse().unwrap()].into();
        Flows::of(
            vec!["/vpc/flow".into()],
            vec!["eni-1".into()],
            accepted,
            &peers,
            SETTLED.parse().unwrap(),
        )
    }

    #[test]
    fn only_windows_that_began_after_the_cut_had_settled_count_and_only_the_findings_address_alarms() {
        let settled = SETTLED.parse().unwrap();
        let quiet = of(&[
            flow("203.0.113.66", "2026-03-01T11:04:59Z"),
            flow("198.51.100.7", "2026-03-01T11:06:00Z"),
        ]);
        assert_eq!((quiet.with_peers.records, quiet.with_others.records), (0, 1));
        assert_eq!(quiet.alarming(settled), None);
        let live = of(&[
            flow("203.0.113.66", "2026-03-01T11:07:00Z"),
            flow("203.0.113.66", "2026-03-01T11:05:00Z"),
        ]);
        assert_eq!(
            live.alarming(settled).unwrap(),
            "flow logs show 2 records of accepted packets with the address that the finding names after \
             2026-03-01T11:05:00Z (the last until 2026-03-01T11:08:00Z): a connection that was open before goes on"
        );
        assert_eq!(
            live.sentence(settled),
            "flow logs (/vpc/flow) of eni-1 show, in windows that began after 2026-03-01T11:05:00Z: 2 records of accepted \
             packets with the address that the finding names (the last until 2026-03-01T11:08:00Z), no records of accepted \
             packets with others"
        );
    }
}

//! How a flow log's records are written: AWS's default, or the fields that its owner chose (VPC User Guide, "Flow log
//! records"). Nothing is guessed: what a format doesn't say isn't read.

use std::{collections::BTreeSet, net::IpAddr};

use backstop_core::aftermath::Flow;
use jiff::Timestamp;

const DEFAULT: &str = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} \
                       ${packets} ${bytes} ${start} ${end} ${action} ${log-status}";
const NEEDED: [&str; 6] = ["interface-id", "srcaddr", "dstaddr", "start", "end", "action"];
/// Both ends, and those of packets that go through a gateway.
const ADDRESSES: [&str; 4] = ["srcaddr", "dstaddr", "pkt-srcaddr", "pkt-dstaddr"];

/// The names of the fields, in order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Format(Vec<String>);

impl Format {
    pub(super) fn default_of_aws() -> Self {
        Self::read(DEFAULT).unwrap_or_else(|_| Self(Vec::new()))
    }

    /// Refuses, in words, one that isn't fields with a space between, or lacks one that is needed.
    pub(super) fn read(format: &str) -> Result<Self, String> {
        let name = |field: &str| field.strip_prefix("${")?.strip_suffix('}').map(str::to_owned);
        let names: Option<Vec<String>> = format.split(' ').map(name).collect();
        let names = names.ok_or_else(|| "its format isn't known".to_owned())?;
        let missing: Vec<&str> = NEEDED
            .into_iter()
            .filter(|needed| !names.iter().any(|name| name == needed))
            .collect();
        if missing.is_empty() {
            Ok(Self(names))
        } else {
            Err(format!("its format lacks {}", missing.join(", ")))
        }
    }

    /// The flow of a record of accepted packets; nothing for another record, or one that isn't written so.
    pub(super) fn accepted(&self, line: &str) -> Option<Flow> {
        let values: Vec<&str> = line.split(' ').collect();
        if values.len() != self.0.len() {
            return None;
        }
        let value = |field: &str| {
            let mut fields = self.0.iter().zip(&values);
            fields
                .find(|(name, _)| name.as_str() == field)
                .map(|(_, value)| *value)
        };
        let time = |field: &str| Timestamp::from_second(value(field)?.parse().ok()?).ok();
        let addresses: BTreeSet<IpAddr> = ADDRESSES
            .into_iter()
            .filter_map(|field| value(field)?.parse().ok())
            .collect();
        if value("action") != Some("ACCEPT") || addresses.is_empty() {
            return None;
        }
        Some(Flow {
            interface: value("interface-id")?.to_owned(),
            addresses,
            start: time("start")?,
            end: time("end")?,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_default_is_read_by_its_fields() {
        let line =
            "2 123456789012 eni-1 10.0.0.5 203.0.113.66 49152 443 6 20 4249 1772363100 1772363160 ACCEPT OK";
        let flow = Format::default_of_aws().accepted(line).unwrap();
        assert_eq!(flow.interface, "eni-1");
        assert!(flow.addresses.contains(&"203.0.113.66".parse().unwrap()));
        assert_eq!(
            (
                flow.end.as_second() - flow.start.as_second(),
                flow.addresses.len()
            ),
            (60, 2)
        );
        for other in [
            line.replace("ACCEPT", "REJECT"),
            line.replace(" OK", ""),
            line.replace("1772363100", "soon"),
            "2 123456789012 eni-1 - - - - - - - 1772363100 1772363160 - NODATA".to_owned(),
        ] {
            assert_eq!(Format::default_of_aws().accepted(&other), None, "{other}");
        }
    }

    #[test]
    fn a_format_of_ones_own_is_read_by_what_it_says_or_not_at_all() {
        let own = Format::read(
            "${action} ${pkt-dstaddr} ${interface-id} ${start} ${end} ${srcaddr} ${dstaddr} ${tcp-flags}",
        )
        .unwrap();
        let flow = own
            .accepted("ACCEPT 203.0.113.66 eni-1 1772363100 1772363160 10.0.0.5 10.0.0.9 2")
            .unwrap();
        assert_eq!(flow.addresses.len(), 3, "the one behind the gateway too");
        assert_eq!(
            Format::read("${interface-id} ${srcaddr} ${start} ${end}").unwrap_err(),
            "its format lacks dstaddr, action"
        );
        assert_eq!(
            Format::read("interface-id,srcaddr").unwrap_err(),
            "its format isn't known"
        );
    }
}

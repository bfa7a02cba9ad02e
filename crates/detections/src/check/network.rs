//! Addresses and networks: how many strangers a rule lets hide in them.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde_saphyr::Spanned;

use super::{Criteria, Judged};
use crate::fields;

/// The widest range that still is somebody's own.
pub(crate) const WIDEST_PREFIX: u8 = 24;

/// Where anybody rents a machine by the minute, as parts of the names of their networks.
const CLOUDS: [&str; 22] = [
    "akamai",
    "alibaba",
    "aliyun",
    "amazon",
    "aws",
    "azure",
    "choopa",
    "cloudflare",
    "contabo",
    "digitalocean",
    "google",
    "hetzner",
    "huawei",
    "leaseweb",
    "linode",
    "m247",
    "microsoft",
    "oracle",
    "ovh",
    "scaleway",
    "tencent",
    "vultr",
];
/// Their numbers: Amazon (2), Google (2), Microsoft (2), DigitalOcean, OVH, Hetzner, Linode, Vultr, Oracle, Alibaba, Tencent.
const CLOUD_NUMBERS: [&str; 14] = [
    "14618", "16509", "15169", "396982", "8075", "8068", "14061", "16276", "24940", "63949", "20473",
    "31898", "45102", "132203",
];

pub(super) fn check(criteria: &Criteria<'_>, judged: &mut Judged) {
    for condition in &criteria.file.criteria.value {
        let condition = &condition.value;
        let name = condition.field.value.as_str();
        if fields::is_network_owner(name) {
            for value in condition.equals.iter().chain(&condition.matches) {
                check_owner(value, judged);
            }
        }
        if fields::is_address(name) {
            for value in &condition.equals {
                check_range(value, judged);
            }
            for pattern in &condition.matches {
                check_pattern(pattern, judged);
            }
        }
    }
}

fn check_owner(value: &Spanned<String>, judged: &mut Judged) {
    let text = value.value.to_ascii_lowercase();
    let number = text.trim_start_matches("as");
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let is_cloud = words.any(|word| CLOUDS.contains(&word)) || CLOUD_NUMBERS.contains(&number);
    if is_cloud || text.trim_matches('*').is_empty() {
        let message = format!("anybody can rent a machine in the network of `{}`", value.value);
        judged.refuse(
            value.referenced,
            "cloud-network",
            message,
            "ask for the addresses that are yours",
        );
    }
}

fn check_range(value: &Spanned<String>, judged: &mut Judged) {
    let text = value.value.as_str();
    if let Ok(range) = text.parse::<Ipv4Net>() {
        if range.prefix_len() < WIDEST_PREFIX {
            refuse_wide(value, judged);
        }
    } else if text.parse::<Ipv4Addr>().is_err() && !text.contains('*') {
        let message = format!("`{text}` is neither an address of version 4 nor a range");
        judged.refuse(
            value.referenced,
            "wrong-value",
            message,
            "write one such as `198.51.100.7` or `198.51.100.0/24`",
        );
    }
}

/// `198.51.100.*` is a range of 256 addresses; with less in front of the star it is wider.
fn check_pattern(pattern: &Spanned<String>, judged: &mut Judged) {
    let literal = pattern.value.split(['*', '?']).next().unwrap_or_default();
    if literal.matches('.').count() < 3 {
        refuse_wide(pattern, judged);
    }
}

fn refuse_wide(value: &Spanned<String>, judged: &mut Judged) {
    let message = format!("`{}` holds more addresses than a /{WIDEST_PREFIX}", value.value);
    judged.refuse(
        value.referenced,
        "wide-network",
        message,
        "name the addresses that are yours, by /24 at most",
    );
}

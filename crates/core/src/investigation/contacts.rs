//! Who reached an instance by AWS's own ways in, and where else the addresses were seen that it talked with. What goes over
//! the network isn't in CloudTrail: whoever came by an open port isn't here.

use std::{collections::BTreeSet, net::IpAddr};

use super::call::{self, Call};
use crate::{finding::Peer, text, words};

/// The newest of them; older ones are counted.
const MOST_LINES: usize = 30;
/// An ARN of a role with its path, and what was done.
const LINE_CHARS: usize = 320;

/// By service: CloudTrail's `eventSource` without `.amazonaws.com`, its `eventName`, and what it did to the instance.
const WAYS_IN: [(&str, &str, &str); 7] = [
    ("ec2", "GetPasswordData", "asked for its administrator's password"),
    ("ec2", "RunInstances", "started it"),
    ("ec2-instance-connect", "OpenTunnel", "opened a tunnel to it"),
    ("ec2-instance-connect", "SendSSHPublicKey", "let itself in by SSH"),
    (
        "ec2-instance-connect",
        "SendSerialConsoleSSHPublicKey",
        "let itself in by its serial console",
    ),
    ("ssm", "SendCommand", "ran a command on it"),
    ("ssm", "StartSession", "opened a session on it"),
];

/// The calls that CloudTrail is asked for by name: not all of them name the instance where it looks for resources.
pub fn ways_in() -> impl Iterator<Item = &'static str> {
    WAYS_IN.into_iter().map(|(_, name, _)| name)
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// A sentence each, oldest first.
    pub lines: Vec<String>,
    /// What nobody can tell from CloudTrail, a sentence each.
    pub limits: Vec<String>,
    /// From where, for those that name an address.
    pub addresses: BTreeSet<IpAddr>,
}

impl Reached {
    /// Of these calls, in any order and with copies, those that reached the instance: they name its id, or one of the private
    /// addresses that it has.
    pub fn of(instance: &str, private: &[String], calls: &[Call]) -> Self {
        let mut known = BTreeSet::new();
        let mut ways: Vec<(&Call, &str)> = calls
            .iter()
            .filter_map(|call| Some((call, way(call)?)))
            .filter(|(call, _)| known.insert(&call.id))
            .collect();
        ways.sort_by_key(|(call, _)| call.seen.at);
        let by_tag = ways.iter().filter(|(call, _)| call.is_by_tag()).count();
        ways.retain(|(call, _)| {
            let names_address = || private.iter().any(|address| call.names(address));
            call.names(instance) || (call.seen.name == "OpenTunnel" && names_address())
        });
        let mut found = Self {
            addresses: ways
                .iter()
                .filter_map(|(call, _)| call.seen.ip.as_ref()?.parse().ok())
                .collect(),
            ..Self::default()
        };
        let left_out = ways.len().saturating_sub(MOST_LINES);
        if left_out > 0 {
            let left_out = u32::try_from(left_out).unwrap_or(u32::MAX);
            found.lines.push(format!(
                "it was reached {} before what follows, too",
                words::count(left_out, "time")
            ));
        }
        found.lines.extend(
            ways.iter()
                .skip(left_out)
                .map(|(call, says)| line(instance, call, says)),
        );
        if by_tag > 0 {
            let by_tag = u32::try_from(by_tag).unwrap_or(u32::MAX);
            found.limits.push(format!(
                "{} went to instances by their tags: CloudTrail doesn't say whether this one was among them",
                words::count(by_tag, "Systems Manager command")
            ));
        }
        found
    }
}

/// One end of a connection, by the finding's word.
pub fn peer_words(peer: &Peer) -> String {
    let whose = match peer.is_amazons {
        true => ", an address in Amazon's network, where AWS's services and its customers are",
        false => "",
    };
    format!("the finding names {} as the other end{whose}", peer.address)
}

/// How often the calls of this incident came from an address that the finding names.
pub fn elsewhere<'a>(peer: &Peer, addresses: impl Iterator<Item = (&'a String, &'a u32)>) -> Option<String> {
    let same = |address: &str| {
        address
            .parse::<IpAddr>()
            .is_ok_and(|it| it.to_canonical() == peer.address)
    };
    let calls: u32 = addresses
        .filter(|(address, _)| same(address))
        .map(|(_, calls)| *calls)
        .sum();
    (calls > 0).then(|| {
        format!(
            "{} with the instance's credentials came from {} itself (CloudTrail)",
            words::count(calls, "call"),
            peer.address
        )
    })
}

fn way(call: &Call) -> Option<&'static str> {
    let source = &call.seen.source;
    let service = source.strip_suffix(".amazonaws.com").unwrap_or(source);
    WAYS_IN
        .into_iter()
        .find(|(of, name, _)| *of == service && *name == call.seen.name)
        .map(|(_, _, says)| says)
}

fn line(instance: &str, call: &Call, says: &str) -> String {
    let from = call.seen.ip.as_deref().unwrap_or("an unknown address");
    let session = call.caller.session.as_deref().map(call::clean);
    let session = session.map_or_else(String::new, |name| format!(" (session {name})"));
    // Private addresses are a network's own: another has the same.
    let says = match call.names(instance) {
        true => says.to_owned(),
        false => format!("{says}, or to whatever has its private address in another VPC"),
    };
    let outcome = call.seen.error.as_ref();
    let outcome = outcome.map_or_else(String::new, |error| format!(", which failed ({error})"));
    let line = format!(
        "{} {}{session} {says}, from {from} ({}){outcome}",
        call.seen.at,
        call.by(),
        call.seen.name
    );
    text::bounded(&line, LINE_CHARS)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use serde_json::{Value, json};

    use super::*;

    const ID: &str = "i-0123456789abcdef0";

    fn call(id: &str, service: &str, name: &str, asked: Value) -> Call {
        let record = json!({
            "eventID": id, "eventTime": format!("2026-03-01T12:00:0{id}Z"), "eventName": name,
            "eventSource": format!("{service}.amazonaws.com"), "awsRegion": "eu-west-1",
            "sourceIPAddress": "198.51.100.7", "requestParameters": asked,
            "userIdentity": {
                "type": "AssumedRole", "arn": "arn:aws:sts::123456789012:assumed-role/admin/eve\u{1b}[2Jvil",
                "sessionContext": { "sessionIssuer": { "arn": "arn:aws:iam::123456789012:role/admin", "userName": "admin" } },
            },
        });
        Call::read(&record.to_string()).unwrap()
    }

    #[test]
    fn who_reached_it_is_told_and_who_reached_another_is_not() {
        let calls = [
            call("3", "ssm", "StartSession", json!({ "target": ID })),
            call(
                "1",
                "ec2-instance-connect",
                "SendSSHPublicKey",
                json!({ "instanceId": ID }),
            ),
            call(
                "2",
                "ssm",
                "StartSession",
                json!({ "target": "i-0fedcba9876543210" }),
            ),
            // A copy, found by another lookup.
            call("3", "ssm", "StartSession", json!({ "target": ID })),
            call(
                "4",
                "ec2-instance-connect",
                "OpenTunnel",
                json!({ "privateIpAddress": "10.0.0.5" }),
            ),
            call("5", "ec2", "StopInstances", json!({ "instanceId": ID })),
            // Somebody else's service of that name.
            call("6", "example", "StartSession", json!({ "target": ID })),
        ];
        let reached = Reached::of(ID, &["10.0.0.5".to_owned()], &calls);
        assert_eq!(
            reached.lines,
            [
                "2026-03-01T12:00:01Z arn:aws:iam::123456789012:role/admin (session evevil) let itself in by SSH, from \
                 198.51.100.7 (SendSSHPublicKey)",
                "2026-03-01T12:00:03Z arn:aws:iam::123456789012:role/admin (session evevil) opened a session on it, from \
                 198.51.100.7 (StartSession)",
                "2026-03-01T12:00:04Z arn:aws:iam::123456789012:role/admin (session evevil) opened a tunnel to it, or to \
                 whatever has its private address in another VPC, from 198.51.100.7 (OpenTunnel)",
            ]
        );
        assert_eq!(reached.limits, Vec::<String>::new());
        assert_eq!(reached.addresses, ["198.51.100.7".parse().unwrap()].into());
    }

    #[test]
    fn a_command_to_whatever_has_a_tag_is_no_ones_and_is_said() {
        let by_tag = json!({ "documentName": "AWS-RunShellScript", "targets": [{ "key": "tag:team", "values": ["web"] }] });
        let by_id = json!({ "targets": [{ "key": "InstanceIds", "values": [ID] }] });
        let calls = [
            call("1", "ssm", "SendCommand", by_tag),
            call("2", "ssm", "SendCommand", by_id),
        ];
        let reached = Reached::of(ID, &[], &calls);
        assert_eq!(reached.lines.len(), 1, "{:?}", reached.lines);
        assert_eq!(
            reached.limits,
            [
                "1 Systems Manager command went to instances by their tags: CloudTrail doesn't say whether this one was among \
              them"
            ]
        );
    }

    #[test]
    fn the_newest_are_told_and_the_others_are_counted() {
        let many: Vec<Call> = (0..40)
            .map(|number| {
                let mut call = call("0", "ssm", "StartSession", json!({ "target": ID }));
                call.id = number.to_string();
                call
            })
            .collect();
        let lines = Reached::of(ID, &[], &many).lines;
        assert_eq!(lines.len(), MOST_LINES + 1);
        assert_eq!(
            lines.first().unwrap(),
            "it was reached 10 times before what follows, too"
        );
    }

    #[test]
    fn calls_from_the_other_end_itself_are_told() {
        let peer = Peer {
            address: "203.0.113.9".parse().unwrap(),
            is_amazons: false,
        };
        let own = std::collections::BTreeMap::from([
            ("203.0.113.9".to_owned(), 3),
            ("::ffff:203.0.113.9".to_owned(), 1),
            ("10.0.0.1".to_owned(), 7),
            ("ssm.amazonaws.com".to_owned(), 2),
        ]);
        assert_eq!(
            elsewhere(&peer, own.iter()).unwrap(),
            "4 calls with the instance's credentials came from 203.0.113.9 itself (CloudTrail)"
        );
        let other = Peer {
            address: "203.0.113.10".parse().unwrap(),
            is_amazons: true,
        };
        assert_eq!(elsewhere(&other, own.iter()), None);
        assert!(peer_words(&other).contains("in Amazon's network"));
    }
}

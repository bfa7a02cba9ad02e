//! What happened since an incident was contained, from the calls that CloudTrail has. All that is kept is bounded, and what
//! has no room is counted.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{
    Call, Suspect,
    denial::{is_denial, needs_no_permission},
};
use crate::{
    aftermath::{Aftermath, CallSeen, Touch},
    guardrail::Protection,
    ids::Region,
    words,
};

/// Calls that are kept one by one, of each sort.
const MOST_SHOWN: usize = 20;
/// IAM is said to take minutes until a change is in force everywhere. A call that succeeds later is no matter of that.
const TAKES_EFFECT: SignedDuration = SignedDuration::from_mins(5);

/// What was looked at, and for whom.
#[derive(Debug)]
pub struct Looked<'a> {
    /// Whoever was contained.
    pub suspect: &'a Suspect,
    /// The user all of whose calls are denied, if a step does that.
    pub denied_user: Option<&'a str>,
    /// Which principals are Backstop's own.
    pub protection: &'a Protection,
    /// When the incident was contained.
    pub contained_at: Timestamp,
    /// Until when was looked.
    pub to: Timestamp,
    /// The Regions.
    pub regions: Vec<Region>,
    /// What wasn't read, a sentence each.
    pub incomplete: Vec<String>,
}

impl Looked<'_> {
    /// Sums up the calls found by the target's credentials, and those found by the names of what was contained, in any order
    /// and with copies.
    pub fn aftermath(&self, calls: &[Call], about: &[Call]) -> Aftermath {
        let from = self.contained_at;
        let third = self.to.duration_since(from) / 3;
        let mut found = Aftermath {
            from,
            settled: from + third.min(TAKES_EFFECT).max(SignedDuration::ZERO),
            to: self.to,
            regions: self.regions.clone(),
            incomplete: self.incomplete.clone(),
            ..Aftermath::default()
        };
        let mut of_unknown_age = 0_u32;
        for call in since(calls, from) {
            match self.contained(call) {
                Some(true) => count(&mut found, call),
                None if call.succeeded() && call.seen.at >= found.settled => of_unknown_age += 1,
                Some(false) | None => {}
            }
        }
        for call in since(about, from) {
            self.note_touch(&mut found, call);
        }
        if of_unknown_age > 0 {
            found.incomplete.push(format!(
                "{} of sessions of the role succeeded of which CloudTrail doesn't say when they began",
                words::count(of_unknown_age, "call")
            ));
        }
        found
    }

    /// Whether whoever was contained made this call; `None` if nobody can tell: what is cut off are a role's sessions from
    /// before, and CloudTrail doesn't say when this one began.
    fn contained(&self, call: &Call) -> Option<bool> {
        let by_denied = call.caller.kind == "IAMUser"
            && self.denied_user.is_some()
            && call.caller.name.as_deref() == self.denied_user;
        if by_denied {
            return Some(true);
        }
        if !self.suspect.did(call) {
            return Some(false);
        }
        if self.suspect.is_known_by_key(call) || call.caller.kind != "AssumedRole" {
            return Some(true);
        }
        call.caller.since.map(|began| began <= self.contained_at)
    }

    fn is_own(&self, call: &Call) -> bool {
        let issuer = call.caller.issuer.as_deref();
        issuer.is_some_and(|arn| self.protection.is_own_role(arn))
            // CloudTrail's times are whole seconds: what contained the target happened in this one, by a role.
            || (call.seen.at <= self.contained_at && call.caller.kind == "AssumedRole")
    }

    fn note_touch(&self, found: &mut Aftermath, call: &Call) {
        // Taking a role changes nothing about it.
        let is_change = !call.seen.reads && !call.seen.name.starts_with("AssumeRole");
        if !is_change || !call.succeeded() || self.is_own(call) {
            return;
        }
        if found.touched.len() < MOST_SHOWN {
            found.touched.push(Touch {
                by: call.by(),
                call: seen(call),
            });
        } else {
            found.more_touched = found.more_touched.saturating_add(1);
        }
    }
}

fn count(found: &mut Aftermath, call: &Call) {
    let slot = match &call.seen.error {
        Some(code) if is_denial(code) => &mut found.denied,
        Some(_) => &mut found.failed_otherwise,
        None if needs_no_permission(&call.seen.source, &call.seen.name) => &mut found.undeniable,
        None if call.seen.at < found.settled => &mut found.early,
        None => {
            if found.calls.len() < MOST_SHOWN {
                found.calls.push(seen(call));
            }
            &mut found.succeeded
        }
    };
    *slot = slot.saturating_add(1);
}

fn seen(call: &Call) -> CallSeen {
    let seen = &call.seen;
    CallSeen {
        at: seen.at,
        name: seen.name.clone(),
        source: seen.source.clone(),
        ip: seen.ip.clone(),
        resources: seen.resources.clone(),
        agent: seen.agent.clone(),
    }
}

/// Each call since then once, the newest first. CloudTrail's times are whole seconds.
fn since(calls: &[Call], from: Timestamp) -> Vec<&Call> {
    let mut known = BTreeSet::new();
    let mut since: Vec<&Call> = calls
        .iter()
        .filter(|call| call.seen.at.as_second() >= from.as_second() && known.insert(&call.id))
        .collect();
    since.sort_by_key(|call| std::cmp::Reverse(call.seen.at));
    since
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use serde_json::{Value, json};

    use super::*;
    use crate::target::{Resource, Target, kind};

    const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

    fn at(text: &str) -> Timestamp {
        format!("2026-03-01T{text}Z").parse().unwrap()
    }

    fn call(id: &str, time: &str, name: &str, identity: Value, error: Option<&str>) -> Call {
        let event = json!({
            "userIdentity": identity, "eventTime": format!("2026-03-01T{time}Z"), "eventID": id,
            "eventSource": "iam.amazonaws.com", "eventName": name, "awsRegion": "us-east-1",
            "sourceIPAddress": "203.0.113.7", "errorCode": error, "readOnly": name.starts_with("Get"),
            "requestParameters": { "userName": "alice" },
        });
        Call::read(&event.to_string()).unwrap()
    }

    fn by_key(key: &str) -> Value {
        json!({ "type": "IAMUser", "accessKeyId": key, "userName": "alice" })
    }

    fn by_role(path: &str) -> Value {
        json!({ "type": "AssumedRole", "accessKeyId": "ASIAIOSFODNN7EXAMPLE", "sessionContext": { "sessionIssuer": {
            "userName": "r", "arn": format!("arn:aws:iam::123456789012:role/{path}r") } } })
    }

    fn look(calls: &[Call], about: &[Call], denied_user: Option<&str>) -> Aftermath {
        let target = Target {
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
            resource: Resource::AccessKey(kind::AccessKey {
                key_id: KEY.into(),
                user_name: Some("alice".into()),
                user_id: None,
            }),
        };
        let looked = Looked {
            suspect: &Suspect::new(&target, Some("alice".into())),
            denied_user,
            protection: &Protection::of_stack("backstop", "123456789012", ""),
            contained_at: at("10:00:00.5"),
            to: at("10:15:00.5"),
            regions: vec!["eu-west-1".into()],
            incomplete: vec![],
        };
        looked.aftermath(calls, about)
    }

    #[test]
    fn what_is_denied_what_takes_effect_and_what_goes_on_are_told_apart() {
        let denied = Some("AccessDenied");
        let calls = [
            call("1", "09:59:59", "CreateUser", by_key(KEY), None),
            call("2", "10:01:00", "CreateUser", by_key(KEY), None),
            call("3", "10:06:00", "CreateUser", by_key(KEY), denied),
            call(
                "4",
                "10:07:00",
                "GetUser",
                by_key(KEY),
                Some("NoSuchEntityException"),
            ),
            call("5", "10:08:00", "CreateAccessKey", by_key(KEY), None),
            call("5", "10:08:00", "CreateAccessKey", by_key(KEY), None),
            call(
                "6",
                "10:09:00",
                "CreateUser",
                by_key("AKIAOTHERKEYOFALICE0"),
                None,
            ),
        ];
        let found = look(&calls, &[], None);
        let counts = (found.early, found.denied, found.failed_otherwise, found.succeeded);
        assert_eq!(
            counts,
            (1, 1, 1, 1),
            "before it was contained nothing counts: {found:#?}"
        );
        assert_eq!(
            found.alarming(),
            ["1 call succeeded after 2026-03-01T10:05:00Z: CreateAccessKey"]
        );
        // Where everything of the user's is denied, each of the user's keys counts.
        assert_eq!(look(&calls, &[], Some("alice")).succeeded, 2);
    }

    #[test]
    fn whoever_touched_it_is_named_but_for_backstop_itself() {
        let mallory = json!({ "type": "IAMUser", "userName": "mallory", "accessKeyId": "AKIAMALLORY000000000",
                              "arn": "arn:aws:iam::123456789012:user/mallory" });
        let about = [
            call("1", "10:00:00", "PutUserPolicy", by_role(""), None),
            call("2", "10:00:00", "DeleteUserPolicy", mallory.clone(), None),
            call("3", "10:04:00", "PutUserPolicy", by_role("backstop/"), None),
            call("4", "10:05:00", "TagUser", by_role("ci/"), None),
            call("5", "10:06:00", "GetUser", mallory.clone(), None),
            call("6", "10:06:00", "DeleteUserPolicy", mallory, Some("AccessDenied")),
        ];
        let touched = look(&[], &about, None).touched;
        let sentences: Vec<String> = touched.iter().map(Touch::sentence).collect();
        assert_eq!(
            sentences,
            [
                "arn:aws:iam::123456789012:role/ci/r called TagUser on alice at 2026-03-01T10:05:00Z from 203.0.113.7",
                "arn:aws:iam::123456789012:user/mallory called DeleteUserPolicy on alice at 2026-03-01T10:00:00Z from \
                 203.0.113.7",
            ]
        );
    }
}

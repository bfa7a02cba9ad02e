//! What CloudTrail's event history has of the target since it was contained: what it still tried, and who touched it. All
//! that is kept is bounded, and what has no room is counted.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::denial::{is_denial, needs_no_permission};
use crate::{
    guardrail::Protection,
    ids::Region,
    investigation::{Call, Seen, Suspect},
    words,
};

/// Calls that are kept one by one, of each sort.
pub const MOST_SHOWN: usize = 20;
/// IAM is said to take minutes until a change is in force everywhere. A call that succeeds later is no matter of that.
const TAKES_EFFECT: SignedDuration = SignedDuration::from_mins(5);

/// What happened since.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aftermath {
    /// When the incident was contained.
    pub from: Timestamp,
    /// From when on nothing may succeed any more: changes take their time to be in force.
    pub settled: Timestamp,
    /// Until when was looked.
    pub to: Timestamp,
    /// The Regions whose event history was read.
    pub regions: Vec<Region>,
    /// Calls of whoever was contained that AWS refused.
    pub denied: u32,
    /// Calls that succeeded before the containment had settled.
    pub early: u32,
    /// Calls that succeeded after that.
    pub succeeded: u32,
    /// Calls that failed for another reason than that they weren't allowed.
    pub failed_otherwise: u32,
    /// Calls that nothing can deny.
    pub undeniable: u32,
    /// Those that succeeded after the containment had settled, one by one, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Seen>,
    /// Changes to what was contained, and to what contains it, by others than Backstop; the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub touched: Vec<Touch>,
    /// Changes that had no room.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_touched: u32,
    /// What nobody should think was looked at, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<String>,
    /// What was to be read and wasn't, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub incomplete: Vec<String>,
}

/// A change, and who made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touch {
    /// The caller's ARN, or what CloudTrail has instead.
    pub by: String,
    /// The call.
    pub call: Seen,
}

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

impl Aftermath {
    /// Sums up the calls found by the target's credentials, and those found by the names of what was contained, in any order
    /// and with copies.
    pub fn of(looked: Looked<'_>, calls: &[Call], about: &[Call]) -> Self {
        let from = looked.contained_at;
        let third = looked.to.duration_since(from) / 3;
        let mut found = Self {
            from,
            settled: from + third.min(TAKES_EFFECT).max(SignedDuration::ZERO),
            to: looked.to,
            regions: looked.regions.clone(),
            incomplete: looked.incomplete.clone(),
            ..Self::default()
        };
        let mut of_unknown_age = 0_u32;
        for call in since(calls, from) {
            match looked.contained(call) {
                Some(true) => found.count(call),
                None if call.succeeded() && call.seen.at >= found.settled => of_unknown_age += 1,
                Some(false) | None => {}
            }
        }
        for call in since(about, from) {
            found.note_touch(&looked, call);
        }
        if of_unknown_age > 0 {
            found.incomplete.push(format!(
                "{} of sessions of the role succeeded of which CloudTrail doesn't say when they began",
                words::count(of_unknown_age, "call")
            ));
        }
        found
    }

    /// Nothing in CloudTrail could be looked for.
    pub fn of_nothing(from: Timestamp, to: Timestamp, why: String) -> Self {
        Self {
            from,
            settled: from,
            to,
            limits: vec![why],
            ..Self::default()
        }
    }

    /// What shows that the target isn't contained, a sentence each.
    pub fn alarming(&self) -> Vec<String> {
        if self.succeeded == 0 {
            return Vec::new();
        }
        let names: BTreeSet<&str> = self.calls.iter().map(|call| call.name.as_str()).take(5).collect();
        let names: Vec<&str> = names.into_iter().collect();
        vec![format!(
            "{} succeeded after {}: {}",
            words::count(self.succeeded, "call"),
            second(self.settled),
            names.join(", ")
        )]
    }

    /// What was seen of the target's own calls, in one sentence.
    pub fn tried(&self) -> String {
        if self.regions.is_empty() {
            return "CloudTrail has nothing to find this by".to_owned();
        }
        let regions: Vec<&str> = self.regions.iter().map(Region::as_str).collect();
        let mut seen = vec![
            format!("{} denied", words::count(self.denied, "call")),
            format!("{} that succeeded", words::count(self.succeeded, "call")),
        ];
        for (number, what) in [
            (self.early, "succeeded while it took effect"),
            (self.failed_otherwise, "failed for another reason"),
            (self.undeniable, "needed no permission"),
        ] {
            if number > 0 {
                seen.push(format!("{number} more {what}"));
            }
        }
        format!(
            "CloudTrail in {}, from {} to {}: {}",
            regions.join(" and "),
            second(self.from),
            second(self.to),
            seen.join(", ")
        )
    }

    fn count(&mut self, call: &Call) {
        let slot = match &call.seen.error {
            Some(code) if is_denial(code) => &mut self.denied,
            Some(_) => &mut self.failed_otherwise,
            None if needs_no_permission(&call.seen.source, &call.seen.name) => &mut self.undeniable,
            None if call.seen.at < self.settled => &mut self.early,
            None => {
                if self.calls.len() < MOST_SHOWN {
                    self.calls.push(call.seen.clone());
                }
                &mut self.succeeded
            }
        };
        *slot = slot.saturating_add(1);
    }

    fn note_touch(&mut self, looked: &Looked<'_>, call: &Call) {
        // Taking a role changes nothing about it.
        let is_change = !call.seen.reads && !call.seen.name.starts_with("AssumeRole");
        if !is_change || !call.succeeded() || looked.is_own(call) {
            return;
        }
        if self.touched.len() < MOST_SHOWN {
            self.touched.push(Touch {
                by: call.by(),
                call: call.seen.clone(),
            });
        } else {
            self.more_touched = self.more_touched.saturating_add(1);
        }
    }
}

impl Touch {
    /// In one sentence.
    pub fn sentence(&self) -> String {
        let on = match self.call.resources.as_slice() {
            [] => String::new(),
            resources => format!(" on {}", resources.join(", ")),
        };
        let from = self.call.ip.as_deref().unwrap_or("an unknown address");
        format!(
            "{} called {}{on} at {} from {from}",
            self.by,
            self.call.name,
            second(self.call.at)
        )
    }
}

impl Looked<'_> {
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

fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

//! What happened to a contained target, as CloudTrail's event history has it: what it still tried, and who touched it. That a
//! policy is stored doesn't say that it is in force: IAM takes minutes for that (IAM User Guide, "Changes that I make are not
//! always immediately visible"), and whoever is contained may use them. So what was done is read a second time, and this tells
//! what came in between; [`crate::incident::Incident::verdict`] has what follows from both.

mod flows;
mod pipeline;

use std::collections::BTreeSet;

pub use flows::{Flow, Flows, Seen};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::Region;

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
    pub calls: Vec<CallSeen>,
    /// Changes to what was contained, and to what contains it, by others than Backstop; the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub touched: Vec<Touch>,
    /// Changes that had no room.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_touched: u32,
    /// What flow logs have of a contained instance's network interfaces, where they were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flows: Option<Flows>,
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
    pub call: CallSeen,
}

/// A call, as far as people need it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallSeen {
    /// When CloudTrail says it was made.
    pub at: Timestamp,
    /// `DeleteUserPolicy`
    pub name: String,
    /// `iam.amazonaws.com`
    pub source: String,
    /// The address, or the service that called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// What it was about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// What the caller said of its program; anybody can say anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
}

impl Aftermath {
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
        let flows = self.flows.as_ref().and_then(|flows| flows.alarming(self.settled));
        self.calls_that_succeeded().into_iter().chain(flows).collect()
    }

    /// What flow logs show, in one sentence, if they were read.
    pub fn flowed(&self) -> Option<String> {
        Some(self.flows.as_ref()?.sentence(self.settled))
    }

    fn calls_that_succeeded(&self) -> Option<String> {
        if self.succeeded == 0 {
            return None;
        }
        let names: BTreeSet<&str> = self.calls.iter().map(|call| call.name.as_str()).take(5).collect();
        let names: Vec<&str> = names.into_iter().collect();
        Some(format!(
            "{} succeeded after {}: {}",
            calls(self.succeeded),
            second(self.settled),
            names.join(", ")
        ))
    }

    /// What was seen of the target's own calls, in one sentence.
    pub fn tried(&self) -> String {
        if self.regions.is_empty() {
            return "CloudTrail has nothing to find this by".to_owned();
        }
        let regions: Vec<&str> = self.regions.iter().map(Region::as_str).collect();
        let mut seen = vec![
            format!("{} denied", calls(self.denied)),
            format!("{} that succeeded", calls(self.succeeded)),
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

fn calls(number: u32) -> String {
    match number {
        0 => "no calls".to_owned(),
        1 => "1 call".to_owned(),
        _ => format!("{number} calls"),
    }
}

fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

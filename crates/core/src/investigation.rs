//! What a principal did, as CloudTrail's event history has it, and what that calls for. Pure: the calls come in as
//! text; everything that is kept is bounded, and what was left out is counted.

mod call;
mod contacts;
mod denial;
mod meaning;
mod notable;
mod proposal;
mod since_contained;
mod subject;
mod suspect;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use call::{Call, Caller, Seen, UnreadableEvent};
pub use contacts::{Reached, elsewhere, peer_words, ways_in};
pub use proposal::Proposal;
pub use since_contained::Looked;
pub use suspect::{Lookup, MOST_KEYS, Suspect};

use crate::{ids::Region, incident::Incident, playbooks::Playbooks, step::Phase, words};
use notable::Lines;
use subject::Subject;

/// All of it as JSON: a record of the log holds it, with room to spare (DynamoDB takes 400 KB an item).
pub const MOST_BYTES: usize = 140_000;
const MOST_COUNTED: usize = 60;
const MOST_NOTABLE: usize = 120;
const MOST_PROPOSALS: usize = 30;
const MOST_REASONS: usize = 2;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Investigation {
    /// The beginning of what was looked at.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// The Regions whose event history was read.
    pub regions: Vec<Region>,
    /// Calls of the suspect's that were found.
    pub calls: u32,
    /// Of those, how many failed.
    pub failed: u32,
    /// How often it called what: `iam:CreateUser` → calls, failures.
    pub by_call: BTreeMap<String, Count>,
    /// How often it came from where.
    pub by_address: BTreeMap<String, u32>,
    /// Of an instance: who reached it, with whom it talked, and where else those addresses were seen, a line each. Left out
    /// where nobody looked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    /// What a person must know of, a line each, oldest first.
    pub notable: Vec<String>,
    /// What to do about it.
    pub proposals: Vec<Proposal>,
    /// The calls themselves, oldest first: what changes something before what reads, if not all have room.
    pub timeline: Vec<Seen>,
    /// What wasn't read or had no room, a sentence each.
    pub incomplete: Vec<String>,
}

/// How often something was called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// In all.
    pub calls: u32,
    /// Without success.
    pub failed: u32,
}

/// When and where was looked.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The beginning.
    pub from: Timestamp,
    /// The end.
    pub to: Timestamp,
    /// The Regions.
    pub regions: Vec<Region>,
    /// What wasn't read, a sentence each.
    pub incomplete: Vec<String>,
    /// [`Investigation::contacts`].
    pub contacts: Vec<String>,
}

impl Investigation {
    /// Sums up the suspect's calls, given oldest first. Others' are left out, and so are copies. What is proposed is
    /// done by one of the playbooks.
    pub fn of(suspect: &Suspect, scope: Scope, calls: &[Call], playbooks: &Playbooks) -> Self {
        let mut known = BTreeSet::new();
        let mut own: Vec<&Call> = calls
            .iter()
            .filter(|call| suspect.did(call) && known.insert(&call.id))
            .collect();
        // CloudTrail's times are whole seconds: what is in one stays as it came.
        own.sort_by_key(|call| call.seen.at);
        let mut found = Self {
            from: scope.from,
            to: scope.to,
            regions: scope.regions,
            calls: counted(own.len()),
            failed: counted(own.iter().filter(|call| !call.succeeded()).count()),
            by_call: BTreeMap::new(),
            by_address: BTreeMap::new(),
            contacts: scope.contacts,
            notable: Vec::new(),
            proposals: Vec::new(),
            timeline: Vec::new(),
            incomplete: scope.incomplete,
        };
        let mut lines = Lines::default();
        for call in &own {
            found.count(call);
            found.judge(suspect, call, playbooks, &mut lines);
        }
        found.notable = lines.finish();
        found.bound_notable();
        found.fill_timeline(&own);
        found
    }

    /// The investigation that a step of the incident kept.
    pub fn in_incident(incident: &Incident) -> Option<Self> {
        incident
            .steps
            .iter()
            .filter(|state| state.step.phase == Phase::Investigate && state.acted)
            .filter_map(|state| state.plan.as_ref()?.captured.clone())
            .find_map(|captured| serde_json::from_value(captured).ok())
    }

    /// One line for people: how much, in how long, from where.
    pub fn in_short(&self) -> String {
        let regions: Vec<&str> = self.regions.iter().map(Region::as_str).collect();
        if regions.is_empty() {
            return "CloudTrail's event history wasn't read".to_owned();
        }
        let failed = match self.failed {
            0 => "none of them failed".to_owned(),
            failed => format!("{failed} of them failed"),
        };
        format!(
            "{} from {} between {} and {}, {failed} (CloudTrail in {})",
            words::count(self.calls, "call"),
            words::count(counted(self.by_address.len()), "address"),
            second(self.from),
            second(self.to),
            regions.join(" and ")
        )
    }

    fn count(&mut self, call: &Call) {
        let service = call.seen.source.trim_end_matches(".amazonaws.com");
        let name = format!("{service}:{}", call.seen.name);
        let count = slot(&mut self.by_call, name);
        count.calls = count.calls.saturating_add(1);
        count.failed = count.failed.saturating_add(u32::from(!call.succeeded()));
        if let Some(ip) = &call.seen.ip {
            let times = slot(&mut self.by_address, ip.clone());
            *times = times.saturating_add(1);
        }
    }

    /// What the call means. A failed one left nothing behind, but that it was tried is worth knowing.
    fn judge(&mut self, suspect: &Suspect, call: &Call, playbooks: &Playbooks, lines: &mut Lines) {
        if let Some(user) = suspect.issuer(call) {
            let why = "it called `GetFederationToken` for this session".to_owned();
            self.propose(
                Proposal::about(&Subject::User(user.to_owned()), suspect, playbooks),
                why,
            );
        }
        if let Some(key) = suspect.minting_key(call) {
            let key = Subject::Key {
                id: key.to_owned(),
                user: suspect.user.clone(),
            };
            let why = "it signed the `GetSessionToken` that made this session".to_owned();
            self.propose(Proposal::about(&key, suspect, playbooks), why);
        }
        let Some(meaning) = meaning::find(&call.seen.source, &call.seen.name) else {
            return;
        };
        let subjects = Subject::all_of(meaning, call);
        let what = notable::what(meaning, &subjects, call);
        if call.succeeded() {
            for subject in &subjects {
                self.propose(
                    Proposal::about(subject, suspect, playbooks),
                    notable::line(&what, call),
                );
            }
        }
        lines.add(what, call);
    }

    fn propose(&mut self, proposal: Option<Proposal>, because: String) {
        let Some(mut proposal) = proposal else {
            return;
        };
        if let Some(known) = self
            .proposals
            .iter_mut()
            .find(|known| known.what == proposal.what)
        {
            if known.because.len() < MOST_REASONS && !known.because.contains(&because) {
                known.because.push(because);
            }
        } else if self.proposals.len() < MOST_PROPOSALS {
            proposal.because.push(because);
            self.proposals.push(proposal);
        } else {
            let note = format!("more than {MOST_PROPOSALS} things to do were found; the rest isn't listed");
            if !self.incomplete.contains(&note) {
                self.incomplete.push(note);
            }
        }
    }

    fn bound_notable(&mut self) {
        let mut left_out = self.notable.len().saturating_sub(MOST_NOTABLE);
        self.notable.drain(..left_out);
        // A quarter of the room is the timeline's.
        while json_len(self) > MOST_BYTES / 4 * 3 && !self.notable.is_empty() {
            self.notable.remove(0);
            left_out += 1;
        }
        if left_out > 0 {
            self.incomplete
                .push(format!("{left_out} older notable calls aren't listed one by one"));
        }
    }

    /// As many calls as there is room for: changes first, the newest first.
    fn fill_timeline(&mut self, own: &[&Call]) {
        let mut room = MOST_BYTES.saturating_sub(json_len(self) + 200);
        let mut order: Vec<&&Call> = own.iter().rev().collect();
        order.sort_by_key(|call| call.seen.reads);
        for call in order {
            let length = json_len(&call.seen) + 1;
            if length > room {
                break;
            }
            room -= length;
            self.timeline.push(call.seen.clone());
        }
        self.timeline.sort_by_key(|seen| seen.at);
        let left_out = own.len() - self.timeline.len();
        if left_out > 0 {
            self.incomplete.push(format!(
                "{left_out} of {} calls are counted but had no room here",
                own.len()
            ));
        }
    }
}

/// The entry of this name, or that of all others once there are too many.
fn slot<T: Default>(counts: &mut BTreeMap<String, T>, name: String) -> &mut T {
    let is_full = counts.len() >= MOST_COUNTED && !counts.contains_key(&name);
    counts
        .entry(if is_full { "others".to_owned() } else { name })
        .or_default()
}

/// CloudTrail's times are whole seconds, and a fraction looks like a host's name to a mail program.
fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn counted(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A value of this module always has a JSON form; one without would take all room rather than none.
fn json_len(value: &impl Serialize) -> usize {
    serde_json::to_string(value).map_or(MOST_BYTES, |json| json.len())
}

#[cfg(test)]
mod tests;

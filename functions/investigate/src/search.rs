//! What whoever the incident is about did, as CloudTrail's event history has it.

use std::collections::{BTreeMap, BTreeSet};

use backstop_aws::{Access, home_region};
use backstop_core::{
    Region,
    investigation::{Call, Investigation, Lookup, Scope, Suspect},
};
use backstop_runtime::{CallError, StepError, action::StepRequest, playbooks};
use tokio::time::Instant;

use crate::trail::{self, Found, Rest, Span};

/// What nobody should think this looked at.
pub(crate) fn limits(found: &Investigation) -> Vec<String> {
    let regions: Vec<&str> = found.regions.iter().map(Region::as_str).collect();
    let mut limits = vec![
        "CloudTrail's event history has management events only: which objects, items and messages were read is not \
         in it"
            .to_owned(),
        "CloudTrail delivers late: calls of the last 15 minutes may be missing".to_owned(),
        format!("no Region but {} was looked at", regions.join(" and ")),
    ];
    limits.extend(found.incomplete.iter().cloned());
    limits
}

/// What one lookup left unread, a sentence each; `what` says of what the events are.
pub(crate) fn unread(region: &Region, what: &str, found: &Found) -> Vec<String> {
    let rest = match found.rest {
        Rest::None => None,
        Rest::Older => Some(format!(
            "{region} has more than {} events {what}: only the newest were read",
            trail::MOST_EVENTS
        )),
        Rest::OutOfTime => Some(format!(
            "the time for it was over: {region} has more events than were read, and the newest were"
        )),
        Rest::Failed => Some(format!(
            "CloudTrail failed before the end: {region} has more events than were read, and the newest were"
        )),
    };
    let unreadable =
        (found.unreadable > 0).then(|| format!("{} events of {region} can't be read", found.unreadable));
    rest.into_iter().chain(unreadable).collect()
}

/// A search under way: each credential that turns up is looked for, too.
pub(crate) struct Search {
    suspect: Suspect,
    regions: Vec<Region>,
    readable: BTreeSet<Region>,
    done: BTreeSet<Lookup>,
    calls: Vec<Call>,
    incomplete: Vec<String>,
}

impl Search {
    pub(crate) fn new(request: &StepRequest, suspect: Suspect) -> Self {
        let home = home_region(&request.target.partition);
        let mut regions = vec![request.target.region.clone()];
        if home != request.target.region {
            regions.push(home);
        }
        Self {
            suspect,
            readable: regions.iter().cloned().collect(),
            regions,
            done: BTreeSet::new(),
            calls: Vec::new(),
            incomplete: Vec::new(),
        }
    }

    /// Asks until everything is read or the time is over.
    pub(crate) async fn run(
        &mut self,
        aws: &Access<'_>,
        span: Span,
        until: Instant,
    ) -> Result<(), StepError> {
        while let Some(lookup) = self.suspect.lookups().difference(&self.done).next().cloned() {
            if !self.done.is_empty() && Instant::now() >= until {
                self.note("the time for it was over: not every credential was looked for".to_owned());
                break;
            }
            let answers = self.everywhere(aws, &lookup, span, until).await;
            self.done.insert(lookup);
            for (region, answer) in answers {
                self.take(region, answer)?;
            }
            self.calls.sort_by_key(|call| call.seen.at);
            for call in &self.calls {
                self.suspect.learn(call);
            }
        }
        Ok(())
    }

    /// In all Regions at once: each has its own pace.
    async fn everywhere(
        &self,
        aws: &Access<'_>,
        lookup: &Lookup,
        span: Span,
        until: Instant,
    ) -> Vec<(Region, Result<Found, CallError>)> {
        let readable = |at: usize| {
            self.regions
                .get(at)
                .filter(|region| self.readable.contains(*region))
        };
        let ask = async |at: usize| match readable(at) {
            Some(region) => Some((
                region.clone(),
                trail::look_up(&aws.in_region(region.clone()), lookup, span, until).await,
            )),
            None => None,
        };
        let (one, other) = tokio::join!(ask(0), ask(1));
        one.into_iter().chain(other).collect()
    }

    /// A Region that refuses isn't asked again; the others are. What may be had yet is the machine's to try again.
    fn take(&mut self, region: Region, answer: Result<Found, CallError>) -> Result<(), StepError> {
        match answer {
            Ok(found) => {
                for line in unread(&region, "of one credential", &found) {
                    self.note(line);
                }
                self.calls.extend(found.calls.into_iter().rev());
            }
            Err(error) => {
                self.readable.remove(&region);
                if error.name.is_retryable() || self.readable.is_empty() {
                    return Err(error.into());
                }
                self.note(format!("{region} wasn't read: {error}"));
            }
        }
        Ok(())
    }

    /// What wasn't read.
    pub(crate) fn note(&mut self, line: String) {
        if !self.incomplete.contains(&line) {
            self.incomplete.push(line);
        }
    }

    /// From where the suspect's calls came, and how often.
    pub(crate) fn addresses(&self) -> BTreeMap<String, u32> {
        let mut known = BTreeSet::new();
        let mut addresses = BTreeMap::new();
        let own = self.calls.iter().filter(|call| self.suspect.did(call));
        for call in own.filter(|call| known.insert(&call.id)) {
            if let Some(address) = &call.seen.ip {
                *addresses.entry(address.clone()).or_insert(0_u32) += 1;
            }
        }
        addresses
    }

    /// Sums up; with [`Investigation::contacts`], of an instance.
    pub(crate) fn finish(mut self, span: Span, contacts: Vec<String>) -> Investigation {
        let left_out = self.suspect.keys_left_out();
        if left_out > 0 {
            self.note(format!(
                "{left_out} more sessions and keys came of it and weren't followed"
            ));
        }
        let scope = Scope {
            from: span.from,
            to: span.to,
            regions: self.readable.into_iter().collect(),
            incomplete: self.incomplete,
            contacts,
        };
        Investigation::of(&self.suspect, scope, &self.calls, playbooks())
    }
}

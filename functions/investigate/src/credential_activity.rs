//! `investigate.credential-activity`: what a credential did, what came of it, and what should be done about that.
//!
//! *Changes* nothing: the plan holds what was read, and the log keeps the plan. *Undo* has nothing to do. *Twice*
//! is harmless. What can't be read is named; the rest is kept all the same.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use backstop_actions::{ActionSpec, investigate};
use backstop_aws::{Access, Accounts, home_region};
use backstop_core::{
    Region,
    investigation::{Call, Investigation, Lookup, Scope, Suspect},
};
use backstop_runtime::{CallError, Capture, Captured, StepError, action::StepRequest, playbooks};
use jiff::SignedDuration;
use tokio::time::Instant;

use crate::{
    principal,
    services::Iam,
    trail::{self, Found, Rest, Span},
};

/// See the module.
pub(crate) struct CredentialActivity {
    accounts: Arc<Accounts>,
    budget: Duration,
}

/// Less than the function's own timeout: what was read until then is kept, and people are told that there is more.
const BUDGET: Duration = Duration::from_secs(90);

impl CredentialActivity {
    pub(crate) const fn new(accounts: Arc<Accounts>) -> Self {
        Self {
            accounts,
            budget: BUDGET,
        }
    }

    #[cfg(test)]
    const fn within(accounts: Arc<Accounts>, budget: Duration) -> Self {
        Self { accounts, budget }
    }
}

#[async_trait]
impl Capture for CredentialActivity {
    fn spec(&self) -> &'static ActionSpec {
        &investigate::credential_activity::SPEC
    }

    async fn capture(&self, request: &StepRequest) -> Result<Captured, StepError> {
        let hours = request.number(&investigate::credential_activity::HOURS)?;
        let aws = self.accounts.at(request)?;
        let principal = principal::find(&aws.client::<Iam>(), &request.target).await?;
        let span = Span {
            from: request.at - SignedDuration::from_hours(hours.into()),
            to: request.at,
        };
        let until = Instant::now() + self.budget;
        let suspect = Suspect::new(&request.target, principal.user).known_as(principal.arn.clone());
        let mut search = Search::new(request, suspect);
        search.run(&aws, span, until).await?;
        let found = search.finish(span);
        Ok(Captured {
            principal: principal.arn.unwrap_or_else(|| request.target.probable_arn()),
            tags: principal.tags,
            limits: limits(&found),
            missing: found.incomplete.clone(),
            evidence: serde_json::to_value(&found).map_err(|error| StepError::Invalid {
                what: "the investigation to keep",
                detail: error.to_string(),
            })?,
        })
    }

    fn subject(&self, request: &StepRequest) -> String {
        format!("what {} did", request.target.resource)
    }
}

/// What nobody should think this looked at.
fn limits(found: &Investigation) -> Vec<String> {
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

/// A search under way: each credential that turns up is looked for, too.
struct Search {
    suspect: Suspect,
    regions: Vec<Region>,
    readable: BTreeSet<Region>,
    done: BTreeSet<Lookup>,
    calls: Vec<Call>,
    incomplete: Vec<String>,
}

impl Search {
    fn new(request: &StepRequest, suspect: Suspect) -> Self {
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

    async fn run(&mut self, aws: &Access<'_>, span: Span, until: Instant) -> Result<(), StepError> {
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
                match found.rest {
                    Rest::None => {}
                    Rest::Older => self.note(format!(
                        "{region} has more than {} events of one credential: only the newest were read",
                        trail::MOST_EVENTS
                    )),
                    Rest::OutOfTime => self.note(format!(
                        "the time for it was over: {region} has more events than were read, and the newest were"
                    )),
                    Rest::Failed => self.note(format!(
                        "CloudTrail failed before the end: {region} has more events than were read, and the newest were"
                    )),
                }
                if found.unreadable > 0 {
                    self.note(format!("{} events of {region} can't be read", found.unreadable));
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

    fn note(&mut self, line: String) {
        if !self.incomplete.contains(&line) {
            self.incomplete.push(line);
        }
    }

    fn finish(mut self, span: Span) -> Investigation {
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
        };
        Investigation::of(&self.suspect, scope, &self.calls, playbooks())
    }
}

#[cfg(test)]
mod tests;

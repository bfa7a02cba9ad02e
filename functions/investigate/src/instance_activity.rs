//! `investigate.instance-activity`: who reached an instance, with whom it talked, what its role did by its sessions, and where
//! else those addresses were seen.
//!
//! *Changes* nothing: the plan holds what was read, and the log keeps the plan. *Undo* has nothing to do. *Twice*
//! is harmless. What can't be read is named; the rest is kept all the same.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use backstop_actions::{ActionSpec, investigate};
use backstop_aws::{Access, Accounts, Signed};
use backstop_core::{
    investigation::{Lookup, Reached, Suspect, elsewhere, peer_words, ways_in},
    text,
};
use backstop_runtime::{Capture, Captured, Ledger, StepError, action::StepRequest};
use jiff::SignedDuration;
use tokio::time::{Instant, timeout_at};

use crate::{
    instance::{self, DescribedInstance},
    same_address::{self, Seen},
    search::{Search, limits, unread},
    services::Ec2,
    trail::{self, Span},
};

/// See the module.
pub(crate) struct InstanceActivity {
    accounts: Arc<Accounts>,
    ledger: Ledger,
    budget: Duration,
}

/// Less than the function's own timeout: what was read until then is kept, and people are told that there is more.
const BUDGET: Duration = Duration::from_secs(90);
/// A part of it: what the role did is looked for after who reached the instance, in the same event history.
const FOR_WAYS_IN: u32 = 3;
/// A reason is cut to this many characters.
const REASON_CHARS: usize = 300;

impl InstanceActivity {
    pub(crate) const fn new(accounts: Arc<Accounts>, ledger: Ledger) -> Self {
        Self {
            accounts,
            ledger,
            budget: BUDGET,
        }
    }

    #[cfg(test)]
    const fn within(accounts: Arc<Accounts>, ledger: Ledger, budget: Duration) -> Self {
        Self {
            accounts,
            ledger,
            budget,
        }
    }

    /// Where else the addresses were seen that the finding names.
    async fn elsewhere(&self, aws: &Access<'_>, request: &StepRequest, span: Span, until: Instant) -> Read {
        let mut read = Read::default();
        let id = request.target.resource.id();
        for peer in &request.peers {
            read.seen.lines.push(peer_words(peer));
            let (config, address) = (aws.client::<Signed>(), peer.address);
            let (findings, incidents) = tokio::join!(
                timeout_at(until, same_address::in_findings(&config, address, &id)),
                timeout_at(
                    until,
                    same_address::in_incidents(&self.ledger, address, &request.incident, span.from)
                ),
            );
            read.take(
                &format!("GuardDuty's other findings that name {address}"),
                findings,
            );
            read.take(&format!("the other incidents that name {address}"), incidents);
        }
        if request.peers.is_empty() {
            let limit =
                "the finding names no address as the other end, so that nothing was looked for elsewhere";
            read.seen.limits.push(limit.to_owned());
        }
        read
    }
}

/// What was read beside the role's calls.
#[derive(Default)]
struct Read {
    seen: Seen,
    /// What wasn't read, a sentence each.
    missing: Vec<String>,
}

impl Read {
    fn take<E: std::fmt::Display>(
        &mut self,
        what: &str,
        answer: Result<Result<Seen, E>, tokio::time::error::Elapsed>,
    ) {
        match answer {
            Ok(Ok(seen)) => {
                self.seen.lines.extend(seen.lines);
                self.seen.limits.extend(seen.limits);
            }
            Ok(Err(error)) => {
                let why = text::bounded(&error.to_string(), REASON_CHARS);
                self.missing.push(format!("{what} weren't read: {why}"));
            }
            Err(_late) => self
                .missing
                .push(format!("the time for it was over: {what} weren't read")),
        }
    }
}

#[async_trait]
impl Capture for InstanceActivity {
    fn spec(&self) -> &'static ActionSpec {
        &investigate::instance_activity::SPEC
    }

    fn reads_the_finding(&self) -> bool {
        true
    }

    async fn capture(&self, request: &StepRequest) -> Result<Captured, StepError> {
        let hours = request.number(&investigate::credential_activity::HOURS)?;
        let start = Instant::now();
        let until = start + self.budget;
        let aws = self.accounts.at(request)?;
        let instance = instance::find(&aws.client::<Ec2>(), &request.target).await?;
        let span = Span {
            from: request.at - SignedDuration::from_hours(hours.into()),
            to: request.at,
        };
        let ((reached, unread), read) = tokio::join!(
            reached(&aws, request, &instance, span, start + self.budget / FOR_WAYS_IN),
            self.elsewhere(&aws, request, span, until),
        );
        let mut search = Search::new(request, Suspect::instance(&request.target));
        match search.run(&aws, span, until).await {
            Err(error) if error.name().is_retryable() => return Err(error),
            Err(error) => search.note(format!("what its role did wasn't read: {error}")),
            Ok(()) => {}
        }
        for line in unread.into_iter().chain(read.missing) {
            search.note(line);
        }
        let addresses = search.addresses();
        let own = request
            .peers
            .iter()
            .filter_map(|peer| elsewhere(peer, addresses.iter()));
        let same = request
            .peers
            .iter()
            .filter(|peer| reached.addresses.contains(&peer.address));
        let same = same.map(|peer| {
            format!(
                "it was reached from {} itself, by AWS's own ways in",
                peer.address
            )
        });
        let contacts = read
            .seen
            .lines
            .into_iter()
            .chain(own)
            .chain(same)
            .chain(reached.lines);
        let found = search.finish(span, contacts.collect());
        let mut limits = limits(&found);
        limits.extend(own_limits(&instance));
        limits.extend(reached.limits.into_iter().chain(read.seen.limits));
        Ok(Captured {
            principal: request.target.probable_arn(),
            tags: instance.tags,
            limits,
            missing: found.incomplete.clone(),
            evidence: serde_json::to_value(&found).map_err(|error| StepError::Invalid {
                what: "the investigation to keep",
                detail: error.to_string(),
            })?,
        })
    }

    fn subject(&self, request: &StepRequest) -> String {
        format!("what {} did, and who reached it", request.target.resource)
    }
}

/// Who reached it by AWS's own ways in, with what wasn't read of that. Only the instance's Region knows.
async fn reached(
    aws: &Access<'_>,
    request: &StepRequest,
    instance: &DescribedInstance,
    span: Span,
    until: Instant,
) -> (Reached, Vec<String>) {
    let mut calls = Vec::new();
    let mut missing = Vec::new();
    for name in ways_in() {
        if Instant::now() >= until {
            missing.push(format!(
                "the time for it was over: who called `{name}` on it wasn't read"
            ));
            continue;
        }
        match trail::look_up(aws, &Lookup::Event(name.to_owned()), span, until).await {
            Ok(found) => {
                missing.extend(unread(aws.region(), &format!("called {name}"), &found));
                calls.extend(found.calls);
            }
            Err(error) => {
                let why = text::bounded(&error.to_string(), REASON_CHARS);
                missing.push(format!("who called `{name}` on it wasn't read: {why}"));
                // What refuses one name refuses them all.
                if !error.name.is_retryable() {
                    break;
                }
            }
        }
    }
    let id = request.target.resource.id();
    (Reached::of(&id, &instance.private_addresses, &calls), missing)
}

/// What nobody should think this looked at.
fn own_limits(instance: &DescribedInstance) -> Vec<String> {
    let mut limits = vec![
        "whoever came over the network, by SSH, RDP or a hole in what it serves, is in no event history: only AWS's own ways \
         in are"
            .to_owned(),
        "EC2 calls the sessions of an instance's role like the instance; whoever may take a role can call a session so, too"
            .to_owned(),
    ];
    if instance.is_gone {
        limits.push(
            "EC2 doesn't know the instance any more: tunnels to its private addresses can't be told from those to others"
                .to_owned(),
        );
    }
    limits
}

#[cfg(test)]
mod tests;

//! Looks in CloudTrail at what has happened since an incident was contained: what whoever was contained still tried, and who
//! changed what was contained or what contains it; of an instance also in flow logs, at what it still sends and receives. It
//! changes nothing but the incident's log.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use backstop_actions::iam;
use backstop_aws::{Accounts, Scope, home_region};
use backstop_core::{
    Region, Target,
    aftermath::Aftermath,
    guardrail::Protection,
    incident::Incident,
    investigation::{Call, Looked, Lookup, Suspect},
    log::Event,
    task::VerifyTask,
};
use backstop_runtime::{Ledger, StepError, now};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    flow_logs::{self, FlowsRead},
    principal::{self, ResolvedPrincipal},
    services::Iam,
    trail::{self, Found, Rest, Span},
};

/// Less than the function's own timeout: what was read until then is kept, and the rest is named.
const BUDGET: Duration = Duration::from_secs(80);
/// Names to look for beside the target's own: interfaces, groups and the like. Each costs a lookup in two Regions.
const MOST_NAMES: usize = 8;
/// Ids that plans name and CloudTrail knows resources by (Amazon EC2 User Guide, "EC2 resource IDs").
const IDS: [&str; 6] = ["eni-", "sg-", "acl-", "i-", "subnet-", "snap-"];

/// See the module.
pub(crate) struct LookBack {
    ledger: Ledger,
    accounts: Arc<Accounts>,
    protection: Protection,
}

impl LookBack {
    pub(crate) const fn new(ledger: Ledger, accounts: Arc<Accounts>, protection: Protection) -> Self {
        Self {
            ledger,
            accounts,
            protection,
        }
    }

    /// Reads and writes down what was read. What may be read later is the machine's to try again; what can't be read at all
    /// is written down as missing.
    pub(crate) async fn run(&self, task: &VerifyTask) -> Result<Value, StepError> {
        let (mut log, incident) = self.ledger.log_of(task).await?;
        let contained_at = incident.contained_at().filter(|_| incident.can_be_read_again());
        let Some(contained_at) = contained_at else {
            return Ok(json!({ "looked_back": false }));
        };
        let (read, flows) = tokio::join!(
            self.read(&task.target, &incident, contained_at),
            self.flows(&task.target, contained_at)
        );
        let mut aftermath = match read {
            Ok(aftermath) => aftermath,
            Err(error) if error.name().is_retryable() => return Err(error),
            Err(error) => {
                tracing::warn!(incident = %task.incident, %error, "CloudTrail can't be read");
                Aftermath {
                    from: contained_at,
                    settled: contained_at,
                    to: now(),
                    incomplete: vec![format!("CloudTrail's event history wasn't read: {error}")],
                    ..Aftermath::default()
                }
            }
        };
        if let Some(flows) = flows? {
            let peers = incident.opened.finding.peers.iter().map(|peer| peer.address);
            let peers = peers.collect();
            aftermath.flows = flows.flows(&peers, aftermath.settled);
            if peers.is_empty() && aftermath.flows.is_some() {
                let limit = "the finding names no address, so that no flow shows by itself that the attacker's goes on: look \
                             at those with others";
                aftermath.limits.push(limit.to_owned());
            }
            aftermath.limits.extend(flows.limits);
            aftermath.incomplete.extend(flows.incomplete);
        }
        let event = Event::LookedBack {
            aftermath: Box::new(aftermath),
        };
        log.append(&self.ledger, event).await?;
        Ok(json!({ "looked_back": true }))
    }

    async fn flows(&self, target: &Target, since: Timestamp) -> Result<Option<FlowsRead>, StepError> {
        let aws = self
            .accounts
            .at(Scope::new(target.account.clone(), target.region.clone()))?;
        Ok(flow_logs::read(&aws, target, since).await)
    }

    async fn read(
        &self,
        target: &Target,
        incident: &Incident,
        contained_at: Timestamp,
    ) -> Result<Aftermath, StepError> {
        let aws = self
            .accounts
            .at(Scope::new(target.account.clone(), target.region.clone()))?;
        let found = match principal::find(&aws.client::<Iam>(), target).await {
            // It has no credential: only who changed it is looked for.
            Err(StepError::NotApplicable { .. }) => ResolvedPrincipal::default(),
            other => other?,
        };
        let denied_user = found.user.clone().filter(|_| denies_user(incident));
        let names = names(target, incident, &found);
        let suspect = Suspect::new(target, found.user).known_as(found.arn);
        let credentials = credentials(&suspect, denied_user.as_deref());
        let span = Span {
            from: contained_at,
            to: now(),
        };
        if credentials.is_empty() && names.is_empty() {
            let why = format!("CloudTrail's event history has nothing to find {target} by");
            return Ok(Aftermath::of_nothing(contained_at, span.to, why));
        }
        let home = home_region(&target.partition);
        let regions: BTreeSet<Region> = [target.region.clone(), home].into();
        let until = Instant::now() + BUDGET;
        let mut read = Read::default();
        for region in regions {
            let aws = aws.in_region(region.clone());
            for lookup in credentials.iter().chain(&names) {
                if !read.incomplete.is_empty() && Instant::now() >= until {
                    break;
                }
                match trail::look_up(&aws, lookup, span, until).await {
                    Ok(found) => read.take(&region, lookup, found),
                    Err(error) if error.name.is_retryable() => return Err(error.into()),
                    Err(error) => {
                        read.note(format!("{region} wasn't read: {error}"));
                        break;
                    }
                }
            }
        }
        let looked = Looked {
            suspect: &suspect,
            denied_user: denied_user.as_deref(),
            protection: &self.protection,
            contained_at,
            to: span.to,
            regions: read.regions.into_iter().collect(),
            incomplete: read.incomplete,
        };
        let mut aftermath = looked.aftermath(&read.calls, &read.about);
        if credentials.is_empty() && target.resource.calls().is_some() {
            let limit = "a role's calls aren't found by its name: only who changed it was looked for";
            aftermath.limits.push(limit.to_owned());
        }
        Ok(aftermath)
    }
}

/// What was read so far.
#[derive(Default)]
struct Read {
    regions: BTreeSet<Region>,
    /// By the target's credentials.
    calls: Vec<Call>,
    /// By the names of what was contained.
    about: Vec<Call>,
    incomplete: Vec<String>,
}

impl Read {
    fn take(&mut self, region: &Region, lookup: &Lookup, found: Found) {
        self.regions.insert(region.clone());
        match found.rest {
            Rest::None => {}
            Rest::Older => self.note(format!(
                "{region} has more than {} events of one name: only the newest were read",
                trail::MOST_EVENTS
            )),
            Rest::OutOfTime => self.note(format!("{region} has more events than there was time to read")),
            Rest::Failed => self.note(format!(
                "CloudTrail failed before the end: {region} has more events of one name than were read"
            )),
        }
        if found.unreadable > 0 {
            self.note(format!("{} events of {region} can't be read", found.unreadable));
        }
        match lookup {
            Lookup::Key(_) | Lookup::User(_) => self.calls.extend(found.calls),
            Lookup::Resource(_) | Lookup::Event(_) => self.about.extend(found.calls),
        }
    }

    fn note(&mut self, line: String) {
        if !self.incomplete.contains(&line) {
            self.incomplete.push(line);
        }
    }
}

/// Whether all that the user does is to be denied.
fn denies_user(incident: &Incident) -> bool {
    let mut containing = incident.steps.iter().filter(|state| state.is_containing());
    containing.any(|state| state.step.action.as_str() == iam::deny_user::SPEC.id)
}

/// How the target's own calls are found. Keys that were given out since aren't followed: what a role's new sessions do is no
/// matter of those that were cut off.
fn credentials(suspect: &Suspect, denied_user: Option<&str>) -> BTreeSet<Lookup> {
    let mut lookups = suspect.lookups();
    lookups.retain(|lookup| !matches!(lookup, Lookup::Resource(_)));
    lookups.extend(denied_user.map(|user| Lookup::User(user.to_owned())));
    lookups
}

/// The names by which CloudTrail finds who changed what was contained.
fn names(target: &Target, incident: &Incident, found: &ResolvedPrincipal) -> BTreeSet<Lookup> {
    let resource = &target.resource;
    let mut names: Vec<String> = Vec::new();
    let key = resource.calls().and_then(|calls| calls.key_id);
    let role = resource.iam_role().map(|role| role.name);
    names.extend(found.user.clone());
    names.extend([key, role].into_iter().flatten().map(str::to_owned));
    if names.is_empty() && resource.calls().is_none() {
        names.push(resource.id());
    }
    let containing = incident.steps.iter().filter(|state| state.is_containing());
    let plans = containing.filter_map(|state| state.plan.as_ref());
    let words = plans.flat_map(|plan| &plan.changes).flat_map(|change| {
        change
            .what
            .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-')
    });
    let ids = words.filter(|word| {
        IDS.iter().any(|prefix| {
            word.strip_prefix(prefix)
                .is_some_and(|rest| rest.len() >= 8 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
        })
    });
    names.extend(ids.map(str::to_owned));
    let mut known = BTreeMap::new();
    for (at, name) in names.into_iter().enumerate() {
        known.entry(name).or_insert(at);
    }
    let mut names: Vec<(usize, String)> = known.into_iter().map(|(name, at)| (at, name)).collect();
    names.sort();
    let bounded = names.into_iter().take(MOST_NAMES);
    bounded.map(|(_, name)| Lookup::Resource(name)).collect()
}

#[cfg(test)]
mod tests;

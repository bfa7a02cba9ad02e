//! `ec2.deregister-from-load-balancers`: takes the instance out of every target group and Classic Load Balancer
//! that holds it, by its id or by one of its addresses, so that no user is sent to it.
//!
//! *Changes* the registrations only, and only the instance's own. *Undo* is exact: the receipt holds each target as it was
//! registered, with port and Availability Zone; one that was registered again since is left, a group that was deleted since,
//! or an address that the instance has lost, is named. It refuses where the instance's tag doesn't say that it was registered
//! there. Nothing is registered as long as the instance is cut off from the network: what looks after it would
//! terminate it. *Twice* is harmless: what isn't registered can be deregistered.

mod classic;
mod sweeps;
mod target_groups;
mod words;

use std::sync::Arc;

use async_trait::async_trait;
use backstop_actions::{ActionSpec, ec2};
use backstop_aws::{Access, Accounts};
use backstop_core::{Plan, Receipt, UndoOutcome, Verification, guardrail::Permit};
use backstop_runtime::{
    Action, CallError, StepError,
    action::{StepRequest, read_receipt, unlike, write_receipt},
    each_tried,
};
use serde::{Deserialize, Serialize};
pub(crate) use sweeps::Sweeps;
use target_groups::Registration;

use crate::{
    cut_off::{self, Placement},
    instance::{self, Instance},
    marked::{self, Marked},
    peers::Peers,
    services::{ClassicElb, Ec2, Elb},
    surroundings,
    witness::{self, Witness},
};

/// See the module.
pub(crate) struct DeregisterFromLoadBalancers {
    accounts: Arc<Accounts>,
    sweeps: Arc<Sweeps>,
}

/// Where the instance was registered.
#[derive(Debug, Serialize, Deserialize)]
struct RegistrationReceipt {
    instance: String,
    targets: Vec<Registration>,
    /// Classic Load Balancers, by name.
    classic: Vec<String>,
    /// Where its interfaces were; older logs don't have it.
    #[serde(default)]
    interfaces: Vec<Placement>,
}

/// Everything that holds the instance.
pub(crate) struct Holders {
    targets: target_groups::Found,
    classic: Vec<classic::Member>,
}

impl Holders {
    /// Reads all of it, as far as it can be in time, and keeps where it was found for the steps that come after.
    async fn all(
        aws: &Access<'_>,
        instance: &Instance,
        request: &StepRequest,
        sweeps: &Sweeps,
    ) -> Result<Self, CallError> {
        let (elb, classic_elb) = (aws.client::<Elb>(), aws.client::<ClassicElb>());
        let (targets, classic) = tokio::try_join!(
            sweeps.sweep(&elb, instance, request),
            classic::find(&classic_elb, &instance.id)
        )?;
        Ok(Self { targets, classic })
    }

    /// Reads it for a step that only asks who else serves: where another step has just looked everywhere, only what that
    /// found is read again.
    pub(crate) async fn shared(
        aws: &Access<'_>,
        instance: &Instance,
        request: &StepRequest,
        sweeps: &Sweeps,
    ) -> Result<Self, CallError> {
        let (elb, classic_elb) = (aws.client::<Elb>(), aws.client::<ClassicElb>());
        let (targets, classic) = tokio::try_join!(
            sweeps.targets(&elb, instance, request),
            classic::find(&classic_elb, &instance.id)
        )?;
        Ok(Self { targets, classic })
    }

    /// Whether nothing does, as far as was read.
    pub(crate) fn is_empty(&self) -> bool {
        self.targets.members.is_empty() && self.classic.is_empty()
    }

    /// The others, at each place where the instance serves.
    pub(crate) fn peers(&self) -> impl Iterator<Item = &Peers> {
        let targets = self.targets.members.iter().filter(|member| member.serves());
        let classic = self.classic.iter().filter(|member| member.is_in_service);
        let targets = targets.map(|member| &member.peers);
        targets.chain(classic.map(|member| &member.peers))
    }

    /// Why whatever takes the instance out of service waits for a person: no load balancer that sends users to it would
    /// have enough others to send them to, or nobody knows.
    pub(crate) fn needs_approval(&self, marked: &Marked) -> Option<String> {
        words::needs_approval(self, marked)
    }

    /// The load balancers through which connections are tracked whatever the security groups say, in words.
    pub(crate) fn tracking(&self) -> impl Iterator<Item = String> {
        let groups = self.targets.tracking.iter();
        groups.map(|name| format!("the load balancer of target group {name}"))
    }

    /// Sentences on what wasn't read.
    pub(crate) fn unread(&self) -> Option<String> {
        let (unread, of) = self.targets.unread?;
        Some(format!("{unread} of {of} target groups weren't read in time"))
    }
}

impl DeregisterFromLoadBalancers {
    pub(crate) const fn new(accounts: Arc<Accounts>, sweeps: Arc<Sweeps>) -> Self {
        Self { accounts, sweeps }
    }
}

#[async_trait]
impl Action for DeregisterFromLoadBalancers {
    fn spec(&self) -> &'static ActionSpec {
        &ec2::deregister_from_load_balancers::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let aws = self.accounts.at(request)?;
        let instance = instance::read(&aws.client::<Ec2>(), &request.target).await?;
        let (holders, marked) = tokio::join!(
            Holders::all(&aws, &instance, request, &self.sweeps),
            surroundings::marked(&aws, &instance)
        );
        let holders = holders?;
        let counts_on_others = holders.peers().any(|peers| !peers.healthy.is_empty());
        let unread = surroundings::unread(&marked).filter(|_| counts_on_others);
        let marked = marked.unwrap_or_default();
        let asked: Vec<String> = holders
            .needs_approval(&marked)
            .into_iter()
            .chain(unread)
            .collect();
        if holders.is_empty() && holders.targets.limits.is_empty() {
            return Err(StepError::NotApplicable {
                reason: format!(
                    "no load balancer and no target group holds instance {}",
                    instance.id
                ),
            });
        }
        let receipt = RegistrationReceipt {
            instance: instance.id.clone(),
            targets: holders
                .targets
                .members
                .iter()
                .map(|member| member.registration.clone())
                .collect(),
            classic: holders
                .classic
                .iter()
                .map(|member| member.balancer.clone())
                .collect(),
            interfaces: cut_off::placements(&instance),
        };
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            principal: instance.arn,
            tags: instance.tags,
            changes: words::changes(&holders, &receipt.instance),
            blast_radius: words::blast_radius(&holders, &marked),
            limits: words::limits(&holders),
            needs_approval: (!asked.is_empty()).then(|| asked.join("; ")),
            captured: None,
            manual_undo: witness::by_hand(
                self.spec().id,
                &request.target,
                &receipt.instance,
                words::manual_undo(&receipt, request.target.region.as_str()),
            ),
            receipt: write_receipt(&receipt)?,
        })
    }

    async fn claim(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<Option<String>, StepError> {
        let witness = witness(request, &read_receipt(receipt)?)?;
        let aws = self.accounts.at(request)?;
        surroundings::claim(&aws, request, &witness, &self.sweeps).await
    }

    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let receipt: RegistrationReceipt = read_receipt(receipt)?;
        check(request, &receipt)?;
        let aws = self.accounts.at(request)?;
        let (elb, classic_elb) = (aws.client::<Elb>(), aws.client::<ClassicElb>());
        let ec2 = aws.client::<Ec2>();
        let instance = instance::read(&ec2, &request.target).await?;
        if let Some(foreign) = receipt.targets.iter().find(|target| !target.is_of(&instance)) {
            return Err(unlike(format!("`{foreign}` isn't this instance")));
        }
        let witness = witness(request, &receipt)?;
        let is_due = !witness.is_in(&instance.tags) && is_as_read(&aws, &instance, &receipt).await?;
        let deregister = async {
            let mut results = Vec::new();
            for target in &receipt.targets {
                results.push(target.deregister(&elb).await);
            }
            for balancer in &receipt.classic {
                results.push(classic::deregister(&classic_elb, balancer, &receipt.instance).await);
            }
            each_tried(results)
        };
        witness
            .of_change(&ec2, &receipt.instance, is_due, deregister)
            .await
    }

    async fn verify(
        &self,
        request: &StepRequest,
        receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        let aws = self.accounts.at(request)?;
        let still = match receipt {
            Some(receipt) => {
                let receipt: RegistrationReceipt = read_receipt(receipt)?;
                still_registered(&aws, &receipt).await?
            }
            None => {
                let instance = instance::read(&aws.client::<Ec2>(), &request.target).await?;
                words::names(&Holders::all(&aws, &instance, request, &self.sweeps).await?)
            }
        };
        Ok(Verification {
            holds: still.is_empty(),
            observed: if still.is_empty() {
                "no load balancer sends new connections to the instance".to_owned()
            } else {
                format!("still registered: {}", still.join(", "))
            },
        })
    }

    async fn undo(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        let receipt: RegistrationReceipt = read_receipt(receipt)?;
        check(request, &receipt)?;
        let aws = self.accounts.at(request)?;
        let (elb, classic_elb) = (aws.client::<Elb>(), aws.client::<ClassicElb>());
        let ec2 = aws.client::<Ec2>();
        let instance = match cut_off::check(&ec2, request, &receipt.interfaces).await? {
            Ok(instance) => instance,
            Err(refused) => return Ok(refused),
        };
        let witness = witness(request, &receipt)?;
        let (mut restored, mut gone) = (Vec::new(), Vec::new());
        for target in &receipt.targets {
            match target.is_there(&elb).await? {
                Some(true) => {}
                // It may be another machine's by now.
                Some(false) if !target.is_of(&instance) => gone.push(format!("address {}", target.id)),
                Some(false) => {
                    witness.check(&instance.tags)?;
                    target.register(&elb).await?;
                    restored.push(target.to_string());
                }
                None => gone.push(format!("target group {}", target.name)),
            }
        }
        for balancer in &receipt.classic {
            match classic::is_there(&classic_elb, balancer, &receipt.instance).await? {
                Some(true) => {}
                Some(false) => {
                    witness.check(&instance.tags)?;
                    classic::register(&classic_elb, balancer, &receipt.instance).await?;
                    restored.push(format!("Classic Load Balancer {balancer}"));
                }
                None => gone.push(format!("Classic Load Balancer {balancer}")),
            }
        }
        if gone.is_empty() {
            witness.remove(&ec2, &receipt.instance, &instance.tags).await?;
        }
        Ok(words::undone(&receipt.instance, &restored, &gone))
    }
}

/// What the instance's tag says: where it was registered, and as what.
fn witness(request: &StepRequest, receipt: &RegistrationReceipt) -> Result<Witness, StepError> {
    let targets: Vec<_> = receipt
        .targets
        .iter()
        .map(|it| (&it.group, &it.id, it.port, &it.zone))
        .collect();
    let witness = Witness::of(
        ec2::deregister_from_load_balancers::SPEC.id,
        request,
        &(targets, &receipt.classic),
    )?;
    let groups = receipt.targets.iter().map(|target| target.group.as_str());
    let places = marked::places(groups.chain(receipt.classic.iter().map(String::as_str)));
    Ok(witness.beside(marked::TAKEN_OUT_OF, places))
}

/// Whether all that the receipt names is registered.
async fn is_as_read(
    aws: &Access<'_>,
    instance: &Instance,
    receipt: &RegistrationReceipt,
) -> Result<bool, CallError> {
    let (elb, classic_elb) = (aws.client::<Elb>(), aws.client::<ClassicElb>());
    for target in &receipt.targets {
        if !target.is_so(&elb, instance).await? {
            return Ok(false);
        }
    }
    for balancer in &receipt.classic {
        if classic::is_there(&classic_elb, balancer, &receipt.instance).await? != Some(true) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Refuses a receipt of another instance, or of target groups elsewhere than the order's.
fn check(request: &StepRequest, receipt: &RegistrationReceipt) -> Result<(), StepError> {
    instance::check_own(request, &receipt.instance)?;
    let place = format!(
        "arn:{}:elasticloadbalancing:{}:{}:targetgroup/",
        request.target.partition, request.target.region, request.target.account
    );
    let is_foreign = |target: &&Registration| {
        let is_own = target.id == receipt.instance || target.id.parse::<std::net::IpAddr>().is_ok();
        !target.group.starts_with(&place) || !is_own
    };
    match receipt.targets.iter().find(is_foreign) {
        Some(foreign) => Err(unlike(format!("`{foreign}` isn't of this instance and account"))),
        None => Ok(()),
    }
}

/// What of the receipt is registered still, or again.
async fn still_registered(aws: &Access<'_>, receipt: &RegistrationReceipt) -> Result<Vec<String>, CallError> {
    let (elb, classic_elb) = (aws.client::<Elb>(), aws.client::<ClassicElb>());
    let mut still = Vec::new();
    for target in &receipt.targets {
        if target.is_there(&elb).await? == Some(true) {
            still.push(target.to_string());
        }
    }
    for balancer in &receipt.classic {
        if classic::is_there(&classic_elb, balancer, &receipt.instance).await? == Some(true) {
            still.push(format!("Classic Load Balancer {balancer}"));
        }
    }
    Ok(still)
}

#[cfg(test)]
mod tests;
